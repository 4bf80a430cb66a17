/**
 * A real browser for the tests of a module. Each visit begins with an empty profile, and fails its test
 * where the page logs an error or a warning, throws, breaks its policy or cannot load something.
 */
import type { Browser, BrowserContext, Page, Permission } from "puppeteer-core";
import { launchChromium } from "./chromium.ts";

/** How a page is visited. */
export interface VisitOptions {
  /** Of the window, pixels; 1280 × 800 unless said. */
  readonly width?: number;
  readonly height?: number;
  /** What the system prefers; light unless said. */
  readonly scheme?: "light" | "dark";
  /** Whether scripts run; true unless said. */
  readonly scripts?: boolean;
  /** What the page may do without asking. */
  readonly permissions?: readonly Permission[];
  /** Problems that this test is about, by what they say. */
  readonly expected?: RegExp;
  /** Prepares the page before it is loaded. */
  readonly prepare?: (page: Page) => Promise<unknown>;
}

/** Opens a page, gives it to a test once its islands are alive, and closes it. */
export type Visit = (
  url: string,
  body: (page: Page) => Promise<void>,
  options?: VisitOptions,
) => Promise<void>;

/** How long a page may take to show what a test waits for, milliseconds. */
const PATIENCE_MS = 10_000;

/** Starts a browser before the tests of this module and ends it after them. */
export function useBrowser(): Visit {
  let browser: Browser;
  Deno.test.beforeAll(async () => {
    browser = await launchChromium();
  });
  Deno.test.afterAll(() => browser.close());
  return (url, body, options = {}) => visit(browser, url, body, options);
}

/** Visits a page with a browser. @throws {Error} where the page has a problem that is not expected */
export async function visit(
  browser: Browser,
  url: string,
  body: (page: Page) => Promise<void>,
  options: VisitOptions,
): Promise<void> {
  const context = browser.defaultBrowserContext();
  const problems: string[] = [];
  const page = await newPage(context, url, options);
  try {
    watch(page, problems, options.expected);
    await open(page, url);
    await body(page);
  } catch (error) {
    if (problems.length === 0) throw error;
    problems.push(String(error));
  } finally {
    await forget(page, url);
    await page.close(); // so that what it logs at the end is known, too
  }
  if (problems.length > 0) throw new Error(`The page has problems:\n${problems.join("\n")}`);
}

/**
 * Empties the profile. A new one for each visit would take a process and all scripts compiled again,
 * which costs more than the visit.
 */
async function forget(page: Page, url: string): Promise<void> {
  const devtools = await page.createCDPSession();
  await devtools.send("Network.clearBrowserCookies");
  const { origin } = new URL(url);
  await devtools.send("Storage.clearDataForOrigin", { origin, storageTypes: "all" });
}

async function newPage(
  context: BrowserContext,
  url: string,
  { width = 1280, height = 800, scheme = "light", scripts = true, ...options }: VisitOptions,
): Promise<Page> {
  await context.overridePermissions(new URL(url).origin, [...options.permissions ?? []]);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.setJavaScriptEnabled(scripts);
  await options.prepare?.(page);
  return page;
}

/** Goes to a page and waits until its islands are alive, where scripts run. */
export async function open(page: Page, url: string): Promise<void> {
  await page.goto(url, { waitUntil: "load" });
  if (page.isJavaScriptEnabled()) await alive(page);
}

async function alive(page: Page): Promise<void> {
  // Who has to log in first has no connection.
  await page.waitForSelector(".connection.live, main.login");
  // Effects run after a frame is drawn.
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn))));
}

/** Collects what a page should not do. */
function watch(page: Page, problems: string[], expected?: RegExp): void {
  const add = (problem: string) => {
    if (!expected?.test(problem)) problems.push(problem);
  };
  page.on("console", (message) => {
    const { url = "" } = message.location();
    if (["error", "warn", "assert"].includes(message.type())) {
      add(`${message.type()}: ${message.text()} ${url}`);
    }
  });
  page.on("pageerror", (error) => add(`thrown: ${error}`));
  page.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText;
    // The page itself ends its stream, and what it no longer needs.
    if (reason === "net::ERR_ABORTED") return;
    // Without scripts there is nothing to preload either.
    if (reason === "csp" && !page.isJavaScriptEnabled()) return;
    add(`failed: ${request.url()} ${reason}`);
  });
}

/** Waits until an element shows a text, and all of it. */
export async function shows(page: Page, selector: string, text: string): Promise<void> {
  await page.waitForFunction(
    (selector, text) => document.querySelector(selector)?.textContent?.trim() === text,
    {},
    selector,
    text,
  ).catch(async () => {
    const shown = await page.$eval(selector, ({ textContent }) => textContent).catch(() => null);
    throw new Error(`${selector} shows ${JSON.stringify(shown)}, not ${JSON.stringify(text)}`);
  });
}

/** The texts of all elements that a selector finds. */
export function texts(page: Page, selector: string): Promise<string[]> {
  return page.$$eval(
    selector,
    (elements) => elements.map(({ textContent }) => (textContent ?? "").trim()),
  );
}

/** Does something that leads to another page, and waits for that. */
export async function leads(page: Page, act: () => Promise<unknown>): Promise<URL> {
  await Promise.all([page.waitForNavigation({ waitUntil: "load" }), act()]);
  if (page.isJavaScriptEnabled()) await alive(page);
  return new URL(page.url());
}
