import { empty } from '../prelude/empty.js';
import type { Steps } from './Steps.js';

/**
 * Delivers records and calls of views to the watchers of one job, in order: an observer that calls the job never changes the order
 * for others, and nobody hears anything while a handler is on the stack or a step is half applied.
 */
export class Outbox<T> {
  // One list for all its letters, since it is filled and emptied three times for each task that is watched.
  readonly #letters: (T | (() => void))[] = [];
  #isDelivering = false;

  /** `send` gets each letter that is not a call. */
  constructor(
    private readonly steps: Steps,
    private readonly send: (letter: T) => void,
  ) {}

  /** Whether nothing waits to be delivered. */
  get isEmpty(): boolean {
    return this.#letters.length === 0;
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
    if (typeof letter === 'function') (letter as () => void)();
    else this.send(letter);
  }

  /** Takes out what comes after a letter. */
  takeAfter(letter: () => void): readonly (T | (() => void))[] {
    return this.#letters.splice(this.#letters.indexOf(letter) + 1);
  }
}
