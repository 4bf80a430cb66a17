import project from "../deno.json" with { type: "json" };

/** The version of Sekali. */
export const VERSION = project.version;
