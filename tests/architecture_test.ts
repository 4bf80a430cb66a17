/**
 * Do the sources keep the rules of the house? Imports run one way, and what must stand in one place
 * stands nowhere else.
 *
 * The checks read text, not syntax. Each is tried on a source that breaks its rule, too.
 */
import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path/posix";
import { fileURLToPath } from "node:url";
import project from "../deno.json" with { type: "json" };

/** One module. */
interface Source {
  /** From the project's root. */
  readonly path: string;
  /** Without comments. */
  readonly code: string;
}

/** One import of a module. */
interface Import {
  /** What it imports: a path from the project's root, or a package. */
  readonly target: string;
  /** Whether it is gone at run time. */
  readonly typeOnly: boolean;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIRECTORIES = ["islands", "lib", "publisher", "routes", "tests", "workers"];

async function* walk(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(join(ROOT, directory))) {
    const path = `${directory}/${name}`;
    if (isDirectory) yield* walk(path);
    else if (/\.tsx?$/.test(name)) yield path;
  }
}

async function readSources(): Promise<Source[]> {
  const paths = ["main.ts", "dev.ts"];
  for (const directory of DIRECTORIES) paths.push(...await Array.fromAsync(walk(directory)));
  return await Promise.all(paths.map(async (path) => ({
    path,
    code: withoutComments(await Deno.readTextFile(join(ROOT, path))),
  })));
}

function withoutComments(text: string): string {
  return text.replaceAll(/^\s*\/\*[\s\S]*?\*\//gm, "").replaceAll(/(^|\s)\/\/.*$/gm, "");
}

function importsOf({ path, code }: Source): Import[] {
  const statements = code.matchAll(
    /^(?:import|export)\s+(type\s+)?([\w$*,\s]*(?:\{[^{}]*\})?)\s*from\s+"([^"]+)"/gm,
  );
  const bare = code.matchAll(/^import\s+"([^"]+)"/gm);
  const dynamic = code.matchAll(/\bimport\(\s*"([^"]+)"/g);
  return [
    ...[...statements].map(([, type, names, specifier]) => ({
      target: resolve(path, specifier!),
      typeOnly: type !== undefined || isAllTypes(names!),
    })),
    ...[...bare, ...dynamic].map(([, specifier]) => ({
      target: resolve(path, specifier!),
      typeOnly: false,
    })),
  ];
}

/** Whether all of `{ type A, type B }` are types. */
function isAllTypes(names: string): boolean {
  const inner = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1];
  const parts = inner?.split(",").map((name) => name.trim()).filter((name) => name !== "") ?? [];
  return parts.length > 0 && parts.every((name) => name.startsWith("type "));
}

function resolve(from: string, specifier: string): string {
  return /^\.\.?\//.test(specifier) ? normalize(join(dirname(from), specifier)) : specifier;
}

/** Says what breaks a rule in one module. */
type Rule = (source: Source) => string[];

/** A rule about the imports of the modules below a path. */
function importRule(below: string, allows: (target: string, typeOnly: boolean) => boolean): Rule {
  return (source) =>
    !source.path.startsWith(below) ? [] : importsOf(source)
      .filter(({ target, typeOnly }) => !allows(target, typeOnly))
      .map(({ target }) => `${source.path} imports ${target}`);
}

/** A rule that keeps a text in a few places. */
function textRule(pattern: RegExp, allowedIn: readonly string[]): Rule {
  return ({ path, code }) => {
    if (allowedIn.some((place) => path.startsWith(place))) return [];
    const found = pattern.exec(code);
    return found === null ? [] : [`${path} holds ${found[0].trim()}`];
  };
}

/** Whether a target is a module of the project, in one of its directories. */
const isIn = (target: string, ...directories: string[]) =>
  directories.some((directory) => target.startsWith(`${directory}/`));

/** Names of the packages that a module may import: tests have some of their own. */
const packagesFor = ({ path }: Source) =>
  Object.keys({
    ...project.imports,
    ...path.startsWith("tests/") ? project.scopes["./tests/"] : {},
  });

