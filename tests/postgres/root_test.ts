import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { dirname, join } from "node:path";
import { query, withBench } from "./helpers.ts";

const asRoot = { ignore: Deno.uid() !== 0 };

Deno.test(
  "root keeps its data below a directory that the server's user cannot enter",
  asRoot,
  () =>
    withBench(async ({ start, dataDir }) => {
      await Deno.mkdir(dataDir, { recursive: true });
      await Deno.chmod(dirname(dataDir), 0o700);
      const first = await start();
      await query(first, "create table kept as select 7 as n");
      await first.stop();
      deepStrictEqual(await query(await start(), "select n from kept"), [{ n: 7 }]);
      strictEqual((await Deno.stat(dirname(dataDir))).mode! & 0o777, 0o700);
    }, "closed/data"),
);

Deno.test(
  "the server of root runs as the user that owns the data",
  asRoot,
  () =>
    withBench(async ({ start, dataDir }) => {
      await (await start()).stop();
      const data = join(dataDir, "postgres", "data");
      await changeOwner(data, 65_533);
      deepStrictEqual(await query(await start(), "select 1 as one"), [{ one: 1 }]);
      strictEqual((await Deno.stat(join(data, "postmaster.pid"))).uid, 65_533);
    }),
);

Deno.test("root's working directory is what it was", asRoot, async () => {
  const before = Deno.cwd();
  await withBench(async ({ start }) => void await start());
  strictEqual(Deno.cwd(), before);
});

async function changeOwner(path: string, id: number): Promise<void> {
  await Deno.chown(path, id, id);
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (isDirectory) await changeOwner(join(path, name), id);
    else await Deno.chown(join(path, name), id, id);
  }
}
