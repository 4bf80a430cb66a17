/**
 * What does somebody see of the service while its database is away, and what becomes of the events
 * published meanwhile? The real service, and a way to PostgreSQL that is cut and mended.
 */
import assert from "node:assert/strict";
import { usePostgres } from "../helpers/database.ts";
import { events } from "../helpers/events.ts";
import { type Proxy, startProxy } from "../helpers/proxy.ts";
import { type Service, startService, temporaryDirectory, until } from "../helpers/service.ts";
import { assertStoredOnce } from "../helpers/stored.ts";

const postgres = usePostgres();

/** The longest that events may take which were published while the database was away. */
const STORED_WITHIN_MS = 30_000;

/** Ways to be away. */
const ABSENCES: Record<string, (proxy: Proxy) => void> = {
  "refuses connections": (proxy) => proxy.cut(),
  "hangs up on whoever connects": (proxy) => proxy.greet(new Uint8Array()),
};

async function readiness({ url }: Service) {
  const response = await fetch(`${url}/readyz`);
  const type = response.headers.get("content-type");
  return { status: response.status, type, body: await response.json() };
}

for (const [name, go] of Object.entries(ABSENCES)) {
  Deno.test(`while the database ${name} /readyz is 503, publishing goes on, and all is stored afterwards`, async () => {
    await using database = await postgres.database({ migrated: false });
    await using proxy = startProxy(database.url);
    await using data = await temporaryDirectory();
    await using service = await startService({ DATABASE_URL: proxy.url, DATA_DIR: data.path });
    const before = events(100);
    const sent = [...before, ...before.slice(0, 10), ...events(890)];
    const publish = async (from: number, to: number) => {
      for (let at = from; at < to; at += 10) {
        const response = await service.publish(sent.slice(at, at + 10));
        assert.equal(response.status, 202);
        await response.body?.cancel();
      }
    };
    await publish(0, 200);
    await service.settled();

    go(proxy);
    const away = await until(() => readiness(service), ({ status }) => status === 503);
    assert.equal(away.type, "application/problem+json");
    assert.equal(away.body.title, "Not ready");
    assert.match(away.body.detail, /^the database is away: ./);
    await publish(200, 1_000);
    assert.equal((await readiness(service)).status, 503);

    proxy.mend();
    const mendedAt = Date.now();
    await until(() => readiness(service), ({ status }) => status === 200);
    await service.settled();
    assert.ok(Date.now() - mendedAt < STORED_WITHIN_MS);
    await assertStoredOnce(database.sql, sent);
  });
}
