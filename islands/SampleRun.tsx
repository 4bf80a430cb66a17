import { useSignal } from "@preact/signals";
import { count } from "../lib/browser/format.ts";
import { publishBatch } from "../lib/browser/publish.ts";
import { newId } from "../lib/browser/publish_form.ts";
import { SAMPLE, sampleBatches } from "../lib/browser/sample.ts";

/** A thousand events at a click; without scripts it is posted. */
export default function SampleRun({ sent }: { sent: boolean }) {
  const progress = useSignal(0);
  const said = useSignal(
    sent ? `${count(SAMPLE.events)} events accepted, ${count(SAMPLE.unique)} keys among them.` : "",
  );
  const busy = useSignal(false);

  const run = async (event: SubmitEvent) => {
    event.preventDefault();
    busy.value = true;
    said.value = await send((events) => progress.value = events);
    busy.value = false;
  };
  return (
    <form class="card sample" method="post" onSubmit={run}>
      <h2>Only looking?</h2>
      <p>
        Send {count(SAMPLE.events)}{" "}
        events at once, 30&nbsp;% of them repeats, as a publisher that delivers at least once would,
        and watch the overview.
      </p>
      <div class="actions">
        <button type="submit" name="action" value="sample" disabled={busy.value}>
          Send {count(SAMPLE.events)} events
        </button>
        {busy.value && (
          <progress aria-label="Events sent" max={SAMPLE.events} value={progress.value} />
        )}
      </div>
      <p role="status">{said.value}</p>
    </form>
  );
}

/** Sends all of them; returns what is to be said about it. */
async function send(progress: (events: number) => void): Promise<string> {
  let stored = 0, duplicates = 0, sent = 0, unknown = false;
  try {
    for (const batch of sampleBatches(newId(), new Date())) {
      const committed = await publishBatch(batch);
      stored += committed?.stored ?? 0;
      duplicates += committed?.duplicates ?? 0;
      unknown ||= committed === undefined;
      progress(sent += SAMPLE.batch);
    }
  } catch (error) {
    return `${count(sent)} events sent. ${(error as Error).message}`;
  }
  return unknown
    ? `${count(sent)} events accepted; some are still being committed.`
    : `${count(sent)} events sent: ${count(stored)} stored, ${count(duplicates)} duplicates.`;
}
