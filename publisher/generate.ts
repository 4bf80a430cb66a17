/**
 * What is sent: a seeded stream of deliveries, cut into request bodies.
 *
 * Guarantees: the keys depend on the plan alone, so one seed gives the same deliveries in the same order;
 * exactly {@linkcode plannedDuplicates} of them repeat an earlier event; each is told apart as the
 * first of its key or a duplicate. Nothing sent is remembered: the n-th event is a function of seed and
 * n, so a run of millions takes the memory of one batch (plus one bit a key where topics are redrawn).
 * Not promised: payloads and timestamps of a second run, which are new; only keys decide what is a duplicate.
 */

/** What the stream of deliveries depends on. */
export interface Plan {
  /** Any text; {@linkcode newSeed} makes one. */
  seed: string;
  /** Deliveries in all, at least 1. */
  events: number;
  /** Share of deliveries that repeat an earlier event, 0 to 1. */
  duplicateRate: number;
  /** Topics, at least 1. */
  topics: number;
  /** Whether a repeat keeps its event's topic; if not, the topic is drawn anew. */
  sameTopicDuplicates: boolean;
}

/** One event as sent, before it is text. */
export interface Delivery {
  /** Number of the event it delivers, from 0; repeats share it. */
  event: number;
  eventId: string;
  topic: string;
  /** Whether the event was delivered before, on whatever topic. */
  repeat: boolean;
  /** Whether this is the first delivery of its key. */
  unique: boolean;
}

/** One request's events. */
export interface Batch {
  body: string;
  events: number;
  /** Events of the batch whose key was not delivered before. */
  unique: number;
}

/** Events whose ids share one millisecond: all that the 12 bits after a UUIDv7's time can number. */
const EVENTS_PER_MS = 4096;

/**
 * Makes a seed that no other run has: the time in ms and 32 random bits, both in hex.
 *
 * @param nowMs start of the run, ms since 1970; becomes the time inside the event ids
 */
export function newSeed(nowMs: number = Date.now()): string {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return `${nowMs.toString(16).padStart(12, "0")}-${random.toString(16).padStart(8, "0")}`;
}

/**
 * How many deliveries of a plan repeat an earlier event. At most all but one: the first has nothing to repeat.
 *
 * @example
 * ```ts
 * import { plannedDuplicates } from "./generate.ts";
 * if (plannedDuplicates({ events: 20_000, duplicateRate: 0.3 }) !== 6_000) throw new Error();
 * ```
 */
export function plannedDuplicates(plan: Pick<Plan, "events" | "duplicateRate">): number {
  return Math.min(Math.round(plan.events * plan.duplicateRate), plan.events - 1);
}

/** Every delivery of the plan, in order. */
export function* deliveries(plan: Plan): Generator<Delivery, void> {
  const words = seedWords(plan.seed);
  const startMs = seedTimeMs(plan.seed, words);
  const random = sfc32(words);
  const topics = Array.from({ length: plan.topics }, (_, i) => `app.log.level-${i + 1}`);
  let repeatsLeft = plannedDuplicates(plan);
  let delivered = 0; // events so far, each delivered at least once
  const seen = plan.sameTopicDuplicates
    ? undefined
    : new Uint8Array(Math.ceil((plan.events - repeatsLeft) * plan.topics / 8));

  for (let position = 0; position < plan.events; position++) {
    // Selection sampling (Knuth, TAOCP 2, algorithm S): exact in number, uniform in place.
    const repeat = position > 0 && random() * (plan.events - position) < repeatsLeft;
    if (repeat) repeatsLeft--;
    const event = repeat ? Math.floor(random() * delivered) : delivered++;

    let topic = mix(event ^ words[3]) % plan.topics;
    if (repeat && seen) topic = Math.floor(random() * plan.topics);
    yield {
      event,
      eventId: eventId(event, startMs, words),
      topic: topics[topic]!,
      repeat,
      unique: seen ? firstTime(seen, event * plan.topics + topic) : !repeat,
    };
  }
}

/**
 * The plan's deliveries as request bodies, made one at a time when asked for.
 *
 * @param size events a batch; 1 makes a body that is a single object, more an array
 * @param now clock for the events' timestamps
 */
