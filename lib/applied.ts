/**
 * What PostgreSQL remembers of the journal's entries: that they are applied, and how little of it will do.
 *
 * An entry that is applied has a row until the journal has released it and all before it. From then on the
 * journal's row in `journals` says so, for ever: a message that a stream delivers days later, or a
 * consumer that was asleep, changes nothing. A statement that began before that was said looks for the
 * entry's own row, so that goes only when no such statement runs any more.
 */
import { reason, StartupError } from "./errors.ts";
import type { Journal } from "./journal.ts";
import { logger } from "./logger.ts";
import { forgetApplied, readAppliedBelow } from "./sql/apply.ts";
import type { Sql } from "./sql/connect.ts";

const log = logger();

/**
 * Makes sure that entries to come are not taken for entries of before, which have the same ids where an
 * old copy of the journal was put in its place.
 *
 * @throws {StartupError} if PostgreSQL knows of entries that the journal has not made
 */
export async function requireNewest(sql: Sql, journal: Journal): Promise<void> {
  const below = await readAppliedBelow(sql, journal.id);
  if (below <= journal.next) return;
  throw new StartupError(
    `Cannot start: the journal is an old copy: it comes to entry ${journal.next}, ` +
      `PostgreSQL knows of all below ${below}. Moved elsewhere, its directory makes way for a new one`,
  );
}

/** Settles what the journal has released, and forgets single entries that were settled by the last call. */
export function pruner(sql: Sql, journal: Journal): () => Promise<void> {
  let settled = 0;
  return async () => {
    const { oldest } = journal.file;
    try {
      await forgetApplied(sql, journal.id, settled, oldest);
      settled = oldest;
    } catch (error) {
      log.warn("Cannot prune applied entries, trying again later: {reason}", {
        reason: reason(error),
      });
    }
  };
}
