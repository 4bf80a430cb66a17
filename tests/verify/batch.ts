/**
 * Batches: half of them a single event, half an array, with repeats of the same batch, of whatever came
 * before in this round or an earlier one, and of what is on its way just now.
 */
import type { Random } from "../helpers/random.ts";
import { eventJson } from "./events.ts";
import type { Ledger } from "./ledger.ts";
import { MAX_BATCH_EVENTS, POISON_IN, RACING_KEYS, REPEAT_DRAWS, REPEAT_SHARE } from "./limits.ts";

/** One request's events. */
export interface Batch {
  /** The numbers of its events. */
  readonly numbers: readonly number[];
  /** The one that is in no other request. */
  readonly witness: number;
  /** As it is sent. */
  readonly body: string;
}

/** Makes a batch; its new keys are the ledger's next. */
export function makeBatch(ledger: Ledger, random: Random): Batch {
  return random.below(2) === 0 ? makeSingle(ledger) : makeMany(ledger, random);
}

/**
 * The same events for another try, after a batch was not answered: what may be in no other request is
 * left out, and a new witness comes along.
 */
export function repeatBatch(batch: Batch, ledger: Ledger): Batch {
  const repeated = batch.numbers.filter((number) => ledger.isOrdinary(number));
  const witness = ledger.make("witness");
  return toBatch([...repeated, witness], witness, ledger);
}

function makeSingle(ledger: Ledger): Batch {
  const witness = ledger.make("witness");
  return { numbers: [witness], witness, body: eventJson(witness, false) };
}

function makeMany(ledger: Ledger, random: Random): Batch {
  const events = 1 + random.below(random.pick([30, 30, MAX_BATCH_EVENTS]));
  const witness = ledger.make("witness");
  const numbers = [witness];
  if (events > 1 && random.below(POISON_IN) === 0) numbers.push(ledger.make("poison"));
  while (numbers.length < events) {
    const repeat = isRepeat(random) ? repeatOf(numbers, ledger, random) : undefined;
    numbers.push(repeat ?? ledger.make("ordinary"));
  }
  return toBatch(random.shuffled(numbers), witness, ledger);
}

/** The batch of some numbers. */
export function toBatch(numbers: readonly number[], witness: number, ledger: Ledger): Batch {
  const events = numbers.map((number) => eventJson(number, ledger.isPoison(number)));
  return { numbers, witness, body: `[${events.join(",")}]` };
}

function isRepeat(random: Random): boolean {
  return random.below(1_000) < 1_000 * REPEAT_SHARE;
}

function repeatOf(batch: readonly number[], ledger: Ledger, random: Random): number | undefined {
  if (random.below(3) > 0) return earlier(ledger, random);
  return draw(ledger, () => random.pick(batch));
}

/** Any key that was made before; often one of the last, which others may be sending at this moment. */
function earlier(ledger: Ledger, random: Random): number | undefined {
  const from = random.below(2) === 0 ? 0 : Math.max(0, ledger.keys - RACING_KEYS);
  return draw(ledger, () => from + random.below(ledger.keys - from));
}

function draw(ledger: Ledger, choose: () => number): number | undefined {
  return Array.from({ length: REPEAT_DRAWS }, choose).find((number) => ledger.isOrdinary(number));
}
