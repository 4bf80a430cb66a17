/**
 * The pages that people see.
 */
import axe from "axe-core";
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