export function* batches(
  plan: Plan,
  size: number,
  now: () => Date = () => new Date(),
): Generator<Batch, void> {
  let texts: string[] = [];
  let unique = 0;
  let timestamp = "";
  let left = plan.events;
  for (const delivery of deliveries(plan)) {
    if (texts.length === 0) timestamp = now().toISOString();
    texts.push(eventText(delivery, timestamp));
    if (delivery.unique) unique++;
    left--;
    if (texts.length < size && left > 0) continue;
    const body = size === 1 ? texts[0]! : `[${texts.join(",")}]`;
    yield { body, events: texts.length, unique };
    texts = [];
    unique = 0;
  }
}

/** An event as JSON. Written out, as no part of it needs escaping: a third less time than JSON.stringify. */
function eventText({ event, eventId, topic, repeat }: Delivery, timestamp: string): string {
  const content = repeat ? "Retry log" : "Initial log";
  return `{"topic":"${topic}","event_id":"${eventId}","timestamp":"${timestamp}",` +
    `"source":"publisher-service",` +
    `"payload":{"content":"${content}","metadata":{"event":${event},"level":"info"}}}`;
}

/** Marks a key in the bit set; tells whether it was unmarked. */
function firstTime(seen: Uint8Array, key: number): boolean {
  const byte = Math.floor(key / 8);
  const bit = 1 << key % 8;
  const first = (seen[byte]! & bit) === 0;
  seen[byte]! |= bit;
  return first;
}

/** A UUIDv7 (RFC 9562): time, then the event's number in that millisecond, then 62 bits from the seed. */
function eventId(event: number, startMs: number, words: Words): string {
  const time = startMs + Math.floor(event / EVENTS_PER_MS);
  const version = 0x7000 | event % EVENTS_PER_MS;
  const variant = 0x8000 | mix(event ^ words[0]) & 0x3fff;
  const tail = mix(event ^ words[1]);
  return hex(time / 2 ** 32) + hex(time >>> 16) + "-" + hex(time) + "-" + hex(version) + "-" +
    hex(variant) + "-" + hex(tail >>> 16) + hex(tail) + hex(mix(event ^ words[2]));
}

/** Where the ids' time starts: in the seed if {@linkcode newSeed} made it, else some time in 2025. */
function seedTimeMs(seed: string, words: Words): number {
  const made = /^([0-9a-f]{12})-[0-9a-f]{8}$/.exec(seed);
  return made ? parseInt(made[1]!, 16) : Date.UTC(2025, 0) + words[3];
}

const HEX = Array.from({ length: 65536 }, (_, word) => word.toString(16).padStart(4, "0"));

/** The lowest 16 bits as four digits; looked up, as ids are the larger part of making an event. */
const hex = (value: number) => HEX[value & 0xffff]!;

type Words = readonly [number, number, number, number];

/** 128 bits out of a text (FNV-1a with four offsets, finished by {@linkcode mix}). */
function seedWords(seed: string): Words {
  const word = (offset: number) => {
    let hash = mix(0x811c9dc5 ^ offset);
    for (const byte of new TextEncoder().encode(seed)) hash = Math.imul(hash ^ byte, 0x01000193);
    return mix(hash);
  };
  return [word(1), word(2), word(3), word(4)];
}

/** A bijection of 32 bits that spreads every input bit (the finalizer of MurmurHash3). */
function mix(value: number): number {
  value = Math.imul(value ^ value >>> 16, 0x85ebca6b);
  value = Math.imul(value ^ value >>> 13, 0xc2b2ae35);
  return (value ^ value >>> 16) >>> 0;
}

/** Random numbers in [0, 1) from 128 bits of seed (sfc32, of the PractRand suite). */
function sfc32([a, b, c, d]: Words): () => number {
  const next = () => {
    const sum = (a + b | 0) + d | 0;
    d = d + 1 | 0;
    a = b ^ b >>> 9;
    b = c + (c << 3) | 0;
    c = (c << 21 | c >>> 11) + sum | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}
