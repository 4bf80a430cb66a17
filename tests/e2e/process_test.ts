/**
 * How the service starts and ends, as a process.
 */
import assert from "node:assert/strict";
import { delay } from "../../lib/delay.ts";
import { DRAIN_MS, SAME_SIGNAL_MS } from "../../lib/limits.ts";
import { usePostgres } from "../helpers/database.ts";
import { events } from "../helpers/events.ts";
import { holdConsumers } from "../helpers/hold.ts";
import {
  address,
  failToStart,
  root,
  startService,
  temporaryDirectory,
  until,
} from "../helpers/service.ts";

const postgres = usePostgres();

Deno.test("SIGTERM drains, stops the embedded PostgreSQL and exits with 0 within 10 s", async () => {
  await using data = await temporaryDirectory();
  const service = await startService({ DATA_DIR: data.path });
  await service.publish(events(1_000));
  const [pid] = (await Deno.readTextFile(`${data.path}/postgres/data/postmaster.pid`)).split("\n");
  const start = Date.now();
  assert.equal(await service.stop(), 0);
  assert.ok(Date.now() - start < 10_000);
  await assert.rejects(Deno.stat(`/proc/${pid}/stat`), Deno.errors.NotFound);

  await using again = await startService({ DATA_DIR: data.path });
  assert.equal((await again.get("/stats")).unique_processed, 1_000);
});

Deno.test("while it drains, publishers get 503 and Connection: close; what is left is delivered by the next start", async () => {
  await using data = await temporaryDirectory();
  await using database = await postgres.database({ migrated: false });
  const env = { DATA_DIR: data.path, DATABASE_URL: database.url };
  const service = await startService(env);
  const release = await holdConsumers(database.sql);
  await service.publish(events(10));
  const stopped = service.stop();
  const refused = await until(() => service.publish(events(1)), ({ status }) => status === 503);
  assert.equal((await refused.json()).title, "Stopping");
  assert.equal(refused.headers.get("connection"), "close");
  const ready = await fetch(`${service.url}/readyz`);
  assert.equal(ready.status, 503);
  await ready.body?.cancel();
  assert.equal(await stopped, 0);
  await release();

  await using again = await startService(env);
  assert.ok((await again.settled()).received >= 10);
});

Deno.test("a second signal ends the service at once", async () => {
  await using data = await temporaryDirectory();
  await using database = await postgres.database({ migrated: false });
  const service = await startService({ DATA_DIR: data.path, DATABASE_URL: database.url });
  const release = await holdConsumers(database.sql);
  await service.publish(events(10));
  const start = Date.now();
  const stopped = service.stop();
  await delay(SAME_SIGNAL_MS + 100);
  await service.stop();
  assert.equal(await stopped, 130);
  assert.ok(Date.now() - start < DRAIN_MS);
  await release();
});

Deno.test("a signal that comes twice, as Ctrl-C does by way of the task runner, is obeyed once", async () => {
  await using data = await temporaryDirectory();
  const service = await startService({ DATA_DIR: data.path });
  await service.publish(events(1_000));
  const [pid] = (await Deno.readTextFile(`${data.path}/postgres/data/postmaster.pid`)).split("\n");
  const stopped = service.stop("SIGINT");
  await delay(5);
  await service.stop();
  assert.equal(await stopped, 0);
  await assert.rejects(Deno.stat(`/proc/${pid}/stat`), Deno.errors.NotFound);
});

Deno.test("deno task start stops the service when the shell of npx above it is gone", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using data = await temporaryDirectory();
  await using database = await postgres.database({ migrated: false });
  // As npx does it: a shell that waits, and the variable that npm sets.
  const shell = new Deno.Command("sh", {
    args: ["-c", `"${Deno.execPath()}" task --quiet start; true`],
    cwd: root,
    env: {
      npm_command: "exec",
      PORT: "0",
      DATA_DIR: data.path,
      DATABASE_URL: database.url,
      LOG_LEVEL: "fatal",
    },
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const url = await address(shell);
  shell.kill("SIGTERM");
  await shell.status;
  await until(
    () => fetch(`${url}/healthz`).then((response) => response.body?.cancel(), () => "gone"),
    (answer) => answer === "gone",
  );
});

Deno.test("a second process on one data directory is refused in one line with exit 2", async () => {
  await using data = await temporaryDirectory();
  await using database = await postgres.database({ migrated: false });
  const env = { DATA_DIR: data.path, DATABASE_URL: database.url };
  await using _first = await startService(env);
  const { code, stderr } = await failToStart(env);
  assert.equal(code, 2);
  assert.match(stderr, /^Cannot start: .* is in use by another process\n$/);
});

Deno.test("bad configuration is refused in one line with exit 2", async () => {
  await using data = await temporaryDirectory();
  const { code, stdout, stderr } = await failToStart({ DATA_DIR: data.path, CONSUMERS: "many" });
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.equal(
    stderr,
    'Cannot start: CONSUMERS is "many", it must be a whole number from 0 to 16\n',
  );
});

Deno.test("a wrong database password is refused in one line with exit 2, and not shown", async () => {
  await using data = await temporaryDirectory();
  await using database = await postgres.database({ migrated: false });
  const url = new URL(database.url);
  url.password = "wrong-password";
  const { code, stderr } = await failToStart({ DATA_DIR: data.path, DATABASE_URL: url.href });
  assert.equal(code, 2);
  assert.match(stderr, /^Cannot start: the database is not usable: .*authentication failed.*\n$/);
  assert.doesNotMatch(stderr, /wrong-password/);
});

Deno.test("a port in use is refused in one line with exit 2", async () => {
  await using data = await temporaryDirectory();
  await using database = await postgres.database({ migrated: false });
  await using other = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(),
  );
  const { code, stderr } = await failToStart({
    DATA_DIR: data.path,
    DATABASE_URL: database.url,
    PORT: String(other.addr.port),
  });
  assert.equal(code, 2);
  assert.match(stderr, /^Cannot listen on 127\.0\.0\.1:\d+: .*\n$/);
});
