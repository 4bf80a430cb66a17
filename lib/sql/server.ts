/**
 * The server itself.
 */
import type { Sql } from "./connect.ts";

/** Its version, such as `18.4`. Throws if it does not answer. */
export async function readVersion(sql: Sql): Promise<string> {
  const [row] = await sql<{ version: string }[]>`
    select current_setting('server_version') as version`;
  return row!.version.split(" ", 1)[0]!;
}
