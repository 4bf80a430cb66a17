/**
 * Follows the events of the tail page, frame by frame of the screen, until it is paused.
 */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { MAX_ROWS } from "./EventRow.tsx";
import { follow } from "./live.ts";
import { recentShares, type Share, type TailRow, tailRow, withNew } from "./tail.ts";

/** What the page shows. */
export interface Tail {
  readonly rows: Signal<readonly TailRow[]>;
  readonly paused: Signal<boolean>;
  readonly shares: Signal<readonly Share[]>;
  /** Events that were left out since the page was opened. */
  readonly skipped: Signal<Skipped>;
}

/** Events that were left out. */
export interface Skipped {
  readonly count: number;
  /** Whether not all of them were counted. */
  readonly atLeast: boolean;
}

const NONE: Skipped = { count: 0, atLeast: false };

/** Events a second: more than anybody reads. */
const RATE = "50";

/** How often it is looked whether the share has changed because nothing comes any more. */
const FORGET_MS = 1_000;

/**
 * @param events as the server rendered them
 * @param position where these end; null if it is not known
 * @param filter `topic` and `source`
 */
export function useTail(
  events: readonly string[],
  position: number | null,
  filter: Readonly<Record<string, string>>,
): Tail {
  const rows = useSignal<readonly TailRow[]>(events.map((text) => tailRow(text, false)));
  const paused = useSignal(false);
  const shares = useSignal<readonly Share[]>([]);
  const skipped = useSignal(NONE);
  const at = useRef(position === null ? undefined : String(position));
  useEffect(() => {
    const timer = setInterval(() => {
      if (shares.value.length > 0) shares.value = recentShares(shares.value, Date.now());
    }, FORGET_MS);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    if (paused.value) return;
    const came = collect((texts, left) => {
      const now = Date.now();
      rows.value = withNew(rows.value, texts.map((text) => tailRow(text, true)), MAX_ROWS);
      skipped.value = sum(skipped.value, left);
      const share = { at: now, shown: texts.length, skipped: left.count };
      shares.value = [...recentShares(shares.value, now), share];
    });
    return follow({
      params: { ...filter, rate: RATE },
      after: at.current,
      event(text, position) {
        at.current = position;
        came.event(text);
      },
      position: (position) => at.current = position,
      skipped: came.skipped,
    });
  }, [paused.value]);
  return { rows, paused, shares, skipped };
}

/** Gathers what comes until the screen is drawn next. */
function collect(draw: (texts: readonly string[], left: Skipped) => void) {
  let texts: string[] = [];
  let left = NONE;
  let asked = false;
  const soon = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      draw(texts, left);
      texts = [];
      left = NONE;
      asked = false;
    });
  };
  return {
    event(text: string) {
      texts.push(text);
      soon();
    },
    skipped(count: number, atLeast: boolean) {
      left = sum(left, { count, atLeast });
      soon();
    },
  };
}

function sum(a: Skipped, b: Skipped): Skipped {
  return { count: a.count + b.count, atLeast: a.atLeast || b.atLeast };
}
