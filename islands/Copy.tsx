import { useSignal } from "@preact/signals";

/** How long it says that it has copied, milliseconds. */
const SAID_MS = 1_500;

/** Copies a text; of no use without scripts, so it is hidden there. */
export default function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const copied = useSignal(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    copied.value = true;
    setTimeout(() => copied.value = false, SAID_MS);
  };
  return (
    <button type="button" class="copy" onClick={copy}>
      <span aria-live="polite">{copied.value ? "Copied" : label}</span>
    </button>
  );
}
