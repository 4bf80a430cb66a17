/**
 * Deletes in the background what has outlived its retention: events, and dead letters.
 *
 * It has one connection, of its own, so that all of it is no more to the server than another consumer.
 * What arrives meanwhile waits for none of it, but for a repeat of the very events that are being deleted.
 */
import { reason } from "./errors.ts";
import {
  SWEEP_ANSWER_MS,
  SWEEP_EVENTS,
  SWEEP_LONGEST_MS,
  SWEEP_SHORTEST_MS,
  SWEEP_TIMEOUT_MS,
} from "./limits.ts";
import { logger } from "./logger.ts";
import { keptMs, type Retention } from "./retention.ts";
import { answered, connect, isUnavailable, type Sql } from "./sql/connect.ts";
import {
  expireEvents,
  expireLetters,
  readDue,
  readTopics,
  type TopicLimit,
} from "./sql/retention.ts";

const log = logger("retention");

export class Sweeper {
  readonly #sql: Sql;
  readonly #retention: Retention;
  readonly #stopping = Promise.withResolvers<void>();
  readonly #running: Promise<void>;
  #stopped = false;

  /** @param url the database's; it is asked only if some events are not kept for ever */
  constructor(url: string, retention: Retention) {
    this.#sql = connect(url, 1, "sekali retention", SWEEP_TIMEOUT_MS);
    this.#retention = retention;
    this.#running = this.#run();
  }

  /** Stops at once: what was not committed is deleted later. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopping.resolve();
    await this.#sql.end({ timeout: 0 });
    await this.#running;
  }

  async #run() {
    const shortestMs = Math.min(...this.#retention.map(({ keptMs }) => keptMs));
    if (shortestMs === Infinity) return;
    const everyMs = Math.min(Math.max(shortestMs / 100, SWEEP_SHORTEST_MS), SWEEP_LONGEST_MS);
    while (!this.#stopped) {
      try {
        await this.#sweep(Date.now());
      } catch (error) {
        const level = this.#stopped || isUnavailable(error) ? "debug" : "warn";
        log[level]("Cannot delete what has expired, trying again later: {reason}", {
          reason: reason(error),
        });
      }
      await this.#rest(everyMs);
    }
  }

  async #sweep(now: number) {
    const limits = (await this.#ask(readTopics(this.#sql))).flatMap((topic) => {
      const kept = keptMs(this.#retention, topic);
      return kept === Infinity ? [] : [{ topic, since: new Date(now - kept) }];
    });
    let events = 0;
    for (const limit of await this.#ask(readDue(this.#sql, limits))) {
      events += await this.#sweepTopic(limit);
    }
    const letters = await this.#sweepLetters(limits);
    if (events + letters > 0) {
      log.debug("{events} events and {letters} dead letters have expired", { events, letters });
    }
  }

  async #sweepTopic(limit: TopicLimit): Promise<number> {
    let all = 0;
    let after = 0;
    while (!this.#stopped) {
      const asked = expireEvents(this.#sql, limit, after, SWEEP_EVENTS);
      const { looked, expired, last } = await this.#ask(asked);
      all += expired;
      if (last === null || looked < SWEEP_EVENTS || expired === 0) break;
      after = last;
    }
    return all;
  }

  async #sweepLetters(limits: readonly TopicLimit[]): Promise<number> {
    let all = 0;
    while (!this.#stopped) {
      const expired = await this.#ask(expireLetters(this.#sql, limits, SWEEP_EVENTS));
      all += expired;
      if (expired < SWEEP_EVENTS) break;
    }
    return all;
  }

  #ask<T>(answer: Promise<T>): Promise<T> {
    return answered(this.#sql, SWEEP_ANSWER_MS, answer);
  }

  /** Waits, but for no longer than until the stop. */
  async #rest(ms: number) {
    const over = Promise.withResolvers<void>();
    const timer = setTimeout(over.resolve, ms);
    await Promise.race([over.promise, this.#stopping.promise]);
    clearTimeout(timer);
  }
}
