/**
 * `deno run dev.ts build` builds the islands for production; without `build` it serves the
 * application in development, with islands built in memory.
 */
import { Builder } from "fresh/dev";

const builder = new Builder();

if (Deno.args.includes("build")) await builder.build();
else await builder.listen(() => import("./main.ts"), { hostname: "127.0.0.1", port: 8080 });
