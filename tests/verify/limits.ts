/**
 * Every bound of `deno task verify`, with why it is what it is. Durations in milliseconds.
 */

/** Publishers at once: several requests are on their way whenever something dies. */
export const PUBLISHERS = 8;

/** Events in a batch at most. */
export const MAX_BATCH_EVENTS = 200;

/** Share of events that repeat a key. */
export const REPEAT_SHARE = 0.3;

/**
 * One array in so many holds an event that PostgreSQL refuses. Finding it takes a delivery some twenty
 * statements in place of one: more of them would only slow all rounds down.
 */
export const POISON_IN = 100;

/** Keys made last, among which a repeat is likely to meet its original still on its way. */
export const RACING_KEYS = 300;

/** Draws for a key that may be repeated, before a new one is made instead. */
export const REPEAT_DRAWS = 8;

/** Longest pause of a publisher between two batches up to the fault: about as fast as it can. */
export const BURST_PAUSE_MS = 8;

/** Batches after which the load calms down by itself: a round of any length stays a modest number of rows. */
export const BURST_BATCHES = 1_000;

/** The same afterwards, where waiting for the recovery would only pile up rows to read. */
export const CALM_PAUSE_MS = 150;

/** Longest pause before a refused batch is sent again: also how exactly the first 202 is known. */
export const RETRY_PAUSE_MS = 20;

/** Pause between two looks at whether something has come about. */
export const LOOK_MS = 20;

/** From the start of the process to readiness; the database may have to recover. */
export const START_LIMIT_MS = 60_000;

/** From the start of the load to the fault, and how long the last batches may take. */
export const STRIKE_LIMIT_MS = 30_000;

/** From the fault to the first 202, and from the last batch to nothing pending. */
export const RECOVERY_LIMIT_MS = 60_000;

/** How long an answer is waited for: whoever waits so long is beyond the limit of recovery anyway. */
export const ANSWER_LIMIT_MS = RECOVERY_LIMIT_MS;

/** From SIGTERM to the end: requests, drain, consumers and PostgreSQL have their own, shorter ones. */
export const STOP_LIMIT_MS = 60_000;

/** How long killed processes may take to be gone, and how often their files are tried to remove. */
export const GONE_LIMIT_MS = 10_000;

/** Rows that the judge reads at a time. */
export const READ_ROWS = 5_000;

/** Keys that a failure names of each kind; the database is kept for the rest. */
export const NAMED_KEYS = 5;
