import type { Window } from "../timeseries.ts";
import type { Query } from "./query.ts";

/** How far back the charts of the page look. */
export function Windows({ chosen, query }: { chosen: Window; query: Query }) {
  return (
    <span class="segments end">
      {WINDOWS.map(([window, name]) => (
        <a
          key={window}
          {...query.link({ window })}
          aria-current={window === chosen ? "true" : undefined}
        >
          {name}
        </a>
      ))}
    </span>
  );
}

const WINDOWS: readonly [Window, string][] = [["1m", "1 min"], ["15m", "15 min"], ["1h", "1 h"]];
