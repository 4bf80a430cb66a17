/**
 * Is what events say of themselves shown as text, and never run?
 */
import assert from "node:assert/strict";
import { useBrowser } from "../helpers/browser.ts";
import { eventJson } from "../helpers/entries.ts";
import { publishRaw } from "../helpers/filled.ts";
import { PAGES } from "../helpers/pages.ts";
import { shareService } from "../helpers/service_tests.ts";

const PROBES = [
  `<script>globalThis.ran = 1</script>`,
  `</script><script>globalThis.ran = 1</script>`,
  `"><img src=x onerror="globalThis.ran = 1">`,
  `'--><svg onload="globalThis.ran = 1">`,
];

const visit = useBrowser();
const service = shareService(async (service) => {
  for (const probe of PROBES) {
    const payload = { content: probe, [probe]: probe, metadata: { [probe]: [probe] } };
    const fields = { topic: `${probe}.a`, event_id: probe, source: probe };
    const good = eventJson(JSON.stringify(payload), fields);
    const bad = eventJson(JSON.stringify({ ...payload, n: 0 }).replace(/0}$/, "1e-20000}"), fields);
    await publishRaw(service, good, good, bad);
  }
  await service.settled();
});

/** Those that show all of an event. */
const SHOWING = ["/dashboard/events", "/dashboard/dead-letters"];

const paths = [
  ...PAGES,
  ...PROBES.map((probe) => `/dashboard/topics/${encodeURIComponent(`${probe}.a`)}`),
  "/dashboard/tail?seq=1",
  "/dashboard/events?seq=1",
  `/?filter=${encodeURIComponent(PROBES[2]!)}`,
  `/dashboard/events?q=${encodeURIComponent(PROBES[2]!)}`,
  `/dashboard/dead-letters?topic=${encodeURIComponent(PROBES[2]!)}`,
];

for (const path of paths) {
  Deno.test(`${path} runs nothing of what events say`, async () => {
    await visit(service().url + path, async (page) => {
      for (const details of await page.$$("summary")) await details.evaluate((it) => it.click());
      const found = await page.evaluate(() => ({
        ran: "ran" in globalThis,
        elements: document.querySelectorAll("main img, main script, [onerror], [onload]").length,
        text: document.body.textContent ?? "",
      }));
      assert.deepEqual([found.ran, found.elements], [false, 0]);
      if (SHOWING.includes(path)) {
        for (const probe of PROBES) assert.ok(found.text.includes(probe), probe);
      }
    });
  });
}
