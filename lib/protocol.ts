/**
 * Every message between threads.
 *
 * To the relay and back they go over `postMessage`: in order, none lost. To consumers and back they go
 * over BroadcastChannel, where all channels of a process share one ring of 256 messages and a receiver
 * that falls behind loses the oldest: so these are small, few, and may all be lost without losing an
 * event.
 */
import type { StreamConfig } from "./config.ts";
import type { Fault } from "./fault.ts";

/**
 * Entries `first` to `last`, both included; of those that the journal has released some may be gone. An
 * entry's id grows with each and is never used again.
 */
export interface EntryRange {
  readonly first: number;
  readonly last: number;
}

/** Neighbouring entries as the journal holds them, without their events. */
export interface Entries extends EntryRange {
  /** How many events they hold. */
  readonly events: number;
  /** Size of their JSON. */
  readonly bytes: number;
  /** When the journal accepted the first, milliseconds since 1970. */
  readonly acceptedAt: number;
  /** Those of them for whose verdicts a request waits; absent where there are none. */
  readonly waited?: readonly number[];
  /** The `traceparent` of requests among them that are traced, at most `MAX_DELIVERY_TRACES`. */
  readonly traces?: readonly string[];
}

/** What the relay is started with: it publishes the journal's entries to a stream. */
export interface RelaySetup {
  readonly config: StreamConfig;
  readonly journalPath: string;
  readonly journal: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly fault?: Fault | undefined;
}

/** HTTP thread to relay. */
export type ToRelay =
  | ({ readonly kind: "open" } & RelaySetup)
  | { readonly kind: "publish"; readonly entries: Entries }
  /** Look whether the stream still holds them. */
  | { readonly kind: "check"; readonly entries: readonly StreamPlaces[] }
  | { readonly kind: "republish"; readonly entries: readonly number[] }
  | { readonly kind: "look" }
  | { readonly kind: "close" };

/** An entry as it is divided. */
export interface DividedEntry {
  readonly entry: number;
  readonly acceptedAt: number;
  readonly bytes: number;
  /** How many events each part holds, from part 1 on. */
  readonly parts: readonly number[];
  /** Where they stand in the entry, by part; only of an entry for whose verdicts a request waits. */
  readonly positions?: readonly (readonly number[])[];
}

/** A part of a journal's entry. */
export type PartName = readonly [entry: number, part: number];

/** Where the stream holds the messages of an entry, from part 1 on. */
export interface StreamPlaces {
  readonly entry: number;
  readonly seqs: readonly number[];
}

/** What a stream has to deliver. */
export interface StreamState {
  /** Not delivered yet, or not acked. */
  readonly messages: number;
  /** When the oldest came, milliseconds since 1970; undefined where there is none. */
  readonly oldestAt: number | undefined;
}

/** Relay to HTTP thread. */
export type FromRelay =
  | { readonly kind: "opened"; readonly maxMessageBytes: number }
  | { readonly kind: "refused"; readonly message: string }
  /** Said before anything of them is published. */
  | { readonly kind: "divided"; readonly entries: readonly DividedEntry[] }
  /** The stream has acknowledged all messages of the entry. */
  | ({ readonly kind: "published" } & StreamPlaces)
  | ({ readonly kind: "applied" } & StreamApplied)
  /** Why the stream takes nothing, or null once it does. */
  | { readonly kind: "trouble"; readonly trouble: string | null }
  /** Parts of the entries to check that the stream will not deliver any more: acked, or lost. */
  | { readonly kind: "checked"; readonly missing: readonly PartName[] }
  | { readonly kind: "looked"; readonly state: StreamState | undefined }
  | { readonly kind: "closed" };

/** What a transaction came to for one journal, as consumers tell it over NATS. */
export interface StreamApplied {
  /** Entry and part of all that is applied, also of what was before. */
  readonly parts: readonly PartName[];
  readonly outcome: Outcome;
  readonly verdicts: readonly EntryVerdicts[];
  readonly durationMs: number;
}

export type LogLevel = "debug" | "info" | "warning" | "error" | "fatal";
export type LogFormat = "text" | "json";

/** Where a consumer finds its events: in the journal, where it is told to look, or in a stream. */
export type ConsumerSource =
  | { readonly journalPath: string; readonly journal: string }
  | { readonly stream: StreamConfig };

/** What a consumer is started with, over `postMessage`, before anything else. */
export interface ConsumerSetup {
  /** Name of the channel that this consumer alone shares with the dispatcher. */
  readonly channel: string;
  readonly consumer: number;
  /** Which counters it adds to. */
  readonly shard: number;
  readonly databaseUrl: string;
  readonly source: ConsumerSource;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly fault?: Fault | undefined;
}

/** Dispatcher to consumer: a doorbell. */
export type ToConsumer =
  | {
    readonly kind: "deliver";
    readonly delivery: number;
    readonly entries: EntryRange;
    /** Those of them for whose verdicts a request waits. */
    readonly waited: readonly number[];
    /** The `traceparent` of requests among them that are traced. */
    readonly traces: readonly string[];
  }
  | { readonly kind: "stop" };

/** What one source sent on one topic, in one delivery. What was not stored was a duplicate. */
export interface Group {
  readonly topic: string;
  readonly source: string;
  readonly received: number;
  readonly stored: number;
}

/** A key that was dropped as a duplicate, and who sent it again. */
export interface RepeatedKey {
  readonly event_id: string;
  readonly topic: string;
  readonly source: string;
}

/** What became of an event. */
export type Verdict = "stored" | "duplicate" | "dead_letter";

/** What became of the events of an entry, or of a part of it, in their order. */
export interface EntryVerdicts {
  readonly entry: number;
  /** Which part, from 1; absent where it is all of the entry. */
  readonly part?: number;
  readonly verdicts: readonly Verdict[];
  /** When the key of each was first received, milliseconds since 1970; null if that is not known. */
  readonly firstReceivedAt: readonly (number | null)[];
}

/** What one delivery came to. */
export interface Outcome {
  readonly received: number;
  readonly stored: number;
  readonly duplicates: number;
  /** The largest groups, without dead letters; at most `OUTCOME_GROUPS`. */
  readonly groups: readonly Group[];
  /** Some of the duplicates, at most `OUTCOME_REPEATED_KEYS`. */
  readonly repeated: readonly RepeatedKey[];
}

/** Consumer to dispatcher, after COMMIT, never before. */
export interface Ack {
  readonly kind: "ack";
  readonly delivery: number;
  readonly outcome: Outcome;
  /** Of the entries that are waited for, except those applied before: theirs nobody knows. */
  readonly verdicts: readonly EntryVerdicts[];
  /** From doorbell to COMMIT. */
  readonly durationMs: number;
}

/** Consumer to dispatcher. */
export type FromConsumer =
  | { readonly kind: "ready" }
  /** It has taken a delivery by itself. */
  | { readonly kind: "took"; readonly delivery: number }
  | {
    /** Said every second: alive, and these deliveries are in hand. */
    readonly kind: "heartbeat";
    readonly holding: readonly number[];
    /** Why the oldest of them is being tried again, if it is. */
    readonly trouble: string | null;
  }
  | Ack
  | { readonly kind: "stopped" };
