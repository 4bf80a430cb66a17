/**
 * How often: requests of a token, and tokens that are not known, of a peer.
 */
import { ProblemError } from "../errors.ts";
import {
  MAX_UNKNOWN_TOKENS,
  RATE_BURST_SECONDS,
  REMEMBERED_PEERS,
  UNKNOWN_TOKENS_WINDOW_MS,
} from "./limits.ts";
import { TokenBucket } from "../token_bucket.ts";

/** Counts the requests of each token. */
export class RequestRate {
  readonly #perSecond: number;
  /** By the name of its token: as many as there are in the configuration. */
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param perSecond requests of one token in the long run; those of some seconds may come at once */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /**
   * Counts a request.
   *
   * @param name of the token
   * @param now milliseconds
   * @returns headers that say how many are left, as draft-ietf-httpapi-ratelimit-headers-10 has them
   * @throws {ProblemError} 429 if it is one too many
   */
  count(name: string, now: number): Readonly<Record<string, string>> {
    const most = this.#perSecond * RATE_BURST_SECONDS;
    const bucket = this.#buckets.get(name) ?? new TokenBucket(most, this.#perSecond, now);
    this.#buckets.set(name, bucket);
    const left = bucket.at(now);
    if (left > 0) bucket.spend(1);
    const remaining = Math.max(0, left - 1);
    const headers = {
      "ratelimit-policy": `"token";q=${most};w=${RATE_BURST_SECONDS}`,
      ratelimit: `"token";r=${remaining};t=${Math.ceil((most - remaining) / this.#perSecond)}`,
    };
    if (left > 0) return headers;
    throw new ProblemError(
      "too-many-requests",
      `A token has ${this.#perSecond} requests a second, and ${most} at once after a quiet time`,
      { headers: { ...headers, "retry-after": "1" } },
    );
  }
}

/** What a peer has tried. */
interface Tries {
  /** Milliseconds. */
  readonly endsAt: number;
  readonly hashes: Set<string>;
}

/**
 * Counts the tokens of each peer that are not known. One that comes again and again, as from a program
 * whose token was changed, counts once. A token that is known is let in all the same: behind a proxy all
 * peers are one, and whoever tries tokens of this length finds none.
 */
export class UnknownTokens {
  /** By peer; who began first comes first. */
  readonly #tries = new Map<string, Tries>();

  /**
   * Counts one.
   *
   * @param now milliseconds
   * @throws {ProblemError} 429 if it is one too many
   */
  count(address: Deno.Addr, hash: Uint8Array, now: number): void {
    const { endsAt, hashes } = this.#triesOf(peerOf(address), now);
    const text = hash.toHex();
    if (hashes.has(text)) return;
    if (hashes.size < MAX_UNKNOWN_TOKENS) return void hashes.add(text);
    throw new ProblemError("too-many-tokens", "Too many tokens from there are not known", {
      headers: { "retry-after": String(Math.ceil((endsAt - now) / 1000)) },
    });
  }

  #triesOf(peer: string, now: number): Tries {
    const known = this.#tries.get(peer);
    if (known !== undefined && now < known.endsAt) return known;
    const tries = { endsAt: now + UNKNOWN_TOKENS_WINDOW_MS, hashes: new Set<string>() };
    this.#tries.delete(peer);
    this.#tries.set(peer, tries);
    if (this.#tries.size > REMEMBERED_PEERS) this.#tries.delete(this.#tries.keys().next().value!);
    return tries;
  }
}

/**
 * What stands for a peer: its address, of IPv6 the network of 64 bits, all of which one peer may have.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { peerOf } from "./rate.ts";
 *
 * const of = (hostname: string) => peerOf({ transport: "tcp", hostname, port: 1 });
 * deepStrictEqual(
 *   ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "2001:db8:0:0:5::1", "::1"].map(of),
 *   ["192.0.2.1", "192.0.2.1", "2001:db8:0:0", "2001:db8:0:0", "0:0:0:0"],
 * );
 * ```
 */
export function peerOf(address: Deno.Addr): string {
  if (!("hostname" in address)) return address.transport;
  const { hostname } = address;
  if (hostname.includes(".") || !hostname.includes(":")) return hostname.split(":").at(-1)!;
  const [head = "", tail] = hostname.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  return [...left, ...zeros, ...right].slice(0, 4).join(":");
}
