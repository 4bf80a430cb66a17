/**
 * Does the overview tell of other aggregators, and only where there are some?
 */
import assert from "node:assert/strict";
import { AGGREGATOR_DEAD_MS } from "../../lib/limits.ts";
import { texts, useBrowser } from "../helpers/browser.ts";
import { judge, widthOf } from "../helpers/pages.ts";
import { useService } from "../helpers/service_tests.ts";

const visit = useBrowser();
const test = useService();

test(
  "the overview tells of other aggregators as soon as there are some, readable for all",
  async (service, { sql }) => {
    await visit(service.url, async (page) => {
      assert.equal(await page.$(".aggregators"), null);
      await sql`
      insert into aggregators (journal, slot, name, address, pending, started_at, seen_at)
      select gen_random_uuid(), 1, 'web-2', '10.0.0.2:8080', 1200, now() + interval '1 minute',
        now() - ${2 * AGGREGATOR_DEAD_MS} * interval '1 millisecond'`;
      await page.waitForSelector(".aggregators");
      assert.deepEqual(await texts(page, ".aggregators .lane"), ["web-1live", "web-2dead"]);
      assert.deepEqual(await texts(page, ".aggregators td:nth-child(2)"), ["0", "1,200"]);
      assert.deepEqual(await texts(page, ".aggregators td small"), ["this one", "10.0.0.2:8080"]);
      // What this one has not, it does not tell as its own.
      assert.deepEqual(await texts(page, ".law .pending b"), ["0"]);
      assert.deepEqual(await judge(page), []);
    });
    await visit(service.url, async (page) => {
      assert.notEqual(await page.$(".aggregators"), null);
      assert.equal(await widthOf(page), 390);
    }, { width: 390 });
  },
  { INSTANCE: "web-1" },
);
