import { page } from "fresh";
import { Head } from "fresh/runtime";
import { localPath } from "../lib/access/origin.ts";
import { sessionCookie } from "../lib/access/sessions.ts";
import { ProblemError } from "../lib/errors.ts";
import { readForm } from "../lib/form.ts";
import { define, methods } from "../lib/http.ts";

interface Data {
  /** Where to go then. */
  readonly next: string;
  /** Why not, where it was tried. */
  readonly problem: string | undefined;
}

/** A form that takes a token and opens a session. Works without scripts. */
export const handler = methods<Data>({
  GET({ url, state: { aggregator } }) {
    const next = localPath(url.searchParams.get("next"));
    return aggregator.access.required ? page({ next, problem: undefined }) : go(next);
  },
  async POST({ req, info, state: { aggregator: { access, config } } }) {
    const form = await readForm(req, config);
    const next = localPath(form.get("next"));
    if (!access.required) return go(next);
    try {
      const id = access.logIn((form.get("token") ?? "").trim(), info.remoteAddr);
      return go(next, { "set-cookie": sessionCookie(id, req) });
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const { status, detail, extra: { headers = {} } } = error;
      return page({ next, problem: detail }, { status, headers });
    }
  },
});

function go(location: string, headers: Record<string, string> = {}): Response {
  return new Response(null, { status: 303, headers: { location, ...headers } });
}

export default define.page<typeof handler>(({ data: { next, problem } }) => (
  <main id="main" class="login">
    <Head>
      <title>Log in · Sekali</title>
    </Head>
    <h1>Log in</h1>
    <form class="card" method="post" action="/login">
      <div class="field">
        <label for="token">Token</label>
        <input
          type="password"
          id="token"
          name="token"
          required
          autocomplete="current-password"
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? undefined : "token-wrong"}
        />
        {problem !== undefined && <span class="wrong" id="token-wrong" role="alert">{problem}
        </span>}
      </div>
      <input type="hidden" name="next" value={next} />
      <button type="submit" class="primary">Log in</button>
    </form>
  </main>
));
