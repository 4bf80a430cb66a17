/**
 * The theme, kept in a cookie, so that the server renders the right one at once.
 */

export const THEMES = ["system", "light", "dark"] as const;

/** `system` follows the setting of the browser. */
export type Theme = typeof THEMES[number];

const COOKIE = "theme";

/** A year, in seconds. */
const KEPT_S = 31_536_000;

/**
 * The theme that a `Cookie` header asks for; `system` where it says nothing usable.
 *
 * @example
 * ```ts
 * import { strictEqual } from "node:assert";
 * import { themeOf } from "./theme.ts";
 *
 * strictEqual(themeOf("a=b; theme=dark"), "dark");
 * strictEqual(themeOf("theme=pink"), "system");
 * strictEqual(themeOf(null), "system");
 * ```
 */
export function themeOf(cookies: string | null): Theme {
  const value = new RegExp(`(?:^|;\\s*)${COOKIE}=([a-z]+)`).exec(cookies ?? "")?.[1];
  return THEMES.find((theme) => theme === value) ?? "system";
}

/** Shows the page in a theme, and asks for it from now on. */
export function useTheme(theme: Theme): void {
  document.documentElement.dataset["theme"] = theme;
  document.cookie = `${COOKIE}=${theme}; Path=/; Max-Age=${KEPT_S}; SameSite=Lax`;
}
