/**
 * Newline-delimited JSON: an event a line, judged as it arrives.
 */
import { ProblemError } from "../errors.ts";
import { MAX_LINE_BYTES } from "./limits.ts";
import {
  type Batch,
  BatchBuilder,
  type DecodeOptions,
  judgeEvent,
  type ReadOptions,
} from "./batch.ts";
import { readChunks } from "./body.ts";
import { type Parsed, parseJson } from "./parse.ts";

/**
 * Reads the batch of a request whose body is an event a line. Blank lines are skipped, but counted: the
 * index of an event is that of its line, from 0.
 *
 * @throws {ProblemError} 400, 413, 415, 422
 */
export async function readNdjson(request: Request, options: ReadOptions): Promise<Batch> {
  return await decodeLines(readChunks(request, options), options);
}

/**
 * Decodes and validates a body as it arrives.
 *
 * @param chunks the body in UTF-8, cut anywhere
 * @throws {ProblemError} 400 a line is not JSON, 413 too long or too many, 422 not all valid
 */
export async function decodeLines(
  chunks: AsyncIterable<Uint8Array>,
  options: DecodeOptions,
): Promise<Batch> {
  const batch = new BatchBuilder(options);
  const splitter = new LineSplitter();
  let index = 0;
  const add = (line: Uint8Array) => {
    const at = index++;
    if (!isBlank(line)) batch.add(at, () => judgeEvent(parseLine(line, at)));
  };
  for await (const chunk of chunks) for (const line of splitter.push(chunk)) add(line);
  add(splitter.end());
  return batch.finish(false);
}

function parseLine(line: Uint8Array, index: number): Parsed {
  try {
    return parseJson(line);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const message = error.detail ?? error.title;
    const errors = [{ index, path: "", message }];
    throw new ProblemError(error.problem, `Line ${index}: ${message}`, { errors });
  }
}

/** Cuts at line feeds, which in UTF-8 are never part of another character. */
class LineSplitter {
  /** What has come of the line that is not ended yet. */
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #index = 0;

  /** Takes the next bytes; gives the lines that they end. */
  *push(chunk: Uint8Array): Generator<Uint8Array, void, void> {
    let from = 0;
    for (let to = 0; (to = chunk.indexOf(LINE_FEED, from)) >= 0; from = to + 1) {
      this.#add(chunk.subarray(from, to));
      yield this.end();
    }
    this.#add(chunk.subarray(from));
  }

  /** Ends a line. */
  end(): Uint8Array {
    const line = this.#parts.length === 1 ? this.#parts[0]! : join(this.#parts, this.#bytes);
    this.#parts = [];
    this.#bytes = 0;
    this.#index++;
    return line;
  }

  #add(part: Uint8Array) {
    this.#bytes += part.length;
    if (this.#bytes > MAX_LINE_BYTES) throw tooLong(this.#index);
    if (part.length > 0) this.#parts.push(part);
  }
}

const LINE_FEED = 0x0a;

function join(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether JSON's white space is all there is. */
function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function tooLong(index: number) {
  const message = `is longer than ${MAX_LINE_BYTES} bytes`;
  const errors = [{ index, path: "", message }];
  return new ProblemError("line-too-long", `Line ${index} ${message}`, { errors });
}
