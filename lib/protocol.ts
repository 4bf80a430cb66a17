/**
 * Every message between threads.
 *
 * To the journal thread and back they go over `postMessage`: in order, none lost. To consumers and
 * back they go over BroadcastChannel, where all channels of a process share one ring of 256 messages
 * and a receiver that falls behind loses the oldest: so these are small, few, and may all be lost
 * without losing an event.
 */
import type { Fault } from "./fault.ts";

/**
 * Entries `first` to `last`, both included; those that the journal has released are left out. An
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

/** An entry to be: its events as JSON, separated by commas. */
export interface Draft {
  readonly events: number;
  readonly acceptedAt: number;
  readonly json: Uint8Array<ArrayBuffer>;
}

/** The state of the journal's file after a commit. */
export interface JournalFile {
  readonly bytes: number;
  /** All entries below this id are released. */
  readonly oldest: number;
  /** Whether another commit, be it an empty one, would make it smaller. */
  readonly shrinkable: boolean;
}

/** HTTP thread to journal thread. */
export type ToJournal =
  | { readonly kind: "open"; readonly path: string; readonly fault: Fault | undefined }
  | {
    /** One group commit: new entries, and entries to release. */
    readonly kind: "commit";
    readonly drafts: readonly Draft[];
    readonly released: readonly EntryRange[];
  }
  | { readonly kind: "close" };

/** Journal thread to HTTP thread. Commits are answered in order. */
export type FromJournal =
  | {
    readonly kind: "opened";
    /** The journal's identity, a UUID. */
    readonly journal: string;
    /** What an earlier run left, oldest first. */
    readonly entries: readonly Entries[];
    /** Entries whose events are no longer what was written; they were set aside. */
    readonly damaged: readonly Entries[];
    readonly file: JournalFile;
  }
  | { readonly kind: "refused"; readonly message: string; readonly corrupt: boolean }
  | { readonly kind: "committed"; readonly entries: readonly Entries[]; readonly file: JournalFile }
  | { readonly kind: "failed"; readonly message: string; readonly full: boolean }
  | { readonly kind: "closed" };

/** What a consumer is started with, over `postMessage`, before anything else. */
export interface ConsumerSetup {
  /** Name of the channel that this consumer alone shares with the dispatcher. */
  readonly channel: string;
  readonly consumer: number;
  /** Which counters the first consumer adds to; the others follow. */
  readonly firstShard: number;
  readonly databaseUrl: string;
  readonly journalPath: string;
  readonly journal: string;
  readonly logLevel: "debug" | "info" | "warning" | "error" | "fatal";
  readonly logFormat: "text" | "json";
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

/** What became of the events of an entry, in their order. */
export interface EntryVerdicts {
  readonly entry: number;
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
  | {
    /** Said every second: alive, and these deliveries are in hand. */
    readonly kind: "heartbeat";
    readonly holding: readonly number[];
    /** Why the oldest of them is being tried again, if it is. */
    readonly trouble: string | null;
  }
  | Ack
  | { readonly kind: "stopped" };
