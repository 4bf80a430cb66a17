/**
 * `deno task scaling`: the tables of docs/scaling.md, from the model.
 */
import { BYTES, GROWTH, REPEATS } from "./costs.ts";
import {
  awaySeconds,
  backlogAfter,
  capacity,
  catchUpSeconds,
  type Layout,
  limits,
  type Node,
  nodesFor,
} from "./model.ts";

type Rows = readonly (readonly string[])[];

const one: Layout = {
  aggregators: 1,
  aggregatorCores: 2,
  connections: 2,
  databaseCores: undefined,
  growth: 1,
};
const apart: Layout = { ...one, connections: 4, databaseCores: 4 };

const LAYOUTS: readonly (readonly [name: string, layout: Layout])[] = [
  ["all on 2 cores", one],
  ["all on 4 cores, 4 consumers", { ...one, aggregatorCores: 4, connections: 4 }],
  ["PostgreSQL apart, 4 cores, 4 consumers", apart],
  ["the same, a second aggregator", { ...apart, aggregators: 2 }],
  ["the same, 8 consumers", { ...apart, aggregators: 2, connections: 8 }],
  ["PostgreSQL on 16 cores, 8 consumers", { ...apart, connections: 8, databaseCores: 16 }],
  ["the same, 20 consumers", { ...apart, connections: 20, databaseCores: 16 }],
  ["the same, a second aggregator, 20 consumers", {
    ...apart,
    aggregators: 2,
    connections: 20,
    databaseCores: 16,
  }],
];

/** What each installation takes, and what of it can do no more. */
export function capacities(): string {
  const rows = LAYOUTS.map(([name, layout]) => {
    const [least, next] = limits(layout);
    const grown = (growth: number) => thousands(capacity({ ...layout, growth }).rate);
    return [
      name,
      thousands(least!.rate),
      least!.part,
      `${next!.part} ${thousands(next!.rate)}`,
      grown(GROWTH.timeOrdered),
      grown(GROWTH.randomTuned),
      grown(GROWTH.random),
    ];
  });
  const head = ["installation", "events/s", "limit", "the next one"];
  return markdown([...head, "v7", "v4, tuned", "v4"], rows);
}

/** Backlog, lag and catching up of an installation, by how much of its capacity comes. */
export function backlogs(): string {
  const { rate } = capacity(apart);
  const rows = [0.25, 0.5, 0.75, 0.9, 1.25].map((share) => {
    const offered = share * rate;
    const catchUp = catchUpSeconds(apart, offered, 60);
    return [
      thousands(offered),
      thousands(backlogAfter(apart, offered, 60)),
      `${Math.round(awaySeconds(1, offered, 1_000_000))} s`,
      thousands(60 * offered),
      catchUp === Infinity ? "never" : `${Math.round(catchUp)} s`,
    ];
  });
  return markdown([
    "events/s",
    "pending after a minute",
    "full after PostgreSQL went",
    "pending after it was away a minute",
    "caught up after",
  ], rows);
}

/** What a million events take, and a rate in a day. */
export function disks(): string {
  const stored = 1 - REPEATS;
  const daily = (bytes: number, share: number) =>
    [1e3, 1e4, 1e5].map((rate) => size(bytes * share * rate * 86_400));
  const row = (name: string, bytes: number, share: number) => [
    name,
    size(bytes * 1e6),
    ...daily(bytes, share),
  ];
  return markdown(["", "a million", "1,000/s a day", "10,000/s a day", "100,000/s a day"], [
    row("rows with their indexes (of unique events)", BYTES.row, stored),
    row("PostgreSQL's log (of all received)", BYTES.log, 1),
    row("journal, written (of all received)", BYTES.journal, 1),
    row("journal, while pending", BYTES.journal, 0),
  ]);
}

/** A machine of today's middle class with two disks of 7.68 TB: an assumption, nothing measured. */
export const NODE: Node = {
  cores: 16,
  memoryBytes: 128e9,
  diskBytes: 15.36e12,
  pagesPerSecond: 200_000,
  logBytesPerSecond: 1e9,
};

/** Nodes of a sharded store for one copy, by what asks for them. */
export function nodes(): string {
  const parts = ["cores", "log", "key index", "disk"];
  const rows = [1e9, 1e10, 1e11, 1e12].flatMap((keys) =>
    [false, true].map((randomIds) => {
      const found = nodesFor({ rate: 1e6, keys, randomIds, checkpointSeconds: 1800 }, NODE);
      const needed = (part: string) => found.find((one) => one.part === part)!.nodes;
      return [
        `10^${Math.log10(keys)}`,
        randomIds ? "v4" : "v7",
        size(keys * BYTES.row),
        ...parts.map((part) => String(needed(part))),
        String(found[0]!.nodes),
      ];
    })
  );
  return markdown(["keys", "ids", "rows", ...parts, "nodes, one copy"], rows);
}

/** All of them, in the order of the page. */
export const TABLES = [capacities, backlogs, disks, nodes] as const;

function markdown(head: readonly string[], rows: Rows): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, at) => at === 0 ? "---" : "---:");
  return [head, rule, ...rows].map(line).join("\n");
}

/** To the thousand, as nothing here is known better. */
function thousands(value: number): string {
  return (1000 * Math.round(value / 1000)).toLocaleString("en");
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

function size(bytes: number): string {
  if (bytes === 0) return "–";
  const unit = Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  return `${Number((bytes / 1000 ** unit).toPrecision(3)).toLocaleString("en")} ${UNITS[unit]}`;
}

if (import.meta.main) console.log(TABLES.map((table) => table()).join("\n\n"));
