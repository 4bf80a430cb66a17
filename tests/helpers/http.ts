/**
 * Requests as no client library would send them.
 */
import { Buffer } from "node:buffer";

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** A port of 127.0.0.1 that nobody listens on. */
export function closedPort(): number {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return listener.addr.port;
}

/** Connects to a service. */
export async function connectTo(url: string): Promise<Deno.TcpConn> {
  return await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
}

/** Sends bytes and reads the answer. */
export async function exchange(url: string, text: string | Uint8Array): Promise<RawAnswer> {
  using connection = await connectTo(url);
  await writeAll(connection, typeof text === "string" ? Buffer.from(text, "latin1") : text);
  return await readAnswer(connection);
}

/**
 * Reads one answer: as long as it says, of an endless one the head, else until the service closes the
 * connection.
 *
 * @param method of the request, by which some answers have no body
 */
export async function readAnswer(connection: Deno.TcpConn, method = "GET"): Promise<RawAnswer> {
  const buffer = new Uint8Array(65_536);
  for (let text = "";;) {
    const read = await connection.read(buffer);
    if (read === null) return parseAnswer(text);
    text += Buffer.from(buffer.subarray(0, read)).toString("latin1");
    const answer = parseAnswer(text);
    if (isWhole(answer, method)) return answer;
  }
}

function isWhole({ status, headers, body }: RawAnswer, method: string): boolean {
  if (status === 0) return false;
  if (method === "HEAD" || status === 204 || status === 304) return true;
  if (headers.get("content-type")?.startsWith("text/event-stream")) return true;
  if (headers.get("transfer-encoding") === "chunked") return body.endsWith("0\r\n\r\n");
  return body.length >= Number(headers.get("content-length") ?? Infinity);
}

/** Writes all of it. */
export async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Takes an answer apart; status 0 where none came. */
export function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return { status: 0, headers: new Headers(), body: "" };
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const pairs = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return {
    status: Number(first.split(" ")[1] ?? 0),
    headers: new Headers(pairs),
    body: text.slice(end + 4),
  };
}
