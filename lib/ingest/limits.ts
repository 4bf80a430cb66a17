/**
 * Bounds of bodies as they come, with their reasons; how large one may be is configuration.
 */

/** Longest line of an NDJSON body: as large as a whole entry. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;

/** Compressed bytes inflated at a time. A thousandfold at most, they are 4 MiB where someone plays tricks. */
export const INFLATE_BYTES = 4 * 1024;

/**
 * A body of a known length up to this is read whole, which is faster: a thousand events and more. It
 * is due at once, which by the default time is no faster than the slowest rate below.
 */
export const SMALL_BODY_BYTES = 512 * 1024;

/** Slowest that a body may come on the whole: 16 MiB in four minutes. */
export const BODY_BYTES_PER_SECOND = 64 * 1024;
