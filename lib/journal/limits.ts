/**
 * Bounds of the journal's files, with their reasons.
 */

const MIB = 1024 * 1024;

/**
 * Size of a segment, where one commit alone is not larger. Two of them at least are on the disk, one of
 * them made ahead; a start reads all that hold entries, 10 ms each.
 */
export const SEGMENT_BYTES = 8 * MIB;

/** How much of a segment made ahead is written at a time. */
export const FILL_BYTES = 1 * MIB;

/** A commit takes no further request beyond this: what it takes, all of its publishers wait for. */
export const COMMIT_BYTES = 4 * MIB;

/**
 * What a commit may have written, for its sync to be waited for in place: where more has come, more is
 * to be done meanwhile. And how long that may take, some 0.3 ms on an SSD: a disk that takes longer twice
 * in a row is not waited for in place again for a while, so that a slow one holds up all else only now and
 * then.
 */
export const SYNC_IN_PLACE_BYTES = 16 * 1024;
export const SYNC_IN_PLACE_MS = 5;
export const SLOW_DISK_MS = 1_000;

/**
 * Room on the disk that no new segment takes: PostgreSQL needs some to take over what the journal holds,
 * where it is on the same disk.
 */
export const RESERVE_BYTES = 64 * MIB;

/** Segments that a reader keeps open: deliveries go on in the newest, and some come from those before it. */
export const OPEN_SEGMENTS = 3;

/** What a reader reads an entry into, until one is larger. */
export const FIRST_BUFFER_BYTES = 64 * 1024;
