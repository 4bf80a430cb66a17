/**
 * `deno task screenshots [folder]`: pictures of every page, wide and as a phone shows it, light and
 * dark, of a throw-away instance under load.
 */
import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { open } from "../helpers/browser.ts";
import { launchChromium } from "../helpers/chromium.ts";
import { PAGES, TOPIC_PAGE } from "../helpers/pages.ts";
import { Instance } from "../verify/instance.ts";
import { startLoad } from "./load.ts";

const FOLDER = "docs/screenshots";
/** Of the window, pixels. */
const SIZES = {
  desktop: { width: 1360, height: 900 },
  phone: { width: 390, height: 844, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
};
const SCHEMES = ["light", "dark"] as const;
/** A minute's charts are full then. */
const LOAD_MS = 62_000;

/** Where pictures are taken, with their names. */
const SHOTS = new Map<string, string>([
  ...PAGES.map((path) => [path.split("/").at(-1) || "overview", path] as const),
  ["topic", TOPIC_PAGE],
  ["event", "/dashboard/events?topic=shop.>&seq=1"],
]);

async function main(folder: string): Promise<void> {
  const instance = new Instance(await Deno.makeTempDir({ prefix: "sekali-screenshots-" }));
  await using end = new AsyncDisposableStack();
  end.defer(() => instance.end({ keep: false }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => end.disposeAsync().finally(() => Deno.exit(130)));
  }
  await instance.start();
  end.use(startLoad(instance.publishUrl));
  console.log(`Load for ${LOAD_MS / 1_000} s`);
  await new Promise((done) => setTimeout(done, LOAD_MS));
  await Deno.mkdir(folder, { recursive: true });
  const browser = await launchChromium();
  end.defer(() => browser.close());
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const scheme of SCHEMES) {
      for (const [name, path] of SHOTS) {
        const file = join(folder, `${name}-${size}-${scheme}.png`);
        const url = new URL(path, instance.publishUrl).href;
        await take(browser, url, file, async (page) => {
          await page.setViewport(viewport);
          await page.emulateMediaFeatures([
            { name: "prefers-color-scheme", value: scheme },
            { name: "prefers-reduced-motion", value: "reduce" },
          ]);
        });
        console.log(file);
      }
    }
  }
}

/** Takes a picture of what a window shows first. */
async function take(
  browser: Browser,
  url: string,
  file: string,
  prepare: (page: Page) => Promise<void>,
): Promise<void> {
  const page = await browser.newPage();
  await prepare(page);
  await open(page, url);
  // Numbers and charts that the page itself asks for have come by then.
  await page.waitForNetworkIdle({ idleTime: 300, concurrency: 1 });
  await page.screenshot({ path: file as `${string}.png` });
  await page.close();
}

await main(Deno.args[0] ?? FOLDER);
