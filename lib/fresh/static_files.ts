/** Serves the files that the build listed. */
import type { StaticFile } from "./build.ts";
import { type Context, innerOf } from "./context.ts";
import type { Middleware } from "./types.ts";

const REVALIDATE = "no-cache, no-store, max-age=0, must-revalidate";
const FOREVER = "public, max-age=31536000, immutable";

/** Makes the middleware that answers with static files and leaves other paths to the rest. */
export function staticFiles<State>(): Middleware<State> {
  return (ctx) => {
    const { build, pathname } = innerOf(ctx);
    const { basePath } = ctx.config;
    const path = pathname.startsWith(basePath) ? pathname.slice(basePath.length) : pathname;
    const file = build?.files.get(path);
    if (build && file) return serveFile(ctx, file, build.id);
    return path === "/favicon.ico" ? new Response(null, { status: 404 }) : ctx.next();
  };
}

async function serveFile<State>(
  { config, req, url }: Context<State>,
  { content, hash, type }: StaticFile,
  buildId: string,
): Promise<Response> {
  if (req.method !== "GET" && req.method !== "HEAD") {
    return new Response("Method Not Allowed", { status: 405 });
  }
  const asked = url.searchParams.get("__frsh_c");
  if (asked !== null && asked !== buildId) {
    const { pathname, searchParams } = new URL(url);
    searchParams.delete("__frsh_c");
    const location = pathname + (searchParams.size > 0 ? `?${searchParams}` : "");
    return new Response(null, { status: 307, headers: { location } });
  }
  const headers = new Headers({ "content-type": type, vary: "If-None-Match" });
  const stable = config.mode === "production";
  if (stable && hash !== null) {
    const known = req.headers.get("if-none-match");
    if (known === hash || known === `W/"${hash}"`) {
      return new Response(null, { status: 304, headers });
    }
    headers.set("etag", `W/"${hash}"`);
  }
  const versioned = asked !== null || url.pathname.includes(`/_fresh/js/${buildId}/`);
  headers.set("cache-control", stable && versioned ? FOREVER : REVALIDATE);
  const bytes = typeof content === "string"
    ? await Deno.readFile(`${config.root}/${content}`)
    : content;
  headers.set("content-length", String(bytes.byteLength));
  return new Response(req.method === "HEAD" ? null : bytes, { headers });
}
