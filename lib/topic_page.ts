/**
 * What the page of a topic shows.
 */
import type { Aggregator } from "./aggregator.ts";
import { rowOf, type StoredEvent } from "./browser/events.tsx";
import { TOPIC_PAGE_EVENTS } from "./limits.ts";
import type { DashboardSnapshot, TopicNumbers } from "./snapshot.ts";
import { isUnavailable, type Sql } from "./sql/connect.ts";
import { readEvents } from "./sql/events.ts";
import { readTopicSources } from "./sql/topic_sources.ts";
import type { TopicSources } from "./topic_sources.ts";

/** What is known of a topic. */
export interface TopicPage {
  /** Of the service as a whole: what is not as it should be. */
  readonly stats: DashboardSnapshot;
  readonly numbers: TopicNumbers;
  /** Who sends on it, and its latest events; null while the database is away. */
  readonly sources: TopicSources | null;
  readonly events: readonly StoredEvent[] | null;
}

/** Reads what the page shows; undefined if nothing ever came on the topic. */
export async function readTopicPage(
  aggregator: Aggregator,
  topic: string,
): Promise<TopicPage | undefined> {
  const stats = await aggregator.dashboardSnapshot();
  const numbers = aggregator.topicNumbers(topic);
  if (numbers === undefined) return undefined;
  const nothing = { sources: null, events: null };
  const stored = stats.away === null ? await readStored(aggregator.database.sql, topic) : nothing;
  return { stats, numbers, ...stored };
}

async function readStored(sql: Sql, topic: string): Promise<Pick<TopicPage, "sources" | "events">> {
  try {
    const [sources, { events }] = await Promise.all([
      readTopicSources(sql, topic),
      readEvents(sql, { topic, order: "desc" }, TOPIC_PAGE_EVENTS),
    ]);
    return { sources, events: events.map((event) => rowOf(JSON.parse(event))) };
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    return { sources: null, events: null };
  }
}
