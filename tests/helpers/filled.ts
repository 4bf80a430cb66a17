/**
 * A service as it looks after some use: topics in groups, repeats, dead letters.
 */
import { eventJson } from "./entries.ts";
import { events } from "./events.ts";
import type { Service } from "./service.ts";

const TOPICS = ["shop.orders.created", "shop.orders.paid", "shop.payments", "cron"];

/** An event that PostgreSQL refuses, as JSON. */
export function poison(event_id: string, topic = "shop.refused"): string {
  return eventJson('{"content":"Refused","n":1e-20000}', { event_id, topic });
}

/** Publishes events as they are written. */
export function publishRaw(service: Service, ...events: string[]): Promise<Response> {
  return fetch(`${service.url}/publish`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: `[${events.join(",")}]`,
  });
}

/** Publishes 100 events, 25 repeats and two that are refused. */
export async function fill(service: Service): Promise<void> {
  const sent = TOPICS.flatMap((topic, n) =>
    events(25, { topic, source: `gateway-${n}`, timestamp: `2026-11-22T09:3${n}:00Z` })
  );
  await service.publish(sent);
  await service.settled();
  await service.publish(sent.slice(0, 25));
  await publishRaw(service, poison("1"), poison("2"));
  await service.settled();
}
