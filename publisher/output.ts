/**
 * Standard output of a program whose reader may be slow, or gone.
 */
const encoder = new TextEncoder();

/** Writes all of a text. @throws {Deno.errors.BrokenPipe} if nobody reads any more */
export async function write(text: string): Promise<void> {
  let bytes = encoder.encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(await Deno.stdout.write(bytes));
}
