/**
 * Parts of the page that publishes, which look the same with and without scripts.
 */
import type { Field as FieldName, PublishForm, PublishResult } from "./publish_form.ts";

const LABELS: Record<FieldName, string> = {
  topic: "Topic",
  event_id: "Event id",
  source: "Source",
  timestamp: "Timestamp",
  content: "Content",
  metadata: "Metadata, as JSON",
};

/** A field with its label, and what is wrong with it. */
export function Field({ name, value, error, onInput }: {
  name: FieldName;
  value: string;
  error: string | undefined;
  onInput: (value: string) => void;
}) {
  const props = {
    id: name,
    name,
    value,
    "aria-invalid": error !== undefined,
    "aria-describedby": error === undefined ? undefined : `${name}-wrong`,
    autocomplete: "off",
    spellcheck: false,
    onInput: (event: InputEvent) => onInput((event.target as HTMLInputElement).value),
  };
  const isLong = name === "content" || name === "metadata";
  return (
    <div class={isLong ? "field long" : "field"}>
      <label for={name}>{LABELS[name]}</label>
      {isLong ? <textarea rows={3} {...props} /> : <input type="text" {...props} />}
      {error !== undefined && <span class="wrong" id={`${name}-wrong`}>{LABELS[name]} {error}
      </span>}
    </div>
  );
}

/** What the service made of the event. */
export function Verdict({ result, form }: { result: PublishResult | null; form: PublishForm }) {
  return (
    <p class="verdict" role="status">{result !== null && <Said result={result} form={form} />}</p>
  );
}

function Said({ result, form }: { result: PublishResult; form: PublishForm }) {
  const key = `${form.topic} ${form.event_id}`;
  switch (result.status) {
    case "invalid":
      return <span class="dead">Not published: see what is wrong above.</span>;
    case "failed":
      return <span class="dead">{result.message}</span>;
    case "accepted":
      return <span class="pending">Accepted: it is on disk, and being committed.</span>;
    case "dead_letter":
      return (
        <span class="dead">
          Refused by PostgreSQL: see the <a href="/dashboard/dead-letters">dead letters</a>.
        </span>
      );
    case "stored":
      return (
        <>
          <span class="pill stored">stored</span> {key} was new. Publish it again and see.
        </>
      );
    case "duplicate":
      return (
        <>
          <span class="pill duplicate">duplicate</span> {key} was first received{" "}
          {result.first_received_at}: counted, and not stored again.
        </>
      );
  }
}
