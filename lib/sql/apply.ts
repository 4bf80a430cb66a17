/**
 * Step 6 of the path: one delivery becomes one transaction.
 *
 * Guarantees: either all of it is committed (new keys, counters, applied entries) or nothing; an
 * entry applied before changes nothing; a key is stored once whatever comes at the same time.
 */
import type { StoredEntry } from "../journal_store.ts";
import type { Outcome } from "../protocol.ts";
import type { Sql } from "./connect.ts";
import statement from "./apply.sql" with { type: "text" };

/**
 * Applies a delivery.
 *
 * @param journal id of the journal the entries are from, a UUID
 * @param shard which counters to add to: the consumer's number
 * @param entries what to apply, at least one
 * @returns what it came to; all 0 if the entries were applied before
 * @throws the driver's error; then nothing was applied, or, where the connection broke, perhaps all
 */
export async function apply(
  sql: Sql,
  journal: string,
  shard: number,
  entries: readonly StoredEntry[],
): Promise<Outcome> {
  let position = 1;
  const firsts = entries.map(({ events }) => {
    const first = position;
    position += events;
    return first;
  });
  const events = `[${entries.map(({ json }) => json).join(",")}]`;
  const [outcome] = await sql.unsafe<Outcome[]>(statement, [
    events,
    arrayLiteral(entries.map(({ id }) => id)),
    arrayLiteral(firsts),
    arrayLiteral(entries.map(({ acceptedAt }) => new Date(acceptedAt).toISOString())),
    journal,
    shard,
  ], { prepare: true });
  return outcome!;
}

/**
 * Forgets that entries were applied.
 *
 * @param below all entries below this id; the journal must have released them
 */
export async function forgetApplied(sql: Sql, journal: string, below: number): Promise<void> {
  await sql`delete from applied_entries where journal = ${journal} and entry < ${below}`;
}

/** PostgreSQL's text form of an array whose members need no quotes. */
function arrayLiteral(members: readonly (number | string)[]): string {
  return `{${members.join(",")}}`;
}
