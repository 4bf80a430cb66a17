/**
 * Bounds of tokens, sessions and those who try, with their reasons.
 */

/** Tokens of `API_TOKENS`; each request that brings one is compared with all. */
export const MAX_TOKENS = 100;

/** Shortest token: 64 bits even where its characters are hexadecimal digits. */
export const MIN_TOKEN_CHARACTERS = 16;

/** Open sessions of browsers, some hundred bytes each, and how long one lasts. */
export const MAX_SESSIONS = 1_000;
export const SESSION_MS = 12 * 60 * 60 * 1000;

/** After a quiet time a token has so many seconds' requests of `RATE_LIMIT` at once, as pages need. */
export const RATE_BURST_SECONDS = 10;

/** Different tokens that a peer may try in a window, each of which is not known. */
export const MAX_UNKNOWN_TOKENS = 10;
export const UNKNOWN_TOKENS_WINDOW_MS = 60_000;

/** Peers whose unknown tokens are remembered, a kilobyte each at most. */
export const REMEMBERED_PEERS = 1_000;
