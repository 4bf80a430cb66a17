/**
 * The pages that people see.
 */
import axe from "axe-core";
import type { Page } from "puppeteer-core";

/** Paths of all pages, each as one opens it. */
export const PAGES = [
  "/",
  "/dashboard/topics",
  "/dashboard/topics/app.log.a",
  "/dashboard/events",
  "/dashboard/tail",
  "/dashboard/dead-letters",
  "/dashboard/publish",
  "/docs",
] as const;

/** What axe has against a page: a line each, with the element. */
export async function judge(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run()
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`)
  );
}

/** How wide a page is, pixels: wider than the window, and it scrolls sideways. */
export function widthOf(page: Page): Promise<number> {
  return page.evaluate(() => document.scrollingElement!.scrollWidth);
}
