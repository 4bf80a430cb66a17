/**
 * The application: middlewares and file routes. Run as a program it starts the aggregator and
 * serves; imported, by the build or by tests, it only offers `app`.
 */
import { App, csp, staticFiles } from "fresh";
import { crossOrigin } from "./lib/cors.ts";
import { admit, errors, type State } from "./lib/http.ts";
import { aggregator } from "./lib/instance.ts";
import { PAGE_POLICY } from "./lib/security_headers.ts";
import { measure } from "./lib/metrics/requests.ts";
import { serve } from "./lib/serve.ts";

export const app = new App<State>()
  .use(csp({ useNonce: true, csp: PAGE_POLICY }))
  .use(async (ctx) => {
    ctx.state.aggregator = await aggregator();
    return ctx.next();
  })
  .use(crossOrigin)
  .use(measure)
  .use(errors)
  .use(staticFiles())
  .use(admit)
  .fsRoutes();

// Not awaited: the built server imports this module, which must be complete by then.
if (import.meta.main) serve(new URL("./_fresh/server.js", import.meta.url));
