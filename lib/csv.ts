/**
 * Events as CSV (RFC 4180), the payload as JSON in one cell.
 *
 * A cell that begins with `=`, `+`, `-`, `@`, a tab or a line end would be a formula to a spreadsheet:
 * it gets an apostrophe in front, which a spreadsheet shows as text.
 */

import { splitValues } from "./json_text.ts";

const COLUMNS = [
  "seq",
  "topic",
  "event_id",
  "timestamp",
  "received_at",
  "source",
  "payload",
] as const;

/** The first line. */
export const CSV_HEAD = COLUMNS.join(",") + "\r\n";

/**
 * An event as a line.
 *
 * @param event as JSON, as the store gives it
 */
export function toCsv(event: string): string {
  const values = JSON.parse(event);
  const cells = COLUMNS.map((column) =>
    column === "payload" ? payloadOf(event) : String(values[column])
  );
  return cells.map(toCell).join(",") + "\r\n";
}

/** As it is stored, with all digits. */
function payloadOf(event: string): string {
  const name = '"payload":';
  return splitValues(event.slice(1, -1)).find((one) => one.startsWith(name))!.slice(name.length);
}

function toCell(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
