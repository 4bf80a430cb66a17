/**
 * Does the npm package `eventsource`, which knows nothing of Sekali, follow `GET /stream` over the death
 * of the service?
 */
import assert from "node:assert/strict";
import { EventSource } from "eventsource";
import { usePostgres } from "../helpers/database.ts";
import { events } from "../helpers/events.ts";
import { closedPort } from "../helpers/http.ts";
import { type Service, startService, temporaryDirectory } from "../helpers/service.ts";
import type { Streamed } from "../helpers/stream.ts";
import { within } from "../helpers/within.ts";

const postgres = usePostgres();

/** Longest that events may take to come, the start of a service included. */
const ARRIVAL_MS = 60_000;

/** Follows a stream; collects what comes. */
function follow(url: string) {
  const seen: Streamed[] = [];
  let opened = 0;
  let arrived = Promise.withResolvers<void>();
  const source = new EventSource(url);
  source.addEventListener("open", () => opened++);
  source.addEventListener("event", ({ data, lastEventId }) => {
    const event: Streamed = JSON.parse(data);
    assert.equal(lastEventId, String(event.seq));
    seen.push(event);
    arrived.resolve();
  });
  return {
    seen,
    get opened() {
      return opened;
    },
    async until(count: number) {
      while (seen.length < count) {
        await within(ARRIVAL_MS, `Event ${seen.length + 1}`, arrived.promise);
        arrived = Promise.withResolvers();
      }
    },
    [Symbol.dispose]: () => source.close(),
  };
}

async function publish(service: Service, count: number) {
  const response = await service.publish(events(count, { topic: "app.log" }));
  assert.equal(response.status, 202);
  await response.body?.cancel();
}

Deno.test("the eventsource package gets every event once though the service is killed and starts again", async () => {
  await using database = await postgres.database({ migrated: false });
  await using data = await temporaryDirectory();
  const env = { DATABASE_URL: database.url, DATA_DIR: data.path, PORT: String(closedPort()) };
  const first = await startService(env);
  using client = follow(`${first.url}/stream?types=event&topic=app.*&after=0`);
  await publish(first, 20);
  await client.until(20);
  await publish(first, 30);
  await client.until(21);
  await first.kill();
  await using second = await startService(env);
  await publish(second, 10);
  await client.until(60);
  const stored = await database.sql<Streamed[]>`
    select event_id, topic, source, seq from processed_events order by seq`;
  assert.deepEqual(client.seen.map(({ seq }) => seq), stored.map(({ seq }) => seq));
  assert.equal(client.opened, 2);
});
