import assert from "node:assert/strict";
import { TABLES } from "./tables.ts";

/** Without what the formatter does to a table. */
const bare = (text: string) => text.replaceAll(/ {2,}/g, " ").replaceAll(/-{2,}/g, "-");

const page = bare(await Deno.readTextFile(new URL("../../docs/scaling.md", import.meta.url)));

for (const table of TABLES) {
  Deno.test(`docs/scaling.md has the table of ${table.name}() as the model gives it`, () => {
    assert.ok(page.includes(bare(table())), `deno task scaling prints:\n${table()}`);
  });
}
