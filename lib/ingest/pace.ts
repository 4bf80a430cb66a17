/**
 * Bodies must keep coming: one that stops, or drips, would hold its connection for ever.
 */
import { ProblemError, reason } from "../errors.ts";
import { BODY_BYTES_PER_SECOND } from "./limits.ts";
import { Deadlines } from "./deadlines.ts";

/** How a body whose bytes are lost on the way ends. */
function incomplete(error: unknown): unknown {
  if (error instanceof ProblemError) return error;
  return new ProblemError("incomplete-body", reason(error));
}

function tooSlow(detail: string) {
  return new ProblemError("body-timeout", detail, { headers: { connection: "close" } });
}

/**
 * Waits for a body that is small enough to come at once.
 *
 * @throws {ProblemError} 408 if it is not there in time, 400 if it breaks off
 */
export function inTime<T>(body: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = deadlines.set(timeoutMs, () => {
      reject(tooSlow(`Not all of it came within ${timeoutMs} ms`));
    });
    body.then(
      (bytes) => {
        end();
        resolve(bytes);
      },
      (error) => {
        end();
        reject(incomplete(error));
      },
    );
  });
}

const deadlines = new Deadlines();

/**
 * Reads a body as it comes.
 *
 * @param timeoutMs longest time without a byte, and what it may lag behind the slowest rate
 * @throws {ProblemError} 408 if it comes too slowly, 400 if it breaks off
 */
export async function* paced(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  timeoutMs: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const reader = body.getReader();
  const start = performance.now();
  let bytes = 0;
  let late = false;
  const giveUp = () => {
    late = true;
    reader.cancel().catch(() => {});
  };
  try {
    for (;;) {
      const dueMs = timeoutMs + 1_000 * bytes / BODY_BYTES_PER_SECOND;
      const leftMs = start + dueMs - performance.now();
      const timer = setTimeout(giveUp, Math.min(timeoutMs, leftMs));
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (late) {
        throw tooSlow(
          `Nothing came for ${timeoutMs} ms, or less than ${BODY_BYTES_PER_SECOND} bytes a second`,
        );
      }
      if (done) return;
      bytes += value.length;
      yield value;
    }
  } catch (error) {
    throw incomplete(error);
  } finally {
    reader.cancel().catch(() => {});
  }
}
