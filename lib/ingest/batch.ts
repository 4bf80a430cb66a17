/**
 * The events of one request, and how they come together where each is judged by itself.
 */
import type { Config } from "../config.ts";
import { type FieldError, ProblemError } from "../errors.ts";
import { type Event, findFieldErrors } from "../event.ts";
import { MAX_FIELD_ERRORS } from "../limits.ts";
import type { BodyLimits } from "./body.ts";
import type { Parsed } from "./parse.ts";

/** How a body is to be read. */
export interface DecodeOptions extends Pick<Config, "maxBatchEvents"> {
  /** Whether good events are taken where others are not: else all or none. */
  readonly partial?: boolean;
  /** Whether the batch is to know its keys. */
  readonly withKeys?: boolean;
  /** Says of a topic whether the publisher may publish to it; undefined: all may. */
  readonly mayPublishTo?: ((topic: string) => boolean) | undefined;
}

/** The same with what a body may be. */
export type ReadOptions = DecodeOptions & BodyLimits;

/** The key of an event, and its place in the request. */
export interface Key extends Pick<Event, "event_id" | "topic"> {
  readonly index: number;
}

/** The events of one request, decoded and valid. */
export interface Batch {
  /** How many. */
  readonly events: number;
  /** Them as they came: JSON, separated by commas. */
  readonly json: Uint8Array;
  /** The id of the event where a single one came, not in an array. */
  readonly eventId: string | undefined;
  /** The key of each, in order, where that was asked for. */
  readonly keys: readonly Key[] | undefined;
  /** The first thing wrong with each event that was left out; undefined where all had to be good. */
  readonly rejected: readonly FieldError[] | undefined;
}

/** An event on its way into a batch. */
export interface Candidate {
  /** As JSON. */
  readonly text: string;
  /** As a value. */
  readonly value: unknown;
  /** What is wrong with it. */
  readonly errors: readonly Omit<FieldError, "index">[];
}

/** Judges an event that came as one of ours. */
export function judgeEvent({ value, text }: Parsed): Candidate {
  return { value, text, errors: findFieldErrors([value], text) };
}

/** The key of a valid event. */
export function keyOf(value: unknown, index: number): Key {
  const { event_id, topic } = value as Event;
  return { index, event_id, topic };
}

/**
 * Asserts that a request holds no more events than may come at once.
 *
 * @throws {ProblemError} 413
 */
export function requireCount(events: number, most: number): void {
  if (events <= most) return;
  throw new ProblemError("too-many-events", `At most ${most} events may come at once`);
}

/** Nothing of a request is taken. */
export function invalid(errors: readonly FieldError[]): ProblemError {
  return new ProblemError("invalid-event", "Nothing of this request was stored", { errors });
}

const encoder = new TextEncoder();

/** Makes a batch of events that are judged one by one. */
export class BatchBuilder {
  readonly #options: DecodeOptions;
  readonly #json: string[] = [];
  readonly #keys: Key[] = [];
  readonly #errors: FieldError[] = [];
  readonly #topicName: string;
  /** Events that are valid, but for others to publish. */
  #forbidden = 0;
  #seen = 0;

  /** @param topicName what the publisher calls the topic of an event */
  constructor(options: DecodeOptions, topicName = "topic") {
    this.#options = options;
    this.#topicName = topicName;
  }

  /**
   * Adds an event, where it is good.
   *
   * @param index its place in the request, from 0; larger than that of the one before
   * @throws {ProblemError} 413 if it is one too many; where all have to be good also what `judge` throws,
   * and 403 or 422 once more errors are found than an answer lists
   */
  add(index: number, judge: () => Candidate): void {
    const { maxBatchEvents, partial, withKeys } = this.#options;
    requireCount(++this.#seen, maxBatchEvents);
    const { value, text, errors } = this.#allowed(partial ? judged(judge) : judge());
    if (errors.length === 0) {
      this.#json.push(text);
      if (withKeys) this.#keys.push(keyOf(value, index));
      return;
    }
    const found = errors.map(({ path, message }) => ({ index, path, message }));
    this.#errors.push(...(partial ? found.slice(0, 1) : found));
    if (!partial && this.#errors.length >= MAX_FIELD_ERRORS) throw this.#refusal();
  }

  /**
   * Ends the batch.
   *
   * @param single whether the request was one event, not a list
   * @throws {ProblemError} 422 if some event is bad and all have to be good, or if all are bad; 403 if
   * nothing is wrong with them but their topics
   */
  finish(single: boolean): Batch {
    const { partial, withKeys } = this.#options;
    const events = this.#json.length;
    if (this.#errors.length > 0 && (!partial || events === 0)) throw this.#refusal();
    const json = this.#json.join(",");
    return {
      events,
      json: encoder.encode(json),
      eventId: single ? (JSON.parse(json) as Event).event_id : undefined,
      keys: withKeys ? this.#keys : undefined,
      rejected: partial ? this.#errors : undefined,
    };
  }

  /** The same, unless its topic is for others to publish to. */
  #allowed(candidate: Candidate): Candidate {
    const { mayPublishTo } = this.#options;
    if (mayPublishTo === undefined || candidate.errors.length > 0) return candidate;
    if (mayPublishTo((candidate.value as Event).topic)) return candidate;
    this.#forbidden++;
    const message = "is none that the token may publish to";
    return { ...candidate, errors: [{ path: this.#topicName, message }] };
  }

  #refusal() {
    const errors = this.#errors.slice(0, MAX_FIELD_ERRORS);
    if (this.#forbidden < this.#errors.length) return invalid(errors);
    return new ProblemError("topic-not-allowed", "Nothing of this request was stored", { errors });
  }
}

/** The same where the next may be better. */
function judged(judge: () => Candidate): Candidate {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const message = error.detail ?? error.title;
    return { text: "", value: undefined, errors: [{ path: "", message }] };
  }
}
