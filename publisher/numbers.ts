/**
 * The numbers of a running service on a terminal, once or again and again.
 */
import { type z, ZodError } from "zod";
import { headers } from "./load.ts";
import { HELP, type NumbersOptions, parseNumbersOptions } from "./numbers_options.ts";
import { numbersTable, screen, shownStats, shownTopics } from "./numbers_table.ts";
import { UsageError } from "./options.ts";
import { write } from "./output.ts";
import { attempt, DELAYS, RequestError, TemporaryFailure } from "./request.ts";
import { stopOnSignal } from "./signals.ts";
import { escaped } from "./tail_line.ts";

/** How often they are asked for. */
const WATCH_MS = 1_000;

/** How long an answer may take. */
const TIMEOUT_MS = 10_000;

/** Runs the program; returns its exit status. */
async function main(): Promise<number> {
  try {
    const options = parseNumbersOptions(Deno.args, {
      AGGREGATOR_URL: Deno.env.get("AGGREGATOR_URL"),
      API_TOKEN: Deno.env.get("API_TOKEN"),
    });
    if (options === "help") {
      await write(HELP);
      return 0;
    }
    stopOnSignal(() => {});
    const lines = await read(options);
    if (options.watch) return await watch(options, lines);
    await write(`${lines.join("\n")}\n`);
    return 0;
  } catch (error) {
    // Who read along has enough.
    if (error instanceof Deno.errors.BrokenPipe) return 0;
    const { message } = error as Error;
    if (error instanceof UsageError) return refuse(message, 2);
    if (error instanceof RequestError) return refuse(message, 1);
    if (error instanceof TemporaryFailure) return refuse(`The service is away: ${message}`, 1);
    throw error;
  }
}

function refuse(message: string, status: number): number {
  console.error(`stats: ${escaped(message)}`);
  return status;
}

/** Prints on until a signal ends it. While the service is away its last numbers stay, and it says why. */
async function watch(options: NumbersOptions, first: string[]): Promise<never> {
  const inPlace = Deno.stdout.isTerminal() && !options.json;
  const apart = options.json ? "\n" : "\n\n";
  const show = (lines: string[]) =>
    write(inPlace ? screen(lines, Deno.consoleSize()) : lines.join("\n") + apart);
  let last = first;
  let wasAway = false;
  await show(last);
  for (;;) {
    await DELAYS.wait(WATCH_MS);
    try {
      last = await read(options);
      wasAway = false;
      await show(last);
    } catch (error) {
      if (!(error instanceof TemporaryFailure)) throw error;
      const trouble = escaped(`The service is away, trying again: ${error.message}`);
      if (inPlace) await show([trouble, "", ...last]);
      else if (!wasAway) console.error(`stats: ${trouble}`);
      wasAway = true;
    }
  }
}

/** The numbers as lines. @throws {TemporaryFailure} if they may be had later */
async function read({ url, token, json }: NumbersOptions): Promise<string[]> {
  const get = (path: string) =>
    attempt(
      new URL(path, url),
      { headers: { accept: "application/json", ...headers(token) } },
      TIMEOUT_MS,
    );
  if (json) return [escaped((await get("stats")).trim())];
  const [stats, topics] = await Promise.all([get("stats"), get("topics")]);
  return numbersTable(parse(stats, shownStats, "/stats"), parse(topics, shownTopics, "/topics"));
}

function parse<T>(text: string, shape: z.ZodType<T>, path: string): T {
  try {
    return shape.parse(JSON.parse(text));
  } catch (error) {
    const field = error instanceof ZodError
      ? `: "${error.issues[0]?.path.join(".")}" is wrong`
      : "";
    throw new RequestError(`GET ${path} did not answer the numbers${field}`);
  }
}

if (import.meta.main) Deno.exit(await main());
