/**
 * The entries that are on their way through the stream: which of their parts are applied.
 *
 * An entry is done when PostgreSQL is known to hold each of its parts, no sooner: by then the journal may
 * forget it. Saying the same twice changes nothing, so that it does not matter how often a message is
 * delivered or what is heard of it.
 */
import type { DividedEntry, EntryVerdicts, PartName, StreamPlaces } from "../protocol.ts";

/** An entry of which some part is not known to be applied. */
interface Tracked {
  readonly divided: DividedEntry;
  readonly applied: Set<number>;
  /** What is known of those for whose verdicts a request waits, by part. */
  readonly verdicts: Map<number, EntryVerdicts>;
  seqs: readonly number[] | undefined;
  publishedAt: number;
}

/** An entry all of which is applied. */
export interface Done {
  readonly entry: number;
  readonly bytes: number;
  /** Whether somebody waits for its verdicts. */
  readonly waited: boolean;
  /** Those of all its events; undefined if they are not known. */
  readonly verdicts: EntryVerdicts | undefined;
}

export class Outstanding {
  /** Oldest first. */
  readonly #entries = new Map<number, Tracked>();
  /** Messages that are acknowledged by the stream and not known to be applied. */
  #messages = 0;

  /** Entries that are not done. */
  get size(): number {
    return this.#entries.size;
  }

  get messages(): number {
    return this.#messages;
  }

  /** When the oldest was accepted, milliseconds since 1970; undefined if there is none. */
  get oldestAt(): number | undefined {
    for (const { divided } of this.#entries.values()) return divided.acceptedAt;
    return undefined;
  }

  /** Takes an entry; one that is taken again goes on as it was. */
  add(divided: DividedEntry): void {
    if (this.#entries.has(divided.entry)) return;
    this.#entries.set(divided.entry, {
      divided,
      applied: new Set(),
      verdicts: new Map(),
      seqs: undefined,
      publishedAt: Infinity,
    });
  }

  /** Notes that the stream holds an entry. */
  publish({ entry, seqs }: StreamPlaces, now: number): void {
    const tracked = this.#entries.get(entry);
    if (tracked === undefined) return;
    if (tracked.seqs === undefined) this.#messages += seqs.length - tracked.applied.size;
    tracked.seqs = seqs;
    tracked.publishedAt = now;
  }

  /**
   * Notes that parts of entries are applied; of those that are done nothing is kept.
   *
   * @returns how many events that was not known of before, and the entries that are done
   */
  apply(
    parts: readonly PartName[],
    verdicts: readonly EntryVerdicts[] = [],
  ): { events: number; done: Done[] } {
    for (const told of verdicts) this.#entries.get(told.entry)?.verdicts.set(told.part ?? 0, told);
    let events = 0;
    const done: Done[] = [];
    for (const [entry, part] of parts) {
      const tracked = this.#entries.get(entry);
      const held = tracked?.divided.parts[part - 1];
      if (tracked === undefined || held === undefined || tracked.applied.has(part)) continue;
      tracked.applied.add(part);
      events += held;
      if (tracked.seqs !== undefined) this.#messages--;
      if (tracked.applied.size < tracked.divided.parts.length) continue;
      this.#entries.delete(entry);
      done.push(toDone(tracked));
    }
    return { events, done };
  }

  /**
   * Entries that were published some time ago and are not done yet.
   *
   * @param before when, milliseconds since 1970
   * @param after only those with a higher id
   * @param limit how many at most
   */
  silent(before: number, after: number, limit: number): StreamPlaces[] {
    const found: StreamPlaces[] = [];
    for (const [entry, { publishedAt, seqs }] of this.#entries) {
      if (found.length === limit) break;
      if (entry > after && seqs !== undefined && publishedAt < before) found.push({ entry, seqs });
    }
    return found;
  }

  /** Notes that an entry has to be published again: until it is, it is not silent. */
  lose(entry: number): void {
    const tracked = this.#entries.get(entry);
    if (tracked !== undefined) tracked.publishedAt = Infinity;
  }

  /** Whether a part is here that is not known to be applied. */
  awaits([entry, part]: PartName): boolean {
    const tracked = this.#entries.get(entry);
    return tracked !== undefined && !tracked.applied.has(part);
  }
}

function toDone({ divided, verdicts }: Tracked): Done {
  const { entry, bytes, positions } = divided;
  const waited = positions !== undefined;
  return { entry, bytes, waited, verdicts: waited ? join(divided, verdicts) : undefined };
}

/** The verdicts of all parts in the order of the entry's events; undefined if some are not known. */
function join(
  { entry, parts, positions }: DividedEntry,
  told: ReadonlyMap<number, EntryVerdicts>,
): EntryVerdicts | undefined {
  const verdicts: EntryVerdicts["verdicts"][number][] = [];
  const firstReceivedAt: (number | null)[] = [];
  for (const at of parts.keys()) {
    const known = told.get(at + 1);
    if (known === undefined) return undefined;
    for (const [nth, position] of positions![at]!.entries()) {
      verdicts[position] = known.verdicts[nth]!;
      firstReceivedAt[position] = known.firstReceivedAt[nth]!;
    }
  }
  return { entry, verdicts, firstReceivedAt };
}
