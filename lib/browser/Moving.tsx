import { useEffect, useRef } from "preact/hooks";
import { count } from "./format.ts";

/** How long a number takes to its next value: as long as until the next comes. */
const MOVE_MS = 250;

/** A number that runs to each new value, where motion is wanted. At rest it is exact. */
export function Moving({ n }: { n: number }) {
  const shown = useRef(n);
  const element = useRef<HTMLElement>(null);
  useEffect(() => {
    const from = shown.current;
    if (from === n) return;
    const moves = matchMedia("(prefers-reduced-motion: no-preference)").matches;
    const start = performance.now();
    let frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);

    function step(now: number) {
      const share = moves ? Math.min(Math.max(now - start, 0) / MOVE_MS, 1) : 1;
      shown.current = Math.round(from + share * (n - from));
      element.current!.firstChild!.nodeValue = count(shown.current);
      if (share < 1) frame = requestAnimationFrame(step);
    }
  }, [n]);
  return <b ref={element}>{count(shown.current)}</b>;
}
