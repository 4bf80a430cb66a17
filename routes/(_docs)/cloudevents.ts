/** What becomes of a CloudEvent, as `lib/ingest/cloudevents.ts` makes it. */
export const CLOUD_EVENTS: readonly (readonly [from: string, to: string])[] = [
  ["`id`", "`event_id`"],
  ["`type`", "`topic`"],
  ["`source`", "`source`"],
  ["`time`", "`timestamp`; the time of arrival where there is none"],
  ["`data`, an object with a text `content`", "`payload`, as it is"],
  ["`data`, a text", "`payload.content`"],
  ["`data`, anything else", "`payload.content` as JSON, and `payload.data`"],
  ["`data_base64`, or a binary body that is no text", "`payload.data_base64`"],
  ["all other attributes", "`payload.metadata`, under their own names"],
];
