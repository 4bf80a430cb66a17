import type { RepeatNumbers } from "../../snapshot.ts";
import { ago, count, percent } from "../format.ts";

/** Who is retrying: the sources of duplicates, and the latest keys that came again. */
export function Repeats(
  { sources, recent_duplicates, now }: RepeatNumbers & { readonly now: number },
) {
  return (
    <section class="card repeats">
      <h2>
        Who is retrying <small class="end">duplicates, last 5 min</small>
      </h2>
      {sources.length === 0 && <p class="nothing">Nobody: no duplicates came lately.</p>}
      {sources.length > 0 && (
        <table>
          <thead class="visually-hidden">
            <tr>
              <th scope="col">source</th>
              <th scope="col">duplicates</th>
            </tr>
          </thead>
          <tbody>
            {sources.slice(0, MAX_SOURCES).map(({ source, duplicates, received }) => (
              <tr key={source}>
                <td class="name">{source}</td>
                <td>
                  <small>{percent(duplicates, received)} of what it sent</small>{" "}
                  <b class="duplicate">{count(duplicates)}</b>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {recent_duplicates.length > 0 && (
        <>
          <h3>Recent duplicates</h3>
          <ul>
            {recent_duplicates.slice(0, MAX_KEYS).map(({ event_id, topic, source, at }, n) => (
              <li key={n}>
                <a
                  class="key"
                  href={`/events/${encodeURIComponent(topic)}/${encodeURIComponent(event_id)}`}
                >
                  {event_id}
                </a>
                <small>{topic} · {source} · {ago(now - Date.parse(at))}</small>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

/** As many as there is room for beside the topics. */
const MAX_SOURCES = 6;
const MAX_KEYS = 6;
