import { useSignal } from "@preact/signals";
import Copy from "./Copy.tsx";
import { Field, Verdict } from "../lib/browser/PublishParts.tsx";
import {
  exampleForm,
  type Field as FieldName,
  FIELDS,
  type PublishForm as Form,
  type PublishResult,
  toCurl,
  toJson,
} from "../lib/browser/publish_form.ts";
import { publish } from "../lib/browser/publish.ts";
import type { Shell } from "../lib/browser/shell.ts";

/** What the server rendered. */
export interface PublishFormProps {
  readonly form: Form;
  /** What came of it, where the form was posted without scripts. */
  readonly result: PublishResult | null;
  readonly shell: Shell;
}

/** A form that publishes one event; without scripts it is posted. */
export default function PublishForm({ form: initial, result: posted, shell }: PublishFormProps) {
  const form = useSignal(initial);
  const result = useSignal(posted);
  const busy = useSignal(false);
  const made = toJson(form.value);
  const errors = result.value?.status === "invalid" ? result.value.errors : {};

  const set = (name: FieldName, value: string) => form.value = { ...form.value, [name]: value };
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    busy.value = true;
    result.value = "errors" in made
      ? { status: "invalid", errors: made.errors }
      : await publish(made.json);
    busy.value = false;
    focusFirstError(event.target as HTMLFormElement, result.value);
  };

  return (
    <form class="card publish" method="post" onSubmit={submit}>
      {FIELDS.map((name) => (
        <Field
          key={name}
          name={name}
          value={form.value[name]}
          error={errors[name]}
          onInput={(value) => set(name, value)}
        />
      ))}
      {errors[""] !== undefined && <p class="wrong" role="alert">{errors[""]}</p>}
      <div class="actions">
        <button type="submit" class="primary" disabled={busy.value}>Publish</button>
        <button
          type="button"
          class="copy"
          onClick={() => {
            const { event_id, timestamp } = exampleForm(new Date());
            form.value = { ...form.value, event_id, timestamp };
          }}
        >
          New id and time
        </button>
        <Verdict result={result.value} form={form.value} />
      </div>
      {"json" in made && (
        <details>
          <summary>The same from a shell</summary>
          <pre>{toCurl(shell, made.json)}</pre>
          <Copy text={toCurl(shell, made.json)} label="Copy command" />
        </details>
      )}
    </form>
  );
}

/** So that who cannot see the page gets to what is wrong. */
function focusFirstError(form: HTMLFormElement, result: PublishResult) {
  if (result.status !== "invalid") return;
  const first = FIELDS.find((name) => result.errors[name] !== undefined);
  if (first !== undefined) (form.elements.namedItem(first) as HTMLElement).focus();
}
