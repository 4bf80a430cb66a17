import type { TopicNumbers } from "../../snapshot.ts";
import { ago, count, span } from "../format.ts";

/** Which topic it is, since when it comes, and where else it is seen. */
export function Heading({ numbers, now }: { numbers: TopicNumbers; now: number }) {
  const { topic, first_seen, last_seen } = numbers;
  const name = encodeURIComponent(topic);
  return (
    <div class="heading">
      <h1>{topic}</h1>
      <p class="seen">
        first seen <Instant at={first_seen} now={now} />, last seen{" "}
        <Instant at={last_seen} now={now} />
      </p>
      <Kept numbers={numbers} />
      <nav class="elsewhere" aria-label="This topic elsewhere">
        <a class="button" href={`/dashboard/events?topic=${name}`}>All its events</a>
        <a class="button" href={`/dashboard/tail?topic=${name}`}>Tail</a>
        <a class="button" href={`/dashboard/dead-letters?topic=${name}`}>Dead letters</a>
      </nav>
    </div>
  );
}

/** What has become of the stored ones, where some are not kept for ever. */
function Kept({ numbers: { retention_s, stored, expired } }: { numbers: TopicNumbers }) {
  if (retention_s === null && expired === 0) return null;
  const howLong = retention_s === null ? "ever" : span(retention_s * 1000);
  return (
    <p class="seen kept">
      kept for {howLong}: {count(stored)} stored now, {count(expired)}{" "}
      expired; a repeat of those is stored again
    </p>
  );
}

function Instant({ at, now }: { at: string; now: number }) {
  return <time dateTime={at} title={at}>{ago(now - Date.parse(at))}</time>;
}
