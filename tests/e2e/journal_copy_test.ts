/**
 * Does a journal that was restored from a copy swallow new events, whose entries have ids of before?
 */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { usePostgres } from "../helpers/database.ts";
import { events } from "../helpers/events.ts";
import { failToStart, startService, temporaryDirectory } from "../helpers/service.ts";

const postgres = usePostgres();

Deno.test("a service does not start on an old copy of its journal, and says what to do", async () => {
  await using database = await postgres.database();
  await using data = await temporaryDirectory();
  const env = { DATA_DIR: data.path, DATABASE_URL: database.url };
  const journal = join(data.path, "journal");
  {
    await using service = await startService(env);
    await service.publish(events(1));
    await service.settled();
  }
  await cp(journal, `${journal}.copy`, { recursive: true });
  {
    await using service = await startService(env);
    await service.publish(events(1));
    await service.settled();
  }
  await Deno.remove(journal, { recursive: true });
  await Deno.rename(`${journal}.copy`, journal);
  const { code, stderr } = await failToStart(env);
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^Cannot start: the journal is an old copy: .* knows of all below \d+\. [^\n]*\n$/,
  );
  await Deno.remove(journal, { recursive: true });
  await using service = await startService(env);
  await service.publish(events(1));
  assert.equal((await service.settled()).received, 3);
});
