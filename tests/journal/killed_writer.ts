/**
 * Writes to a journal of small segments until it is killed, and says on its standard output what is on disk
 * and what it is about to release.
 */
import { JournalWriter } from "../../lib/journal/writer.ts";

const [directory, segmentBytes] = Deno.args as [string, string];
const encoder = new TextEncoder();
const say = (what: string, id: number) => Deno.stdout.writeSync(encoder.encode(`${what} ${id}\n`));

const writer = await JournalWriter.open(directory, false, Number(segmentBytes));
let oldest = writer.file.oldest;
for (;;) {
  const drafts = Array.from({ length: 1 + Math.floor(3 * Math.random()) }, (_, nth) => ({
    events: 1,
    acceptedAt: 1,
    json: encoder.encode(`${writer.next + nth} `.padEnd(Math.floor(9_999 * Math.random()), ".")),
  }));
  const last = writer.commit(drafts).at(-1)!.last;
  await writer.sync();
  say("stored", last);
  if (Math.random() < 0.5) continue;
  const released = oldest + Math.floor((last - oldest) * Math.random());
  say("releases", released);
  writer.release({ first: oldest, last: released });
  oldest = released + 1;
}
