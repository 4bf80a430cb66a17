/**
 * A thousand events for a first look: three topics, three in ten a repeat.
 */

const EVENTS = 1_000;

/** How many of ten are new. */
const NEW_OF_TEN = 7;

/** How many events there are, how many keys among them, and how many go in one request. */
export const SAMPLE = { events: EVENTS, unique: EVENTS * NEW_OF_TEN / 10, batch: 50 };

const TOPICS = ["shop.orders.created", "shop.orders.paid", "shop.payments.failed"];
const SOURCES = ["checkout-1", "checkout-2", "mobile-gateway"];

/**
 * The events, as JSON of one array for each request.
 *
 * @param run tells this run's keys from those of others
 */
export function* sampleBatches(run: string, now: Date): Generator<string> {
  const timestamp = now.toISOString();
  let batch: unknown[] = [];
  for (let n = 0; n < EVENTS; n++) {
    const isRepeat = n % 10 >= NEW_OF_TEN;
    // A repeat is of one that went before it in the same ten.
    const order = isRepeat ? n - NEW_OF_TEN : n;
    batch.push({
      topic: TOPICS[order % TOPICS.length],
      event_id: `${run}-${order}`,
      timestamp,
      source: SOURCES[n % SOURCES.length],
      payload: { content: `Order ${order} ${isRepeat ? "sent again" : "sent"}`, metadata: { run } },
    });
    if (batch.length < SAMPLE.batch && n < EVENTS - 1) continue;
    yield JSON.stringify(batch);
    batch = [];
  }
}
