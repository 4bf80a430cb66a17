import { sessionCookie, sessionIdOf } from "../lib/access/sessions.ts";
import { methods } from "../lib/http.ts";

/** Ends the session of a browser. */
export const handler = methods({
  POST({ req, state: { aggregator } }) {
    aggregator.access.sessions.close(sessionIdOf(req.headers));
    const headers = { location: "/login", "set-cookie": sessionCookie(undefined, req) };
    return new Response(null, { status: 303, headers });
  },
});
