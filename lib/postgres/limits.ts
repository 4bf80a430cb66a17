/**
 * Every bound of the embedded PostgreSQL, with why it is what it is.
 *
 * Durations in milliseconds, sizes in bytes.
 */

/** How long a start may take. Replaying `max_wal_size` (4 GB) after a crash is minutes, not seconds. */
export const START_LIMIT_MS = 10 * 60_000;

/** Tries to start: the free port that was found may be taken before PostgreSQL binds it. */
export const START_ATTEMPTS = 5;

/** How long the processes of a killed postmaster may take to notice and end; usually milliseconds. */
export const LEFTOVER_LIMIT_MS = 30_000;

/** Pause between two looks at a process that is not ours to wait for. */
export const POLL_PAUSE_MS = 50;

/** How long a fast shutdown may take: it ends with a checkpoint, so it writes what is in memory. */
export const FAST_STOP_LIMIT_MS = 30_000;

/** How long an immediate shutdown may take; PostgreSQL kills its own children after 5 s. */
export const IMMEDIATE_STOP_LIMIT_MS = 10_000;

/** How long an orphan of a killed run may take to answer on its port before it counts as gone. */
export const ORPHAN_ANSWER_LIMIT_MS = 2_000;

/** PostgreSQL's log is renamed to `server.log.1` beyond this; so it takes twice as much at most. */
export const LOG_FILE_LIMIT_BYTES = 8 * 1024 * 1024;

/** Lines of PostgreSQL's log kept in memory, to say why a start failed. */
export const LOG_TAIL_LINES = 50;

/** Randomness of the database password. */
export const PASSWORD_BYTES = 24;
