import type { ComponentChildren } from "preact";
import type { DashboardSnapshot, Totals } from "../../snapshot.ts";
import { count, percent, span } from "../format.ts";
import { Moving } from "../Moving.tsx";

/** What came in equals what was decided. */
export function Law({ stats }: { stats: DashboardSnapshot }) {
  return (
    <section class="card law" aria-label="Counters">
      <Equation
        totals={stats}
        aside={
          <div class="figure pending">
            <b>{count(stats.pending)}</b>
            <span>{stats.pending > 0 ? `pending · oldest ${span(stats.lag_ms)}` : "pending"}</span>
          </div>
        }
      />
      <span class={stats.consistent ? "pill good" : "pill bad"}>
        {stats.consistent ? "✓ consistent" : "✗ inconsistent"}
      </span>
    </section>
  );
}

/** received = stored + duplicates + dead letters, what stands beside it, and the shares as a bar. */
export function Equation({ totals, aside }: { totals: Totals; aside: ComponentChildren }) {
  const { received, unique_processed, duplicate_dropped, dead_letters } = totals;
  return (
    <>
      <Figure n={received} label="received" />
      <span class="operator">=</span>
      <Figure n={unique_processed} label="stored, each once" class="stored" />
      <span class="operator">+</span>
      <Figure
        n={duplicate_dropped}
        label={`duplicates dropped · ${percent(duplicate_dropped, received)}`}
        class="duplicate"
      />
      <span class="operator">+</span>
      <Figure n={dead_letters} label="dead letters" class="dead" />
      {aside}
      <Shares
        parts={{ stored: unique_processed, duplicate: duplicate_dropped, dead: dead_letters }}
      />
    </>
  );
}

function Figure({ n, label, class: of = "" }: { n: number; label: string; class?: string }) {
  return (
    <div class={`figure ${of}`}>
      <Moving n={n} />
      <span>{label}</span>
    </div>
  );
}

/** Parts of a whole as one bar; each is named as its colour. */
function Shares({ parts }: { parts: Record<string, number> }) {
  const all = Object.values(parts).reduce((sum, part) => sum + part, 0) || 1;
  let x = 0;
  return (
    <svg class="shares" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
      {Object.entries(parts).map(([name, part]) => {
        const start = x;
        x += part / all;
        return <rect key={name} class={name} x={start} width={part / all} height="1" />;
      })}
    </svg>
  );
}
