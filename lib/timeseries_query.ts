/**
 * The query string of `GET /stats/timeseries`, and its answer.
 */
import { z } from "zod";
import type { History } from "./history.ts";
import { badParam } from "./http.ts";
import { HISTORY_WINDOWS } from "./limits.ts";
import { parseParams, textParam } from "./params.ts";
import type { Timeseries, TimeseriesByTopic, TopicTimeseries, Window } from "./timeseries.ts";

const WINDOWS = Object.keys(HISTORY_WINDOWS) as [Window, ...Window[]];

/** What may stand in the query string. */
export const timeseriesParams = z.object({
  window: z.enum(WINDOWS, `must be one of ${WINDOWS.join(", ")}`).default("1m").meta({
    description: "How far back",
  }),
  topic: textParam.optional().meta({ description: "The numbers of this topic only" }),
  by: z.literal("topic", "must be topic").optional().meta({
    description: "The numbers of each topic, those that received most",
  }),
});

/**
 * Reads the query of a URL, and what it asks for.
 *
 * @param now milliseconds since 1970
 * @throws {ProblemError} 400 if a parameter is unknown or not usable
 */
export function readTimeseries(
  history: History,
  params: URLSearchParams,
  now: number,
): Timeseries | TopicTimeseries | TimeseriesByTopic {
  const { window, topic, by } = parseParams(params, timeseriesParams);
  if (topic !== undefined && by !== undefined) throw badParam("by", "does not go with topic");
  if (topic !== undefined) return history.topicTimeseries(window, topic, now);
  return by === undefined
    ? history.timeseries(window, now)
    : history.timeseriesByTopic(window, now);
}
