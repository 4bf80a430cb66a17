/**
 * Does a page find back to a service that was away?
 */
import assert from "node:assert/strict";
import { shows, useBrowser } from "../helpers/browser.ts";
import { usePostgres } from "../helpers/database.ts";
import { event } from "../helpers/events.ts";
import { startService, temporaryDirectory } from "../helpers/service.ts";

const visit = useBrowser();
const postgres = usePostgres();

Deno.test("a page says that the service is away, tries again ever more slowly, and is live again", async () => {
  await using database = await postgres.database({ migrated: false });
  await using data = await temporaryDirectory();
  const env = { DATABASE_URL: database.url, DATA_DIR: data.path };
  await using first = await startService(env);
  await visit(first.url, async (page) => {
    const tries: number[] = [];
    const fourth = Promise.withResolvers<void>();
    page.on("requestfailed", (request) => {
      if (new URL(request.url()).pathname !== "/stream") return;
      if (tries.push(Date.now()) === 4) fourth.resolve();
    });
    await first.stop();
    await page.waitForSelector(".connection.offline");
    await fourth.promise;
    assert.ok(tries[3]! - tries[2]! > tries[1]! - tries[0]!, String(tries));
    await using second = await startService({ ...env, PORT: new URL(first.url).port });
    await page.waitForSelector(".connection.live");
    await second.publish(event());
    await shows(page, ".law .stored b", "1");
  }, { expected: /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET/ });
});
