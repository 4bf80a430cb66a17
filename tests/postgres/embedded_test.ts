import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { postmasterPid, query, useServer, withBench } from "./helpers.ts";

const shared = useServer();

Deno.test("startEmbeddedPostgres() starts a server that answers SQL", async () => {
  deepStrictEqual(await query(shared.server, "select 1 + 1 as sum"), [{ sum: 2 }]);
  const [row] = await query(shared.server, "show server_version");
  strictEqual(row!.server_version, shared.server.version);
});

Deno.test("startEmbeddedPostgres() continues with the data of the last start", () =>
  withBench(async ({ start }) => {
    const first = await start();
    await query(first, "create table kept as select 7 as n");
    await first.stop();
    deepStrictEqual(await query(await start(), "select n from kept"), [{ n: 7 }]);
  }));

Deno.test("the service's role owns its database and is no superuser", async () => {
  const rows = await query(
    shared.server,
    `select current_user as role, rolsuper, rolcreaterole, rolcreatedb, rolreplication,
         (select pg_get_userbyid(datdba) from pg_database where datname = current_database()) as owner
       from pg_roles where rolname = current_user`,
  );
  deepStrictEqual(rows, [{
    role: "sekali",
    rolsuper: false,
    rolcreaterole: false,
    rolcreatedb: false,
    rolreplication: false,
    owner: "sekali",
  }]);
});

Deno.test("the database holds UTF-8 and sorts by code point", async () => {
  const rows = await query(
    shared.server,
    "select pg_encoding_to_char(encoding) as encoding, 'Z' < 'a' as bytewise from pg_database " +
      "where datname = current_database()",
  );
  deepStrictEqual(rows, [{ encoding: "UTF8", bytewise: true }]);
});

Deno.test("a commit waits until it is on disk", async () => {
  const rows = await query(
    shared.server,
    `select name from pg_settings where setting <> 'on'
         and name in ('fsync', 'full_page_writes', 'synchronous_commit')`,
  );
  deepStrictEqual(rows, []);
});

Deno.test("nobody connects with a wrong password, or as the superuser", async () => {
  const wrong = shared.server.url.replace(/:[0-9a-f]+@/, ":0000@");
  await rejects(query({ ...shared.server, url: wrong }, "select 1"), { code: "28P01" });
  const superuser = shared.server.url.replace("//sekali:", "//postgres:");
  await rejects(query({ ...shared.server, url: superuser }, "select 1"), { code: "28000" });
});

Deno.test("the password is in a file that only the service's user can read", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const path = join(shared.dataDir, "postgres", "password");
  const { mode, uid } = await Deno.stat(path);
  deepStrictEqual([mode! & 0o777, uid], [0o600, Deno.uid()]);
  strictEqual(new URL(shared.server.url).password, await Deno.readTextFile(path));
  strictEqual((await Deno.stat(join(shared.dataDir, "postgres"))).mode! & 0o777, 0o700);
});

Deno.test("the server listens on the loopback interface only", async () => {
  const rows = await query(shared.server, "show listen_addresses");
  deepStrictEqual(rows, [{ listen_addresses: "127.0.0.1" }]);
  const port = Number(new URL(shared.server.url).port);
  for (const { family, address } of Deno.networkInterfaces()) {
    if (family !== "IPv4" || address.startsWith("127.")) continue;
    await rejects(Deno.connect({ hostname: address, port }), Deno.errors.ConnectionRefused);
  }
});

Deno.test("the server is out of reach of the terminal's Ctrl-C", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  const pid = await postmasterPid(shared.dataDir);
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const [, , processGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  strictEqual(Number(processGroup), pid);
});

Deno.test("the server is given nothing of the service's environment", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  const pid = await postmasterPid(shared.dataDir);
  const environment = (await Deno.readTextFile(`/proc/${pid}/environ`)).split("\0");
  const names = environment.map((one) => one.split("=")[0]).filter((name) =>
    !/^PG|^LC_|^MALLOC_/.test(name!)
  );
  deepStrictEqual(names, [""]);
});

Deno.test("stop() may be called twice, and exited tells that the server has ended well", () =>
  withBench(async ({ start }) => {
    const server = await start();
    await Promise.all([server.stop(), server.stop()]);
    strictEqual((await server.exited).code, 0);
    await server.stop();
  }));

Deno.test("startEmbeddedPostgres() keeps the preferred port, or takes another if it is taken", () =>
  withBench(async ({ start }) => {
    const first = await start();
    await first.stop();
    const port = Number(new URL(first.url).port);
    const second = await start(port);
    strictEqual(second.url, first.url);
    await second.stop();
    using _taken = Deno.listen({ hostname: "127.0.0.1", port });
    const third = await start(port);
    ok(third.url !== first.url);
    deepStrictEqual(await query(third, "select 1 as one"), [{ one: 1 }]);
  }));
