/**
 * How far the store is decided, for all who follow it.
 *
 * While somebody does, PostgreSQL is asked once after each commit of this process, though not more
 * often than every FEED_TICK_MS, and once in FEED_IDLE_MS for those of others. While it is away the
 * feed stands still and tries again.
 */
import { delay } from "./delay.ts";
import { reason } from "./errors.ts";
import {
  FEED_ANSWER_MS,
  FEED_CONNECTIONS,
  FEED_IDLE_MS,
  FEED_TICK_MS,
  QUERY_TIMEOUT_MS,
  RETRY_FIRST_MS,
  RETRY_LONGEST_MS,
} from "./limits.ts";
import { logger } from "./logger.ts";
import { answered, connect, type Sql } from "./sql/connect.ts";
import { readHead, Watermark } from "./sql/watermark.ts";

const log = logger("feed");

export class Feed {
  readonly #sql: Sql;
  #watermark = new Watermark();
  #last: number | undefined;
  #followers = 0;
  /** Looks that were begun, and those that have ended. */
  #begun = 0;
  #ended = 0;
  #woken = Promise.withResolvers<void>();
  #looked = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  #closed = false;
  /** What is being read for those who follow. */
  readonly #reading = new Map<string, Promise<unknown>>();

  /** @param url the database's; it is first asked when somebody follows */
  constructor(url: string) {
    this.#sql = connect(url, FEED_CONNECTIONS, "sekali feed", QUERY_TIMEOUT_MS);
  }

  /** All seqs up to here are decided; undefined while nobody follows, or it is not known yet. */
  get watermark(): number | undefined {
    return this.#watermark.value;
  }

  /** The last seq that was given out, decided or not; undefined where the watermark is. */
  get last(): number | undefined {
    return this.#last;
  }

  /** Begins to follow; dispose of what comes back in the end. */
  join(): Disposable {
    this.#followers++;
    this.#running ??= this.#run();
    return {
      [Symbol.dispose]: () => {
        this.#followers--;
        this.wake();
      },
    };
  }

  /** Something was committed. */
  wake(): void {
    this.#woken.resolve();
  }

  /** Waits for the next look, whatever it finds; at once if there will be none. */
  async looked(): Promise<void> {
    if (!this.#closed) await this.#looked.promise;
  }

  /** Waits for a look that begins from now on, so many milliseconds at most. */
  async refresh(withinMs: number): Promise<void> {
    const next = this.#begun + 1;
    this.wake();
    await this.#until(() => this.#ended >= next, withinMs);
  }

  /**
   * Where the store is decided now.
   *
   * @param withinMs how long to wait for it
   * @returns undefined if it is not known by then
   */
  async position(withinMs: number): Promise<number | undefined> {
    using _joined = this.join();
    const next = this.#begun + 1;
    this.wake();
    await this.#until(() => this.#ended >= next && this.watermark !== undefined, withinMs);
    return this.watermark;
  }

  /**
   * Reads, or waits for who is just reading the same: many follow with the same filter.
   *
   * @param what it is, as JSON can tell it from all else
   */
  read<T>(what: unknown, read: (sql: Sql) => Promise<T>): Promise<T> {
    const key = JSON.stringify(what);
    let answer = this.#reading.get(key) as Promise<T> | undefined;
    if (answer === undefined) {
      answer = answered(this.#sql, FEED_ANSWER_MS, read(this.#sql))
        .finally(() => this.#reading.delete(key));
      this.#reading.set(key, answer);
    }
    return answer;
  }

  /** Looks and reads no more; whoever waits goes on. */
  async stop(): Promise<void> {
    this.#closed = true;
    this.wake();
    this.#looked.resolve();
    await this.#sql.end({ timeout: 0 });
    await this.#running;
  }

  async #run() {
    let pauseMs = RETRY_FIRST_MS;
    while (this.#followers > 0 && !this.#closed) {
      this.#woken = Promise.withResolvers();
      this.#begun++;
      const found = await this.#look();
      this.#ended = this.#begun;
      this.#looked.resolve();
      this.#looked = Promise.withResolvers();
      await delay(FEED_TICK_MS);
      if (!found) await this.#sleep(pauseMs * (0.5 + Math.random() / 2));
      else if (!this.#watermark.pending) await this.#sleep(FEED_IDLE_MS);
      pauseMs = found ? RETRY_FIRST_MS : Math.min(2 * pauseMs, RETRY_LONGEST_MS);
    }
    // Those who come later begin with what is decided then.
    this.#watermark = new Watermark();
    this.#last = undefined;
    this.#running = undefined;
  }

  async #look(): Promise<boolean> {
    try {
      const looking = readHead(this.#sql, this.#watermark.question);
      const head = await answered(this.#sql, FEED_ANSWER_MS, looking);
      this.#watermark.take(head);
      this.#last = head.last;
      return true;
    } catch (error) {
      this.#watermark.forget();
      log.debug("Cannot look what is stored: {reason}", { reason: reason(error) });
      return false;
    }
  }

  async #sleep(ms: number) {
    const timer = setTimeout(() => this.wake(), ms);
    await this.#woken.promise;
    clearTimeout(timer);
  }

  async #until(done: () => boolean, withinMs: number) {
    const late = Promise.withResolvers<void>();
    const deadline = Date.now() + withinMs;
    const timer = setTimeout(late.resolve, withinMs);
    while (!done() && !this.#closed && Date.now() < deadline) {
      await Promise.race([this.looked(), late.promise]);
    }
    clearTimeout(timer);
  }
}
