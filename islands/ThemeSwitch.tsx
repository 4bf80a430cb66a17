import { useSignal } from "@preact/signals";
import { type Theme, THEMES, useTheme } from "../lib/browser/theme.ts";

/** Goes from theme to theme. */
export default function ThemeSwitch({ initial }: { initial: Theme }) {
  const theme = useSignal(initial);
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]!;
  return (
    <button
      type="button"
      class="icon theme"
      title={`Theme: ${theme.value}`}
      aria-label={`Theme: ${theme.value}. Change to ${next}`}
      onClick={() => useTheme(theme.value = next)}
    >
      {SIGNS[theme.value]}
    </button>
  );
}

const SIGNS: Record<Theme, string> = { system: "◐", light: "☀", dark: "☾" };
