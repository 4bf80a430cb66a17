/**
 * Is the page of a topic live?
 */
import assert from "node:assert/strict";
import { shows, useBrowser } from "../helpers/browser.ts";
import { events } from "../helpers/events.ts";
import { shareService } from "../helpers/service_tests.ts";

const visit = useBrowser();
const topic = "app.live";
const service = shareService(async (service) => {
  await service.publish(events(3, { topic }));
  await service.settled();
});

Deno.test("the page of a topic counts on without a reload, and shows the events that come", async () => {
  await visit(`${service().url}/dashboard/topics/${topic}`, async (page) => {
    await shows(page, ".law .figure.stored b", "3");
    const more = events(2, { topic, payload: { content: "came later" } });
    await service().publish([...more, ...more]);
    await shows(page, ".law .figure:first-child b", "7");
    await shows(page, ".law .figure.stored b", "5");
    await shows(page, ".law .figure.duplicate b", "2");
    await shows(page, ".latest .events .content", "came later");
    const { unique_processed, duplicate_dropped } = await service().get(`/topics/${topic}`);
    assert.deepEqual([unique_processed, duplicate_dropped], [5, 2]);
  });
});
