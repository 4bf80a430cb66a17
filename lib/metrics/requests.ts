/**
 * How long requests take, by route.
 */
import { HttpError, type Middleware } from "fresh";
import type { State } from "../http.ts";
import { nameRequest } from "../tracing.ts";

/** What stands for addresses without a route: files, and what is not found. */
const NO_ROUTE = "(none)";

/** Anybody can make up a method. */
const METHODS = new Set(["GET", "HEAD", "POST", "DELETE", "OPTIONS"]);

/** Measures requests, and names their traces; to be run where errors are answers already. */
export const measure: Middleware<State> = async (ctx) => {
  const start = performance.now();
  const { route, req: { method }, state: { aggregator } } = ctx;
  if (aggregator.config.tracing && route !== null) nameRequest(method, route);
  const answered = (status: number) =>
    aggregator.metrics.answer(
      route ?? NO_ROUTE,
      METHODS.has(method) ? method : "other",
      status,
      (performance.now() - start) / 1000,
    );
  try {
    const response = await ctx.next();
    answered(response.status);
    return response;
  } catch (error) {
    answered(error instanceof HttpError ? error.status : 500);
    throw error;
  }
};
