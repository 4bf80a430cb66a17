/**
 * What a message holds: the events of a part as a JSON array, and in its headers what they are.
 */
import { headers, type MsgHdrs } from "@nats-io/transport-node";
import type { Part } from "./parts.ts";

/** What a message is known by, and what a consumer has to know of it. */
export interface Label {
  readonly journal: string;
  readonly entry: number;
  /** Which part of the entry, from 1. */
  readonly part: number;
  readonly events: number;
  /** When the journal accepted them, milliseconds since 1970. */
  readonly acceptedAt: number;
  /** Whether somebody waits for their verdicts. */
  readonly waited: boolean;
  /** The `traceparent` of requests that are traced. */
  readonly traces: readonly string[];
}

/** A message as a consumer takes it. */
export interface Received extends Label {
  /** Events separated by commas. */
  readonly json: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What the stream knows a message by, within its window for duplicates. */
export function messageId({ journal, entry, part }: Pick<Label, "journal" | "entry" | "part">) {
  return `${journal}/${entry}/${part}`;
}

/** The body of a part's message. */
export function encodeBody({ json }: Pick<Part, "json">): Uint8Array {
  return encoder.encode(`[${json}]`);
}

/** The headers of a message; `Nats-Msg-Id` is its id. */
export function encodeLabel(label: Label): MsgHdrs {
  const head = headers();
  head.set("Nats-Msg-Id", messageId(label));
  head.set("Sekali-Journal", label.journal);
  head.set("Sekali-Entry", String(label.entry));
  head.set("Sekali-Part", String(label.part));
  head.set("Sekali-Events", String(label.events));
  head.set("Sekali-Accepted-At", new Date(label.acceptedAt).toISOString());
  if (label.waited) head.set("Sekali-Verdicts", "1");
  for (const trace of label.traces) head.append("traceparent", trace);
  return head;
}

/** The same for a stream that must not take the message for one it has already. */
export function withoutId(label: MsgHdrs): MsgHdrs {
  label.delete("Nats-Msg-Id");
  return label;
}

/** Whether headers are those of a part. */
export function isLabelOf(
  head: MsgHdrs,
  { journal, entry, part }: Pick<Label, "journal" | "entry" | "part">,
): boolean {
  return head.get("Sekali-Journal") === journal && head.get("Sekali-Entry") === String(entry) &&
    head.get("Sekali-Part") === String(part);
}

/** Reads a message; undefined if none of Sekali's, whoever put it into the stream. */
export function decode(
  message: { readonly headers?: MsgHdrs | undefined; readonly data: Uint8Array },
): Received | undefined {
  const head = message.headers;
  if (head === undefined) return undefined;
  const whole = (name: string) => /^\d{1,15}$/.test(head.get(name)) ? Number(head.get(name)) : NaN;
  const received = {
    journal: head.get("Sekali-Journal"),
    entry: whole("Sekali-Entry"),
    part: whole("Sekali-Part"),
    events: whole("Sekali-Events"),
    acceptedAt: Date.parse(head.get("Sekali-Accepted-At")),
    waited: head.has("Sekali-Verdicts"),
    traces: head.values("traceparent"),
  };
  const { journal, entry, part, events, acceptedAt } = received;
  const numbers = [entry, part, events, acceptedAt];
  if (!UUID.test(journal) || numbers.some((number) => !(number > 0))) return undefined;
  const body = decoder.decode(message.data);
  if (!body.startsWith("[") || !body.endsWith("]")) return undefined;
  return { ...received, json: body.slice(1, -1) };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
