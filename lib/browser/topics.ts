/**
 * Topics as rows of a table: filtered, sorted, grouped by the dots of their names.
 */
import type { TopicNumbers } from "../snapshot.ts";

/** By what topics can be sorted. */
export const SORTS = ["topic", "rate", "stored", "duplicates", "seen"] as const;
export type Sort = typeof SORTS[number];

/** What the table shows. */
export interface TopicView {
  readonly sort: Sort;
  /** Names from a to z, numbers from small to large, times from early to late. */
  readonly ascending: boolean;
  /** Text that the name holds, in any case. */
  readonly filter: string;
  readonly grouped: boolean;
  /** Groups of which the topics are not shown. */
  readonly closed: ReadonlySet<string>;
}

/** The numbers of a topic, or the sums of a group. */
export interface RowNumbers {
  readonly received: number;
  readonly stored: number;
  readonly duplicates: number;
  /** Null if that of one of them is not known. */
  readonly rate: number | null;
  readonly lastSeen: string;
}

/** A row of the table. */
export interface TopicRow extends RowNumbers {
  /** The topic's name, or what those of the group begin with: `app.log.` */
  readonly name: string;
  /** What of it is not said by the groups around it. */
  readonly label: string;
  /** How many groups are around it. */
  readonly depth: number;
  /** How many topics it stands for, where it is a group. */
  readonly group: number | undefined;
}

/** Reads a view from the query string: `sort` (with `-` in front: descending), `filter`, `flat`, `closed`. */
export function topicView(params: URLSearchParams): TopicView {
  const text = params.get("sort") ?? "-stored";
  const sort = SORTS.find((sort) => text === sort || text === `-${sort}`);
  return {
    sort: sort ?? "stored",
    ascending: sort !== undefined && !text.startsWith("-"),
    filter: params.get("filter") ?? "",
    grouped: params.get("flat") === null,
    closed: new Set(readNames(params.get("closed"))),
  };
}

/** The query parameter `closed`, with a group opened or closed; null where none is closed. */
export function toggled({ closed }: TopicView, group: string): string | null {
  const names = [...closed].filter((name) => name !== group);
  if (!closed.has(group)) names.push(group);
  return names.length === 0 ? null : names.map(encodeURIComponent).join(" ");
}

/** A name that no browser wrote is left as it is. */
function readNames(text: string | null): string[] {
  return (text ?? "").split(" ").filter((name) => name !== "").map((name) => {
    try {
      return decodeURIComponent(name);
    } catch {
      return name;
    }
  });
}

/** Groups around a topic at most: further dots are part of its label. */
const MAX_DEPTH = 4;

/** A group while it is made: of a part of a name. */
interface Node {
  readonly name: string;
  readonly topics: TopicNumbers[];
  readonly children: Map<string, Node>;
}

/**
 * The rows of a view, in order.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { topicRows, topicView } from "./topics.ts";
 *
 * const topic = (topic: string, unique_processed: number) => ({
 *   topic, unique_processed, received: unique_processed, duplicate_dropped: 0, dead_letters: 0,
 *   stored: unique_processed, expired: 0, retention_s: null, deduplicates_since: null,
 *   first_seen: "", last_seen: "", rate: 0,
 * });
 * const topics = [topic("app.log.a", 1), topic("app.log.b", 2), topic("pay", 9)];
 * const rows = topicRows(topics, topicView(new URLSearchParams()));
 * deepStrictEqual(
 *   rows.map(({ depth, label, stored }) => [depth, label, stored]),
 *   [[0, "pay", 9], [0, "app.log.", 3], [1, "b", 2], [1, "a", 1]],
 * );
 * ```
 */
export function topicRows(topics: readonly TopicNumbers[], view: TopicView): TopicRow[] {
  const filter = view.filter.toLowerCase();
  const found = topics.filter(({ topic }) => topic.toLowerCase().includes(filter));
  if (view.grouped) return rowsOf(treeOf(found), view, 0, "");
  return found.map((topic) => toRow(topic, 0, "")).sort(by(view));
}

function treeOf(topics: readonly TopicNumbers[]): Node {
  const root: Node = { name: "", topics: [], children: new Map() };
  for (const topic of topics) {
    let node = root;
    let name = "";
    for (const part of topic.topic.split(".").slice(0, -1).slice(0, MAX_DEPTH)) {
      name += `${part}.`;
      let child = node.children.get(part);
      if (child === undefined) {
        node.children.set(part, child = { name, topics: [], children: new Map() });
      }
      node = child;
    }
    node.topics.push(topic);
  }
  return root;
}

/** The rows of a node's topics and groups, each group with what is in it below it. */
function rowsOf(node: Node, view: TopicView, depth: number, prefix: string): TopicRow[] {
  const topics = node.topics.map((topic) => [toRow(topic, depth, prefix)]);
  const groups = [...node.children.values()].map((child) => groupRows(child, view, depth, prefix));
  return [...topics, ...groups].sort(([a], [b]) => by(view)(a!, b!)).flat();
}

function groupRows(node: Node, view: TopicView, depth: number, prefix: string): TopicRow[] {
  const [only, second] = node.children.values();
  // A group of one is none.
  if (node.topics.length === 0 && only !== undefined && second === undefined) {
    return groupRows(only, view, depth, prefix);
  }
  if (node.topics.length === 1 && only === undefined) {
    return [toRow(node.topics[0]!, depth, prefix)];
  }
  const within = rowsOf(node, view, depth + 1, node.name);
  const row = toGroup(node.name, within.filter((row) => row.depth === depth + 1), depth, prefix);
  return view.closed.has(node.name) ? [row] : [row, ...within];
}

function toRow(topic: TopicNumbers, depth: number, prefix: string): TopicRow {
  return {
    name: topic.topic,
    label: topic.topic.slice(prefix.length),
    depth,
    group: undefined,
    received: topic.received,
    stored: topic.unique_processed,
    duplicates: topic.duplicate_dropped,
    rate: topic.rate,
    lastSeen: topic.last_seen,
  };
}

function toGroup(
  name: string,
  members: readonly TopicRow[],
  depth: number,
  prefix: string,
): TopicRow {
  const sum = (of: "received" | "stored" | "duplicates") =>
    members.reduce((sum, member) => sum + member[of], 0);
  return {
    name,
    label: name.slice(prefix.length),
    depth,
    group: members.reduce((topics, { group }) => topics + (group ?? 1), 0),
    received: sum("received"),
    stored: sum("stored"),
    duplicates: sum("duplicates"),
    rate: members.reduce<number | null>(
      (sum, { rate }) => sum === null || rate === null ? null : sum + rate,
      0,
    ),
    lastSeen: members.reduce((last, { lastSeen }) => lastSeen > last ? lastSeen : last, ""),
  };
}

/** Puts rows in order; equal ones by name. */
function by({ sort, ascending }: TopicView): (a: TopicRow, b: TopicRow) => number {
  const value = (row: TopicRow): number | string => {
    switch (sort) {
      case "topic":
        return row.name;
      case "seen":
        return row.lastSeen;
      case "rate":
        return row.rate ?? -1;
      case "stored":
      case "duplicates":
        return row[sort];
    }
  };
  const order = (a: number | string, b: number | string) => a < b ? -1 : a > b ? 1 : 0;
  return (a, b) => (ascending ? 1 : -1) * order(value(a), value(b)) || order(a.name, b.name);
}
