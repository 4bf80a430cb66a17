/** What the tests of the Fresh subset share. */
import { App, staticFiles } from "fresh";
import { Builder } from "fresh/dev";

// deno-lint-ignore no-explicit-any
export type AnyApp = App<any>;

/** Answers one request to an application. */
export function ask(app: AnyApp, path: string, init?: RequestInit): Promise<Response> {
  return app.handler()(new Request(`http://localhost${path}`, init));
}

/** Answers one request and reads the text. */
export async function text(app: AnyApp, path: string, init?: RequestInit): Promise<string> {
  return await (await ask(app, path, init)).text();
}

/** Runs `body` with what is logged as an error collected instead of printed. */
export async function silently<T>(body: () => Promise<T>): Promise<T> {
  const { error } = console;
  console.error = () => {};
  try {
    return await body();
  } finally {
    console.error = error;
  }
}

/** Writes files to a folder below this one, so that the project's deno.json applies to them. */
export async function withSite(
  files: Record<string, string>,
  body: (root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ dir: import.meta.dirname!, prefix: ".site-" });
  try {
    for (const [path, content] of Object.entries(files)) {
      const file = `${root}/${path}`;
      await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(file, content);
    }
    await body(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Builds files in memory and hands over an application that serves them. */
export async function withBuiltSite(
  files: Record<string, string>,
  body: (app: AnyApp) => Promise<void>,
): Promise<void> {
  await withSite(files, async (root) => {
    const attach = await new Builder({ root }).build({ snapshot: "memory" });
    const app: AnyApp = new App().use(staticFiles()).fsRoutes();
    attach(app);
    await body(app);
  });
}
