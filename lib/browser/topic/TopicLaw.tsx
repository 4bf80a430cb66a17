import type { TopicNumbers } from "../../snapshot.ts";
import { brief } from "../format.ts";
import { Equation } from "../overview/Law.tsx";

/** What came in on a topic equals what was decided. */
export function TopicLaw({ numbers }: { numbers: TopicNumbers }) {
  const { rate } = numbers;
  return (
    <section class="card law" aria-label="Counters">
      <Equation
        totals={numbers}
        aside={
          <div class="figure rate">
            <b>{rate === null ? "–" : `${brief(rate)}/s`}</b>
            <span>{rate === null ? "not kept for so many topics" : "lately"}</span>
          </div>
        }
      />
    </section>
  );
}
