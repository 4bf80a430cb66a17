import { match, rejects, throws } from "node:assert/strict";
import { join } from "node:path";
import { StartupError } from "../../lib/errors.ts";
import { packageFor } from "../../lib/postgres/platform.ts";
import { type Bench, withBench } from "./helpers.ts";

/** The start must fail with one line for the operator. */
async function refuses({ start }: Bench, expected: RegExp): Promise<void> {
  await rejects(start(), (error: unknown) => {
    if (!(error instanceof StartupError)) throw error;
    match(error.message, expected);
    match(error.message, /^.+$/, "one line");
    return true;
  });
}

Deno.test("data of another major version is refused in one line", () =>
  withBench(async (bench) => {
    const data = join(bench.dataDir, "postgres", "data");
    await Deno.mkdir(data, { recursive: true });
    await Deno.writeTextFile(join(data, "PG_VERSION"), "17\n");
    await refuses(bench, /made by PostgreSQL 17, this is 18/);
  }));

Deno.test("a directory that is no data directory is refused and left as it is", () =>
  withBench(async (bench) => {
    const file = join(bench.dataDir, "postgres", "data", "mine.txt");
    await Deno.mkdir(join(file, ".."), { recursive: true });
    await Deno.writeTextFile(file, "kept");
    await refuses(bench, /no PostgreSQL data directory/);
    match(await Deno.readTextFile(file), /kept/);
  }));

Deno.test("a DATA_DIR that cannot be written is refused in one line", () =>
  withBench(async (bench) => {
    await Deno.writeTextFile(bench.dataDir, "a file, not a directory");
    await refuses(bench, /^Cannot start the embedded PostgreSQL in .+Not a directory/);
  }));

Deno.test("damaged data is refused with PostgreSQL's own reason", () =>
  withBench(async (bench) => {
    await (await bench.start()).stop();
    await Deno.remove(join(bench.dataDir, "postgres", "data", "global", "pg_control"));
    await refuses(bench, /could not (find the database system|open file ".*pg_control")/);
  }));

Deno.test("data that belongs to root is refused with the remedy", {
  ignore: Deno.uid() !== 0,
}, () =>
  withBench(async (bench) => {
    await (await bench.start()).stop();
    await Deno.chown(join(bench.dataDir, "postgres", "data"), 0, 0);
    await refuses(bench, /belongs to root.+chown -R/);
  }));

Deno.test("packageFor() names DATABASE_URL where there is no embedded PostgreSQL", () => {
  throws(() => packageFor("freebsd", "x86_64"), /freebsd x86_64.+DATABASE_URL/);
});
