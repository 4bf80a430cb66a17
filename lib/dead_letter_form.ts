/**
 * What the buttons of the dead letters' page do, and how the page then says so.
 *
 * A button posts a form; the answer sends the browser back to the page with what came of it in the
 * query string, as counts and never as text, so that a link cannot put words into the page's mouth.
 */
import { z } from "zod";
import { ProblemError } from "./errors.ts";
import { DASHBOARD_PAGE_LETTERS } from "./limits.ts";
import { pageParams, topicParam, wholeParam } from "./params.ts";
import type { Sql } from "./sql/connect.ts";
import { deleteDeadLetter } from "./sql/dead_letters.ts";
import { replayDeadLetter } from "./sql/replay.ts";

/** What can become of a dead letter that was replayed or deleted; `gone`: another was faster. */
export const RESULTS = ["stored", "duplicate", "refused", "deleted", "gone"] as const;

/** How many dead letters came to what. */
export type LetterResults = { [Result in typeof RESULTS[number]]?: number | undefined };

const countParam = wholeParam(DASHBOARD_PAGE_LETTERS).optional();

/** What may stand in the query string of the page. */
export const letterPageParams = z.object({
  topic: topicParam.optional(),
  cursor: pageParams.cursor,
  stored: countParam,
  duplicate: countParam,
  refused: countParam,
  deleted: countParam,
  gone: countParam,
});

/** A form of the page. */
export interface LetterForm {
  readonly action: "replay" | "delete";
  /** Ids of the dead letters, at least one. */
  readonly ids: readonly number[];
}

/**
 * Reads a form.
 *
 * @throws {ProblemError} 400 if it is none of the page's
 */
export function parseLetterForm(form: URLSearchParams): LetterForm {
  const action = form.get("action");
  const ids = form.getAll("id").map((text) => /^[1-9]\d{0,15}$/.test(text) ? Number(text) : NaN);
  const usable = ids.length > 0 && ids.length <= DASHBOARD_PAGE_LETTERS && !ids.includes(NaN);
  if (!usable || (action !== "replay" && action !== "delete")) {
    throw new ProblemError("bad-form", "Use the buttons of the page of dead letters");
  }
  return { action, ids };
}

/**
 * Does what a form asks for, one dead letter after the other.
 *
 * @throws the driver's error while the database is away; those before are done
 */
export async function actOnLetters(sql: Sql, { action, ids }: LetterForm): Promise<LetterResults> {
  const results: LetterResults = {};
  for (const id of ids) {
    const result = action === "delete"
      ? (await deleteDeadLetter(sql, id) ? "deleted" : "gone")
      : (await replayDeadLetter(sql, id))?.status ?? "gone";
    results[result] = (results[result] ?? 0) + 1;
  }
  return results;
}

/**
 * Says what came of it: one sentence each.
 *
 * @example
 * ```ts
 * import { deepStrictEqual } from "node:assert";
 * import { sayResults } from "./dead_letter_form.ts";
 *
 * deepStrictEqual(sayResults({ stored: 1, gone: 2 }), [
 *   "1 event is stored now.",
 *   "2 dead letters had been dealt with before.",
 * ]);
 * ```
 */
export function sayResults(results: LetterResults): string[] {
  return RESULTS.flatMap((result) => {
    const n = results[result] ?? 0;
    return n === 0 ? [] : [`${n} ${n === 1 ? ONE[result] : MANY[result]}.`];
  });
}

const ONE = {
  stored: "event is stored now",
  duplicate: "event was a duplicate: its key is stored already",
  refused: "event was refused again, for the reason shown",
  deleted: "dead letter is deleted",
  gone: "dead letter had been dealt with before",
};

const MANY = {
  stored: "events are stored now",
  duplicate: "events were duplicates: their keys are stored already",
  refused: "events were refused again, for the reasons shown",
  deleted: "dead letters are deleted",
  gone: "dead letters had been dealt with before",
};
