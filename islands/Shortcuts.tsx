import { useEffect, useRef } from "preact/hooks";
import { addShortcuts, moveRow, openRow, shortcuts } from "../lib/browser/keys.ts";

/** The keys that work on every page, and the help that lists all of the page. */
export default function Shortcuts() {
  const help = useRef<HTMLDialogElement>(null);
  const show = () => help.current?.showModal();
  useEffect(() =>
    addShortcuts(
      {
        key: "/",
        does: "Search",
        run: () => document.querySelector<HTMLInputElement>("header [type=search]")?.focus(),
      },
      { key: "j", does: "Next row", run: () => moveRow(1) },
      { key: "k", does: "Row before", run: () => moveRow(-1) },
      { key: "Enter", does: "Open the row", run: openRow },
      { key: "?", does: "This help", run: show },
    ), []);
  return (
    <>
      <button type="button" class="icon help" title="Keyboard (?)" onClick={show}>
        <span class="visually-hidden">Keyboard shortcuts</span>
        <span aria-hidden="true">?</span>
      </button>
      <dialog ref={help} class="shortcuts" aria-labelledby="shortcuts">
        <h2 id="shortcuts">Keyboard</h2>
        <dl>
          {shortcuts.value.map(({ key, does }) => (
            <div key={key}>
              <dt>
                <kbd>{key === " " ? "space" : key}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </dialog>
    </>
  );
}
