import type { ConsumerStats } from "../../snapshot.ts";
import { ago, brief, count, duration } from "../format.ts";

/** Each consumer in a lane of its own, its share of the fastest as a bar. */
export function Consumers(
  { consumers, now }: { consumers: readonly ConsumerStats[]; now: number },
) {
  const fastest = Math.max(...consumers.map(({ rate }) => rate), 1);
  return (
    <section class="card consumers">
      <h2>Consumers</h2>
      <table class="lanes">
        <thead>
          <tr>
            <th scope="col">lane</th>
            <th scope="col">events/s</th>
            <th scope="col">last commit</th>
            <th scope="col" class="wide">redelivered</th>
          </tr>
        </thead>
        <tbody>
          {consumers.map((consumer) => (
            <Lane key={consumer.consumer} consumer={consumer} fastest={fastest} now={now} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Lane(
  { consumer, fastest, now }: { consumer: ConsumerStats; fastest: number; now: number },
) {
  const { state, rate, restarts, trouble, last_commit_at, last_commit_ms } = consumer;
  return (
    <tr>
      <td>
        <span class="lane">
          {consumer.consumer}
          <span class={`state ${state}`}>{state}</span>
        </span>
        <svg class="share" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
          <rect class="stored" width={rate / fastest} height="1" />
        </svg>
        {restarts > 0 && <small>replaced {count(restarts)} ×</small>}
        {trouble !== null && <small class="dead">{trouble}</small>}
      </td>
      <td>{brief(rate)}</td>
      <td>
        {last_commit_at === null ? "–" : ago(now - Date.parse(last_commit_at))}
        {last_commit_ms !== null && <small>{duration(last_commit_ms)}</small>}
      </td>
      <td class="wide">{count(consumer.redeliveries)}</td>
    </tr>
  );
}
