/**
 * What the server is asked for again and again, while the page can be seen.
 */
import { type ReadonlySignal, signal } from "@preact/signals";

/** What is asked for, and how often. */
export interface Question {
  readonly url: string;
  readonly everyMs: number;
}

/** The latest answer. */
export interface Poll<T> {
  /** Undefined until one has come: then what the server rendered holds. */
  readonly answer: ReadonlySignal<T | undefined>;
  /** Begins, and goes on with another question where it had one. May be called again and again. */
  ask(question: Question): void;
}

/** Asks for JSON. A question that fails is put again at its next turn. */
export function createPoll<T>(): Poll<T> {
  const answer = signal<T>();
  let question: Question | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const turn = async () => {
    clearTimeout(timer);
    const asked = question;
    if (asked === undefined || document.hidden) return;
    const answered = await read<T>(asked.url);
    if (asked !== question) return;
    if (answered !== undefined) answer.value = answered;
    clearTimeout(timer);
    timer = setTimeout(turn, asked.everyMs);
  };

  return {
    answer,
    ask(next) {
      if (question?.url === next.url) return;
      const first = question === undefined;
      question = next;
      if (!first) return void turn();
      document.addEventListener("visibilitychange", turn);
      timer = setTimeout(turn, next.everyMs);
    },
  };
}

async function read<T>(url: string): Promise<T | undefined> {
  try {
    const response = await fetch(url);
    return response.ok ? await response.json() : undefined;
  } catch {
    // The connection's state is shown already.
    return undefined;
  }
}
