import type { AggregatorStats } from "../../snapshot.ts";
import { ago, bytes, count } from "../format.ts";

/** Who else writes to the same database, where there is more than one. */
export function Aggregators(
  { aggregators, here, now }: {
    aggregators: readonly AggregatorStats[];
    /** The id of the one that this page is from. */
    here: string;
    now: number;
  },
) {
  return (
    <section class="card aggregators">
      <h2>
        Aggregators <small>the counters are of all, the rest of this page is of this one</small>
      </h2>
      <table class="lanes">
        <thead>
          <tr>
            <th scope="col">name</th>
            <th scope="col">pending</th>
            <th scope="col">seen</th>
            <th scope="col" class="wide">journal</th>
          </tr>
        </thead>
        <tbody>
          {aggregators.map(({ id, name, address, state, pending, seen_at, journal_bytes }) => (
            <tr key={id}>
              <td>
                <span class="lane">
                  {name}
                  <span class={`state ${state}`}>{state}</span>
                </span>
                <small>{id === here ? "this one" : address}</small>
              </td>
              <td>{count(pending)}</td>
              <td>{id === here ? "now" : ago(now - Date.parse(seen_at))}</td>
              <td class="wide">{bytes(journal_bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
