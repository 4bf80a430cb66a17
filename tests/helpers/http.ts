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

/** Connects to a service. */
export async function connectTo(url: string): Promise<Deno.TcpConn> {
  return await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
}

/** Sends bytes and reads until the service closes the connection. */
export async function exchange(url: string, text: string | Uint8Array): Promise<RawAnswer> {
  using connection = await connectTo(url);
  await writeAll(connection, typeof text === "string" ? Buffer.from(text, "latin1") : text);
  return parseAnswer(await new Response(connection.readable).text());
}

/** Writes all of it. */
export async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Takes an answer apart; status 0 where none came. */
export function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf("\r\n\r\n");
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
