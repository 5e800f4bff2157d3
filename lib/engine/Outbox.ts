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
  /** How many letters were posted before those in the list; and which of these is being delivered. */
  #before = 0;
  #at = 0;
  /** The place of a letter that was held back, while it is delivered. */
  #again: number | undefined = undefined;

  /** `send` gets each letter that is not a call. */
  constructor(
    private readonly steps: Steps,
    protected readonly send: (letter: T) => void,
  ) {}

  /** Whether nothing waits to be delivered. */
  get isEmpty(): boolean {
    return this.#letters.length === 0 && this.#held.length === 0;
  }

  /** How many letters have been posted. */
  get posted(): number {
    return this.#before + this.#letters.length;
  }

  /** The place of the letter that is being delivered among all that were posted, from 0: a number, however many wait (D46). */
  get place(): number {
    return this.#again ?? this.#before + this.#at;
  }

  post(letter: T | (() => void)): void {
    this.#letters.push(letter);
    if (this.#letters.length === 1) this.steps.deliver(this);
  }

  /** The same for what does not wait for what it is about to be stored (see `Journal`). */
  postNow(letter: T | (() => void)): void {
    this.post(letter);
  }

  deliver(): void {
    const letters = this.#letters;
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    // The loop also meets letters that are posted meanwhile. With an index: V8 makes an object for each step of an iterator here.
    for (this.#at = 0; this.#at < letters.length; this.#at++) this.hand(letters[this.#at] as T);
    this.#before += letters.length;
    empty(letters);
    this.#isDelivering = false;
  }

  protected hand(letter: T | (() => void)): void {
    if (typeof letter === 'function') (letter as () => void)();
    else this.send(letter);
  }

  /** Holds back what comes after the letter that is being delivered, until the call that this gives. */
  holdRest(): () => void {
    const from = this.#at + 1;
    const place = this.#before + from;
    this.#held = this.#letters.splice(from);
    this.#before += this.#held.length;
    return () => {
      const held = this.#held;
      this.#held = [];
      for (const [nth, each] of held.entries())
        this.post(() => {
          this.#handAgain(each, place + nth);
        });
    };
  }

  /** It has the place at which it was posted. */
  #handAgain(letter: T | (() => void), place: number): void {
    this.#again = place;
    this.hand(letter);
    this.#again = undefined;
  }
}
