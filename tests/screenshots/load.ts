/**
 * What makes pictures worth looking at: the publisher, and a shop beside it, some of whose events are
 * sent again and some of which PostgreSQL refuses.
 */
import { eventJson } from "../helpers/entries.ts";
import { root } from "../helpers/service.ts";

/** Of the publisher, events a second. */
const RATE = 900;
/** The shop sends so many events at once, and so often. */
const SHOP = { events: 40, everyMs: 250 };
/** One in so many batches holds an event that is refused. */
const REFUSED_EVERY = 40;

const TOPICS = [
  "shop.orders.created",
  "shop.orders.created",
  "shop.orders.paid",
  "shop.payments.failed",
  "shop.stock.reserved",
];
const SOURCES = ["checkout-1", "checkout-2", "mobile-gateway", "warehouse"];

/** Begins to publish; disposed of, it ends. */
export function startLoad(url: URL): AsyncDisposable {
  const publisher = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--allow-net", "--allow-env", "publisher/main.ts"],
      ...["--url", url.href, "--rate", `${RATE}`, "--events", `${RATE * 600}`, "--batch", "20"],
      ...["--topics", "4", "--no-check"],
    ],
    cwd: root,
    stdout: "null",
    stderr: "null",
  }).spawn();
  let batches = 0;
  const timer = setInterval(() => {
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: `[${shopEvents(batches++, new Date()).join(",")}]`,
    }).then((response) => response.body?.cancel()).catch(() => {}); // the instance may have ended
  }, SHOP.everyMs);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      publisher.kill("SIGKILL");
      await publisher.status;
    },
  };
}

/** The events of a batch, as JSON; a fifth of them are of the batch before. */
function shopEvents(batch: number, now: Date): string[] {
  return Array.from({ length: SHOP.events }, (_, n) => {
    const isRepeat = n % 5 === 4 && batch > 0;
    const order = isRepeat ? (batch - 1) * SHOP.events + n - 1 : batch * SHOP.events + n;
    const refused = n === 0 && batch % REFUSED_EVERY === 0;
    const payload = { content: `Order ${order}`, metadata: { amount: 20 + order % 80, items: 1 } };
    const json = JSON.stringify(payload);
    return eventJson(refused ? json.replace(/"items":1/, '"items":1e-20000') : json, {
      topic: TOPICS[order % TOPICS.length]!,
      event_id: `order-${order}`,
      timestamp: now.toISOString(),
      source: SOURCES[order % SOURCES.length]!,
    });
  });
}
