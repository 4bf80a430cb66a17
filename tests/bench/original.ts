/**
 * The way of working that this project began with, as a baseline: one event, one transaction, one new
 * connection.
 */
import { apply } from "../../lib/sql/apply.ts";
import { connect } from "../../lib/sql/connect.ts";
import type { Gatherer } from "./results.ts";
import type { Rig } from "./rig.ts";

const EVENTS = 300;
const QUICK_EVENTS = 40;

/** One round. */
export async function measureOriginal(rig: Rig, results: Gatherer, quick: boolean) {
  const events = quick ? QUICK_EVENTS : EVENTS;
  const url = `${await rig.instance.databaseUrl()}?search_path=bare`;
  const bodies = rig.loads.bodies(events, 1);
  const journal = crypto.randomUUID();
  const start = performance.now();
  for (const [at, json] of bodies.entries()) {
    const sql = connect(url, 1, "sekali bench");
    await apply(sql, journal, 1, [{ id: at + 1, events: 1, acceptedAt: Date.now(), json }]);
    await sql.end({ timeout: 0 });
  }
  const rate = 1000 * events / (performance.now() - start);
  results.add("one event, one transaction, one new connection", "events/s", rate);
}
