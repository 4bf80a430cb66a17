import { ProblemError } from "../lib/errors.ts";
import { methods } from "../lib/http.ts";

/** Readiness: events find their way into the database. */
export const handler = methods({
  async GET({ state: { aggregator } }) {
    const trouble = await aggregator.readiness();
    if (trouble !== undefined) throw new ProblemError("not-ready", trouble);
    return Response.json({ status: "ready" });
  },
});
