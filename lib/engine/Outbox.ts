import { empty } from '../prelude/empty.js';
import type { Steps } from './Steps.js';

/**
 * Delivers records and calls of views to the watchers of one job, in order: an observer that calls the job never changes the order
 * for others, and nobody hears anything while a handler is on the stack or a step is half applied.
 */
export class Outbox<T> {
  // One list for all its letters, since it is filled and emptied three times for each task that is watched.
  readonly #letters: (T | (() => void))[] = [];
  /** What comes after a letter that holds it back. */
  #held: readonly (T | (() => void))[] = [];
  #isDelivering = false;
  /** The letter that is being delivered, or was last. */
  current: T | (() => void) | undefined = undefined;

  /** `send` gets each letter that is not a call. */
  constructor(
    private readonly steps: Steps,
    private readonly send: (letter: T) => void,
  ) {}

  /** What has been posted and not delivered; also what is held back. */
  waiting(): Set<T | (() => void)> {
    const waiting = new Set([...this.#letters, ...this.#held]);
    // Once they have been delivered, nobody has to know of them. What is held back comes later than this.
    if (waiting.size > 0 && this.#held.length === 0)
      this.post(() => {
        waiting.clear();
      });
    return waiting;
  }

  post(letter: T | (() => void)): void {
    this.#letters.push(letter);
    if (this.#letters.length === 1) this.steps.deliver(this);
  }

  deliver(): void {
    const letters = this.#letters;
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    // The loop also meets letters that are posted meanwhile. With an index: V8 makes an object for each step of an iterator here.
    // eslint-disable-next-line @typescript-eslint/prefer-for-of
    for (let at = 0; at < letters.length; at++) this.#hand(letters[at] as T);
    empty(letters);
    this.#isDelivering = false;
  }

  #hand(letter: T | (() => void)): void {
    this.current = letter;
    if (typeof letter === 'function') (letter as () => void)();
    else this.send(letter);
  }

  /** Holds back what comes after a letter, until the call that this gives. */
  holdAfter(letter: () => void): () => void {
    this.#held = this.#letters.splice(this.#letters.indexOf(letter) + 1);
    return () => {
      const held = this.#held;
      this.#held = [];
      for (const each of held) this.post(each);
    };
  }
}
