/**
 * Events to publish, and every way to do so.
 */
import type { Event } from "../event.ts";
import type { Sample } from "./samples.ts";

export const event = {
  topic: "app.log.auth",
  event_id: "0d4c6f3e-4f7c-4e57-9d0c-5b1f3f0a9a11",
  timestamp: "2026-11-22T09:30:00.123Z",
  source: "web-1",
  payload: { content: "User signed in", metadata: { user: 4711 } },
} satisfies Event;

export const cloudEvent = {
  specversion: "1.0",
  id: "A234-1234-1234",
  type: "com.example.order.created",
  source: "/shop/7",
  time: "2026-11-22T09:30:00Z",
  data: { content: "Order 17 was created", total: 42.5 },
};

export const another = { ...event, event_id: "3c9f7a52-9a0b-4a59-8a0e-0f1a2b3c4d5e" };

const post = { method: "POST", path: "/publish" } as const;
const typed = (type: string) => ({ "content-type": type });
export const lines = `${JSON.stringify(event)}\n${JSON.stringify(another)}\n`;

/** Every way in, once. */
export const publishSamples: readonly Sample[] = [
  {
    label: "One event",
    ...post,
    headers: typed("application/json"),
    body: JSON.stringify(event, null, 2),
  },
  {
    label: "Wait for the verdict",
    ...post,
    headers: { ...typed("application/json"), prefer: "wait=5" },
    body: JSON.stringify(event, null, 2),
  },
  {
    label: "Many events",
    ...post,
    headers: typed("application/json"),
    body: JSON.stringify([event, another]),
  },
  { label: "A line each (NDJSON)", ...post, headers: typed("application/x-ndjson"), body: lines },
  {
    label: "Compressed",
    ...post,
    headers: { ...typed("application/x-ndjson"), "content-encoding": "gzip" },
    body: lines,
    gzip: true,
  },
  {
    label: "The good ones of many",
    ...post,
    path: "/publish?partial=true",
    headers: typed("application/json"),
    body: JSON.stringify([event, { topic: "app.log.auth" }]),
  },
  {
    label: "CloudEvent, structured",
    ...post,
    headers: typed("application/cloudevents+json"),
    body: JSON.stringify(cloudEvent, null, 2),
  },
  {
    label: "CloudEvents, batch",
    ...post,
    headers: typed("application/cloudevents-batch+json"),
    body: JSON.stringify([cloudEvent]),
  },
  {
    label: "CloudEvent, binary",
    ...post,
    headers: {
      "ce-specversion": "1.0",
      "ce-id": cloudEvent.id,
      "ce-type": cloudEvent.type,
      "ce-source": cloudEvent.source,
      ...typed("application/json"),
    },
    body: JSON.stringify(cloudEvent.data),
  },
];
