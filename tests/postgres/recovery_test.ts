import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { postmasterPid, query, withBench } from "./helpers.ts";

Deno.test("what was committed survives kill -9 of the server", () =>
  withBench(async ({ start, dataDir }) => {
    const first = await start();
    await query(first, "create table kept as select generate_series(1, 1000) as n");
    Deno.kill(await postmasterPid(dataDir), "SIGKILL");
    strictEqual((await first.exited).signal, "SIGKILL");
    deepStrictEqual(await query(await start(), "select count(*)::int as n from kept"), [{
      n: 1000,
    }]);
  }));

Deno.test("kill -9 of the server while a statement runs does not keep the next start away", () =>
  withBench(async ({ start, dataDir }) => {
    const first = await start();
    const running = query(first, "select pg_sleep(600)").catch(() => "cut off");
    await untilRunning(() =>
      query(first, "select 1 from pg_stat_activity where wait_event = 'PgSleep'")
    );
    Deno.kill(await postmasterPid(dataDir), "SIGKILL");
    deepStrictEqual(await query(await start(), "select 1 as one"), [{ one: 1 }]);
    strictEqual(await running, "cut off");
  }));

Deno.test("a server that a killed run left behind is stopped, and its data goes on", () =>
  withBench(async ({ start }) => {
    const orphan = await start();
    await query(orphan, "create table kept as select 7 as n");
    const server = await start();
    strictEqual((await orphan.exited).code, 0);
    deepStrictEqual(await query(server, "select n from kept"), [{ n: 7 }]);
  }));

Deno.test("a postmaster.pid that names a foreign process is cleared, the process left alone", {
  ignore: Deno.build.os === "windows",
}, () =>
  withBench(async ({ start, dataDir }) => {
    const first = await start();
    const file = join(dataDir, "postgres", "data", "postmaster.pid");
    const stale = await Deno.readTextFile(file);
    await first.stop();
    const { uid, gid } = await Deno.stat(join(dataDir, "postgres", "data"));
    const owner = uid === Deno.uid() ? {} : { uid: uid!, gid: gid! };
    const foreign = new Deno.Command("sleep", { args: ["600"], cwd: "/", ...owner }).spawn();
    try {
      await Deno.writeTextFile(file, stale.replace(/^\d+/, String(foreign.pid)));
      deepStrictEqual(await query(await start(), "select 1 as one"), [{ one: 1 }]);
    } finally {
      foreign.kill("SIGKILL");
    }
    strictEqual((await foreign.status).signal, "SIGKILL");
  }));

Deno.test("a lost password is replaced, the data stays", () =>
  withBench(async ({ start, dataDir }) => {
    const first = await start();
    await query(first, "create table kept as select 7 as n");
    await first.stop();
    await Deno.remove(join(dataDir, "postgres", "password"));
    const second = await start();
    deepStrictEqual(await query(second, "select n from kept"), [{ n: 7 }]);
    ok(new URL(second.url).password !== new URL(first.url).password);
  }));

Deno.test("what a crash left of an unfinished creation is removed", () =>
  withBench(async ({ start, dataDir }) => {
    const leftover = join(dataDir, "postgres", "unfinished-1");
    await Deno.mkdir(leftover, { recursive: true });
    await Deno.writeTextFile(join(leftover, "PG_VERSION"), "18\n");
    await start();
    const names = (await Array.fromAsync(Deno.readDir(join(dataDir, "postgres")))).map((e) =>
      e.name
    );
    deepStrictEqual(names.sort(), ["data", "password", "server.log"]);
  }));

/** Asks again until there is a row. */
async function untilRunning(ask: () => Promise<unknown[]>): Promise<void> {
  while ((await ask()).length === 0);
}
