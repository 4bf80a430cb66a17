import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { LOG_FILE_LIMIT_BYTES, LOG_TAIL_LINES } from "../../lib/postgres/limits.ts";
import { failureReason, ServerLog } from "../../lib/postgres/server_log.ts";

Deno.test("ServerLog keeps its files and its memory bounded", async () => {
  const directory = await Deno.makeTempDir({ prefix: "sekali-log-" });
  try {
    const path = join(directory, "server.log");
    const chunk = new TextEncoder().encode("x".repeat(1023) + "\n").slice();
    const chunks = 3 * LOG_FILE_LIMIT_BYTES / chunk.length;
    const log = new ServerLog(ReadableStream.from(Array(chunks).fill(chunk)), path);
    await log.closed;
    strictEqual(log.lines.length, LOG_TAIL_LINES);
    const files = (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).sort();
    deepStrictEqual(files, ["server.log", "server.log.1"]);
    for (const name of files) {
      const { size } = await Deno.stat(join(directory, name));
      ok(size <= LOG_FILE_LIMIT_BYTES + chunk.length, `${name}: ${size}`);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("ServerLog reads lines that come in pieces", async () => {
  const text = "… [1] LOG:  starting PostgreSQL 18.4 on x86_64\n" +
    "… [1] LOG:  database system is ready to accept connections\n";
  const pieces = [...new TextEncoder().encode(text)].map((byte) => Uint8Array.of(byte));
  const path = await Deno.makeTempFile({ prefix: "sekali-log-" });
  const log = new ServerLog(ReadableStream.from(pieces), path);
  await log.ready;
  strictEqual(log.version, "18.4");
  await log.closed;
  await Deno.remove(path);
});

Deno.test("failureReason() is what PostgreSQL called fatal, else its last words", () => {
  strictEqual(
    failureReason(["… FATAL:  out of luck", "… LOG:  database system is shut down"]),
    "out of luck",
  );
  strictEqual(failureReason(["initdb: error: no room", ""]), "no room");
  strictEqual(
    failureReason(["postgres: cannot open shared object file", ""]),
    "postgres: cannot open shared object file",
  );
  strictEqual(failureReason([""]), undefined);
});
