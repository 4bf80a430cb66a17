/**
 * Invariant 3: `received = unique_processed + duplicate_dropped + dead_letters`, at every moment that a
 * reader can look and over any crash.
 */
import assert from "node:assert/strict";
import { eventJson } from "../helpers/entries.ts";
import { events } from "../helpers/events.ts";
import { startService, temporaryDirectory } from "../helpers/service.ts";
import { usePostgres } from "../helpers/database.ts";
import { useService } from "../helpers/service_tests.ts";

const postgres = usePostgres();
const test = useService(postgres);

test("whoever looks at /stats while events are committed finds the law kept", async (service) => {
  let publishing = true;
  const published = (async () => {
    for (let n = 0; n < 60; n++) {
      const some = events(40, { topic: `app.${n % 7}` }).map((one) => JSON.stringify(one));
      const poison = eventJson('{"content":"","number":1e-20000}', { topic: `app.${n % 7}` });
      const body = `[${[...some, ...some, ...(n % 10 === 0 ? [poison] : [])].join(",")}]`;
      const response = await fetch(`${service.url}/publish`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      assert.equal(response.status, 202);
      await response.body?.cancel();
    }
  })().finally(() => publishing = false);
  const seen = new Set<number>();
  while (publishing) {
    const stats = await service.get("/stats");
    assert.equal(
      stats.received,
      stats.unique_processed + stats.duplicate_dropped + stats.dead_letters,
    );
    assert.equal(stats.consistent, true);
    seen.add(stats.received);
  }
  await published;
  assert.ok(seen.size > 3, `looked ${seen.size} times only`);
  const stats = await service.settled();
  assert.deepEqual(
    [stats.received, stats.unique_processed, stats.duplicate_dropped, stats.dead_letters],
    [4_806, 2_400, 2_400, 6],
  );
});

for (const point of ["delivered", "committed"] as const) {
  Deno.test(`consumers that die where an entry is ${point} count it once`, async () => {
    await using data = await temporaryDirectory();
    await using database = await postgres.database({ migrated: false });
    await using service = await startService({
      DATA_DIR: data.path,
      DATABASE_URL: database.url,
      FAULT: `${point}:1:thread`,
    });
    const sent = events(100);
    const response = await service.publish([...sent, ...sent]);
    assert.equal(response.status, 202);
    await response.body?.cancel();
    const stats = await service.settled();
    assert.ok(stats.redeliveries > 0, "no consumer died");
    assert.deepEqual(
      [stats.received, stats.unique_processed, stats.duplicate_dropped],
      [200, 100, 100],
    );
  });
}
