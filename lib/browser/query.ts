/**
 * The query string of the page as its state: links lead from one state to another, with scripts and
 * without.
 */
import { useSignal } from "@preact/signals";

/** Parameters to set; null takes one away. */
export type Changes = Readonly<Record<string, string | null>>;

/** What a link to another state of the page needs. */
export interface LinkProps {
  readonly href: string;
  onClick(event: MouseEvent): void;
}

/** The state of the page. */
export interface Query {
  readonly params: URLSearchParams;
  /** Goes to another state. */
  go(changes: Changes): void;
  /** The properties of a link to another state. */
  link(changes: Changes): LinkProps;
}

/**
 * A query string with changes.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { changed } from "./query.ts";
 *
 * strictEqual(changed("?a=1&b=2", { a: null, c: "x y" }), "?b=2&c=x+y");
 * ```
 */
export function changed(search: string, changes: Changes): string {
  const params = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) params.delete(name);
    else params.set(name, value);
  }
  return `?${params}`;
}

/** @param initial the query string that the server got */
export function useQuery(initial: string): Query {
  const search = useSignal(initial);
  const go = (changes: Changes) => {
    search.value = changed(search.value, changes);
    history.replaceState(history.state, "", search.value);
  };
  return {
    params: new URLSearchParams(search.value),
    go,
    link: (changes) => ({
      href: changed(search.value, changes),
      onClick(event) {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        go(changes);
      },
    }),
  };
}
