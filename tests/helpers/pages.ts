/**
 * The pages that people see.
 */
import axe, { type RunOptions } from "axe-core";
import type { Page } from "puppeteer-core";

/** The page of a topic that there is: see filled.ts. */
export const TOPIC_PAGE = "/dashboard/topics/shop.orders.paid";

/** Paths of all other pages, each as one opens it. */
export const PAGES = [
  "/",
  "/dashboard/topics",
  "/dashboard/events",
  "/dashboard/tail",
  "/dashboard/dead-letters",
  "/dashboard/publish",
  "/docs",
] as const;

/** The rules of axe that colours decide; the others say of a dark page what they say of a light one. */
const ABOUT_COLOURS = ["color-contrast", "link-in-text-block"];

/** What axe has against a page, light and then dark: a line each, with the element. */
export async function judge(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const light = await judgeBy(page, {});
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  const dark = await judgeBy(page, { runOnly: ABOUT_COLOURS });
  return [...light, ...dark.map((line) => `dark: ${line}`)];
}

async function judgeBy(page: Page, options: RunOptions): Promise<string[]> {
  const { violations } = await page.evaluate(
    (options) => (globalThis as unknown as { axe: typeof axe }).axe.run(options),
    // Nothing is asked about what passes, nor where it is.
    { ...options, resultTypes: ["violations" as const], selectors: false },
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`)
  );
}

/** How wide a page is, pixels: wider than the window, and it scrolls sideways. */
export function widthOf(page: Page): Promise<number> {
  return page.evaluate(() => document.scrollingElement!.scrollWidth);
}