/** Paths that stand for whole directories end in a slash. */
const RULES: Record<string, { rule: Rule; broken: Source[] }> = {
  "lib imports none of routes, islands, workers, publisher, tests and the programs": {
    rule: importRule(
      "lib/",
      (target) =>
        !isIn(target, "routes", "islands", "workers", "publisher", "tests") &&
        !["main.ts", "dev.ts"].includes(target),
    ),
    broken: [
      { path: "lib/a.ts", code: 'import { a } from "../routes/a.ts";' },
      { path: "lib/sql/a.ts", code: 'import type { a } from "../../workers/a.ts";' },
      { path: "lib/a.ts", code: 'const { a } = await import("../main.ts");' },
    ],
  },
  "routes import lib, islands and each other only": {
    rule: importRule("routes/", (target) => !isIn(target, "workers", "publisher", "tests")),
    broken: [{ path: "routes/api/a.ts", code: 'export { a } from "../../publisher/a.ts";' }],
  },
  "workers import lib and each other only": {
    rule: importRule(
      "workers/",
      (target) => !isIn(target, "routes", "islands", "publisher", "tests"),
    ),
    broken: [{ path: "workers/a.ts", code: 'import "../routes/a.ts";' }],
  },
  "islands import what is made for the browser, and types of what the server tells it": {
    rule: importRule("islands/", (target, typeOnly) => isForBrowser(target, typeOnly)),
    broken: [
      { path: "islands/A.tsx", code: 'import { isConsistent } from "../lib/snapshot.ts";' },
      { path: "islands/A.tsx", code: 'import { type A, b } from "../lib/snapshot.ts";' },
      { path: "islands/A.tsx", code: 'import type { A } from "../lib/config.ts";' },
      { path: "islands/A.tsx", code: 'import { join } from "node:path";' },
    ],
  },
  "what is made for the browser imports nothing of the server but types of what it tells": {
    rule: importRule("lib/browser/", (target, typeOnly) => isForBrowser(target, typeOnly)),
    broken: [{ path: "lib/browser/a.ts", code: 'import { MAX } from "../limits.ts";' }],
  },
  "the publisher knows nothing of lib but the event": {
    rule: importRule(
      "publisher/",
      (target) =>
        target === "lib/event.ts" || !isIn(target, "lib", "routes", "islands", "workers", "tests"),
    ),
    broken: [{ path: "publisher/a.ts", code: 'import { MAX } from "../lib/limits.ts";' }],
  },
  "packages come by way of the import map": {
    rule: (source) =>
      importRule("", (target) =>
        target.startsWith("node:") || isIn(target, ...DIRECTORIES) ||
        ["main.ts", "dev.ts", "deno.json"].includes(target) ||
        packagesFor(source).some((name) => target === name || isIn(target, name)))(source),
    broken: [
      { path: "lib/a.ts", code: 'import { z } from "npm:zod@4";' },
      { path: "tests/a.ts", code: 'import { z } from "https://deno.land/x/zod/mod.ts";' },
      { path: "main.ts", code: 'import _ from "lodash";' },
      { path: "lib/a.ts", code: 'import fc from "fast-check";' },
    ],
  },
  "SQL stands in lib/sql, for SQLite where an earlier journal is taken over, for the server's set-up in lib/postgres":
    {
      rule: textRule(
        /["'`]\s*(?:select|insert into|delete from|update \w+ set|(?:create|alter|drop) \w+)\s|\b(?:sql|tx)(?:<[^`;]*>)?`/,
        [
          "lib/sql/",
          "lib/journal/earlier.ts",
          "lib/postgres/",
          "tests/",
        ],
      ),
      broken: [
        { path: "routes/a.ts", code: "await sql`vacuum`;" },
        { path: "lib/a.ts", code: "await sql<{ a: number }[]>`table a`;" },
        { path: "lib/a.ts", code: 'sql.unsafe("select a from b");' },
        { path: "workers/a.ts", code: "exec(`\n  update a set b = 1`)" },
      ],
    },
  "statements that are not templates stand where they are files, or made of constants of ours": {
    rule: textRule(/\.unsafe\b/, [
      "lib/sql/apply.ts",
      "lib/sql/migrate.ts",
      "lib/sql/events.ts",
      "lib/sql/partitions.ts",
      "tests/",
    ]),
    broken: [{ path: "lib/sql/feed.ts", code: "sql.unsafe(`fetch ${q}`)" }],
  },
  "the environment is read in the configuration only": {
    rule: textRule(
      /\bDeno\s*\.\s*env\b|\bprocess\s*\.\s*env\b/,
      [
        "lib/config.ts",
        "publisher/main.ts",
        "publisher/numbers.ts",
        "publisher/tail.ts",
        "lib/fresh/",
        "tests/",
      ],
    ),
    broken: [
      { path: "lib/a.ts", code: 'const a = Deno.env.get("A");' },
      { path: "publisher/a.ts", code: "Deno.env.toObject()" },
      { path: "main.ts", code: "process.env.A" },
    ],
  },
  "only the start, the refusal to start and the publisher write to the console": {
    rule: textRule(
      /\bconsole\s*[.[]/,
      [
        "lib/errors.ts",
        "lib/serve.ts",
        "publisher/",
        "lib/fresh/",
        "tests/",
      ],
    ),
    broken: [
      { path: "lib/queue.ts", code: 'console.log("here");' },
      { path: "islands/A.tsx", code: 'console["error"](1);' },
    ],
  },
};

/** What the server tells the browser. */
const SHAPES = [
  "lib/snapshot.ts",
  "lib/timeseries.ts",
  "lib/histogram.ts",
  "lib/event.ts",
  "lib/topic_sources.ts",
];

function isForBrowser(target: string, typeOnly: boolean): boolean {
  if (SHAPES.includes(target)) return typeOnly;
  return isIn(target, "lib/browser", "islands", "@preact") ||
    ["preact", "preact/hooks", "fresh/runtime", "uplot"].includes(target);
}

const sources = await readSources();

Deno.test("the sources are read, with their imports", () => {
  for (const directory of DIRECTORIES) {
    const found = sources.filter(({ path }) => path.startsWith(`${directory}/`));
    assert.ok(found.length > 0, directory);
    assert.ok(found.some((source) => importsOf(source).length > 0), directory);
  }
});

for (const [name, { rule, broken }] of Object.entries(RULES)) {
  Deno.test(`rule: ${name}`, () => {
    for (const source of broken) assert.equal(rule(source).length, 1, source.code);
    assert.deepEqual(sources.flatMap(rule), []);
  });
}
