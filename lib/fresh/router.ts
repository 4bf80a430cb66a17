/** Finds the entry for a path: one Map lookup for plain paths, patterns in order otherwise. */

/** What a path leads to: one value per method. */
interface Entry<T> {
  pattern: string;
  /** Undefined for a plain path. */
  matcher: URLPattern | undefined;
  methods: Map<string, T>;
}

interface Match<T> {
  entry: Entry<T>;
  params: Record<string, string>;
}

const NO_PARAMS: Record<string, string> = Object.freeze(Object.create(null));

export class Router<T> {
  readonly #plain = new Map<string, Entry<T>>();
  readonly #patterns = new Map<string, Entry<T>>();

  /** Adds one method of a path; the first one added wins. */
  add(method: string, pattern: string, value: T): void {
    const isPlain = !/[*:{}+?()]/.test(pattern);
    const entries = isPlain ? this.#plain : this.#patterns;
    if (!entries.has(pattern)) {
      const matcher = isPlain ? undefined : new URLPattern({ pathname: pattern });
      entries.set(pattern, { pattern, matcher, methods: new Map() });
    }
    const { methods } = entries.get(pattern)!;
    if (!methods.has(method)) methods.set(method, value);
  }

  /** Finds a plain path, with or without a slash at its end. */
  exact(pathname: string): Match<T> | undefined {
    let entry = this.#plain.get(pathname);
    if (entry === undefined && pathname.length > 1) {
      entry = this.#plain.get(pathname.endsWith("/") ? pathname.slice(0, -1) : pathname + "/");
    }
    return entry && { entry, params: NO_PARAMS };
  }

  /**
   * Finds the first pattern that matches.
   *
   * @throws {URIError} if a parameter is not well encoded
   */
  pattern(pathname: string): Match<T> | undefined {
    for (const entry of this.#patterns.values()) {
      const match = entry.matcher!.exec({ pathname });
      if (match === null) continue;
      const params: Record<string, string> = Object.create(null);
      for (const [name, value] of Object.entries(match.pathname.groups)) {
        params[name] = decodeURI(value ?? "");
      }
      return { entry, params };
    }
  }
}

/**
 * The path of an absolute URL by plain string search. Good enough to find a plain route, whose path
 * is canonical; when that finds nothing, parse the URL.
 */
export function rawPath(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const query = url.indexOf("?", start);
  return query === -1 ? url.slice(start) : url.slice(start, query);
}
