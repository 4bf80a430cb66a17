import assert from "node:assert/strict";
import { HELP, parseOptions, UsageError } from "../../publisher/options.ts";

function parse(args: string[] = [], environment = {}) {
  const options = parseOptions(args, environment);
  assert.ok(options !== "help");
  return options;
}

Deno.test("parseOptions() without flags gives the defaults and a fresh seed", () => {
  const { url, seed, ...rest } = parse();
  assert.equal(url.href, "http://localhost:8080/publish");
  assert.notEqual(seed, parse().seed);
  assert.deepEqual(rest, {
    events: 20_000,
    duplicateRate: 0.3,
    token: undefined,
    batch: 100,
    concurrency: 8,
    eventsPerSecond: undefined,
    topics: 3,
    freshSeed: true,
    sameTopicDuplicates: true,
    timeoutMs: 30_000,
    retryForMs: 120_000,
    check: true,
  });
});

Deno.test("parseOptions() prefers flags to the environment to the defaults", () => {
  const environment = {
    NUM_EVENTS: "10",
    DUPLICATE_RATE: "0.5",
    AGGREGATOR_URL: "https://example.test/x/publish",
    API_TOKEN: "secret",
  };
  const options = parse(["--events", "20", "--rate=1.5", "--seed", "42"], environment);
  assert.equal(options.events, 20);
  assert.equal(options.duplicateRate, 0.5);
  assert.equal(options.url.href, "https://example.test/x/publish");
  assert.equal(options.token, "secret");
  assert.equal(options.eventsPerSecond, 1.5);
  assert.equal(options.seed, "42");
  assert.equal(options.freshSeed, false);
});

Deno.test("parseOptions() takes an empty variable as unset and skips a leading --", () => {
  assert.equal(parse([], { NUM_EVENTS: "" }).events, 20_000);
  assert.equal(parse(["--", "--events", "5"]).events, 5);
});

Deno.test("parseOptions() turns switches off with --no-", () => {
  const options = parse(["--no-check", "--no-same-topic-duplicates"]);
  assert.equal(options.check, false);
  assert.equal(options.sameTopicDuplicates, false);
  assert.equal(parse(["--same-topic-duplicates"]).sameTopicDuplicates, true);
});

Deno.test("parseOptions() knows each flag that its help shows", () => {
  assert.equal(parseOptions(["-h"], {}), "help");
  const shown = HELP.matchAll(/^ {2}(?:-h, )?--([a-z-]+)( [A-Z]+)?/gm).toArray();
  assert.ok(shown.length >= 13, `${shown.length}`);
  for (const [, flag, value] of shown) {
    const wanted = value ? /argument missing/ : /does not take an argument/;
    assert.throws(() => parseOptions([`--${flag}${value ? "" : "=x"}`], {}), wanted);
  }
});

const WRONG: [string[], Record<string, string>, RegExp][] = [
  [["--foo"], {}, /^Unknown option '--foo'/],
  [["extra"], {}, /^Unexpected argument 'extra'/],
  [["--events"], {}, /^Option '--events <value>' argument missing/],
  [["--batch", "-5"], {}, /^Option '--batch' argument is ambiguous/],
  [["--events", "0"], {}, /^--events must be an integer from 1 to 1000000000, is "0"$/],
  [["--events", "1.5"], {}, /^--events must be an integer/],
  [["--duplicate-rate", "1.1"], {}, /^--duplicate-rate must be a number from 0 to 1, is "1.1"$/],
  [["--duplicate-rate", "NaN"], {}, /^--duplicate-rate must be a number/],
  [["--url", "ftp://x/"], {}, /^--url must be an http or https URL/],
  [["--url", "http://u:p@x/"], {}, /without credentials/],
  [["--concurrency", "1e3"], {}, /^--concurrency must be an integer from 1 to 1024/],
  [["--rate", "0"], {}, /^--rate must be a number/],
  [["--seed", ""], {}, /^--seed must be 1 to 64 letters/],
  [["--timeout", "0"], {}, /^--timeout must be a number from 0.001 to 3600/],
  [[], { NUM_EVENTS: "many" }, /^NUM_EVENTS must be an integer from 1 to 1000000000, is "many"$/],
  [[], { AGGREGATOR_URL: "here" }, /^AGGREGATOR_URL must be an http or https URL/],
  [
    ["--no-same-topic-duplicates", "--events", "1000000000"],
    {},
    /^--no-same-topic-duplicates needs events x topics up to 2147483648, is 3000000000$/,
  ],
];

Deno.test("parseOptions() refuses what it cannot use in one line that names it", () => {
  for (const [args, environment, message] of WRONG) {
    assert.throws(() => parseOptions(args, environment), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  }
});

Deno.test("parseOptions() never repeats a token", () => {
  for (
    const [args, environment] of [[["--token=se cret"], {}], [[], { API_TOKEN: "é" }]]
  ) {
    assert.throws(
      () => parseOptions(args as string[], environment as Record<string, string>),
      (error) => error instanceof UsageError && !/se cret|é/.test(error.message),
    );
  }
});
