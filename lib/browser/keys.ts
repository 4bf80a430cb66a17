/**
 * Keyboard shortcuts of a page: what islands register is what the help shows.
 */
import { type ReadonlySignal, signal } from "@preact/signals";

/** A key, and what it does. */
export interface Shortcut {
  /** As `KeyboardEvent.key` names it; `" "` is the space bar. */
  readonly key: string;
  /** For the help: "Pause or go on". */
  readonly does: string;
  run(): void;
}

const registered = signal<readonly Shortcut[]>([]);

/** All shortcuts of the page, in the order they were registered. */
export const shortcuts: ReadonlySignal<readonly Shortcut[]> = registered;

let listening = false;

/**
 * Adds shortcuts to the page. They do nothing while a person types or a dialog is open.
 *
 * @returns a function that takes them away
 */
export function addShortcuts(...added: Shortcut[]): () => void {
  if (!listening) document.addEventListener("keydown", press);
  listening = true;
  registered.value = [...registered.value, ...added];
  return () => registered.value = registered.value.filter((one) => !added.includes(one));
}

function press(event: KeyboardEvent) {
  if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
  const shortcut = registered.value.findLast(({ key }) => key === event.key);
  if (shortcut === undefined) return;
  event.preventDefault();
  shortcut.run();
}

/** Whether the key is for what has the focus: text to type, a button to press, a dialog to answer. */
function isTaken({ key, target }: KeyboardEvent): boolean {
  if (document.querySelector("dialog[open]") !== null) return true;
  if (!(target instanceof Element)) return false;
  const presses = { " ": ", button, summary", Enter: ", a, button, summary" }[key] ?? "";
  return target.closest(`input, textarea, select, [contenteditable]${presses}`) !== null;
}

/**
 * Moves the focus in the page's list: among what bears `data-row`.
 *
 * @param step 1 for the next row, -1 for the one before
 */
export function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")]
    .filter((row) => row.offsetParent !== null);
  const current = rows.findIndex((row) => row.contains(document.activeElement));
  const next = current < 0 ? (step === 1 ? 0 : rows.length - 1) : current + step;
  rows[next]?.focus();
  rows[next]?.scrollIntoView({ block: "nearest" });
}

/** Opens the row that has the focus: as a click on its first link or button, or on itself. */
export function openRow(): void {
  const row = document.activeElement;
  if (!(row instanceof HTMLElement) || row.dataset["row"] === undefined) return;
  (row.querySelector<HTMLElement>("a, button") ?? row).click();
}
