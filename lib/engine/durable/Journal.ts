import type { JobRecord } from '../../job/JobRecord.js';
import { Outbox } from '../Outbox.js';
import type { Steps } from '../Steps.js';

type Letter = JobRecord | (() => void);

/** What is told before it is stored: that an attempt begins, which may be told again after a death, and outputs that nobody keeps. */
const isTold = (letter: Letter): boolean =>
  typeof letter !== 'function' && (letter.type === 'taskStarted' || (letter.type === 'output' && letter.kept === false));

/**
 * The outbox of a durable job. A record is a fact that has to be stored; it waits here with all that comes after it, and is told when it
 * has been.
 */
export class Journal extends Outbox<JobRecord> {
  #facts: JobRecord[] = [];
  /** What is told when the next group, and the one on its way, is stored. */
  #waiting: (() => void)[] = [];
  #onTheWay: readonly (() => void)[] = [];
  /** How many letters have come, and the place among them of the one that is being delivered. */
  #come = 0;
  #now = 0;

  /** `changed` is told that there is something to store, and what. */
  constructor(
    steps: Steps,
    send: (record: JobRecord) => void,
    private readonly changed: (record: JobRecord) => void,
  ) {
    super(steps, send);
  }

  /** Whether something has not been stored yet. */
  get isOpen(): boolean {
    return this.#waiting.length > 0 || this.#onTheWay.length > 0;
  }

  override get isEmpty(): boolean {
    return super.isEmpty && !this.isOpen;
  }

  override get posted(): number {
    return this.#come;
  }

  override get place(): number {
    return this.#now;
  }

  override post(letter: Letter): void {
    if (isTold(letter)) this.postNow(letter);
    else if (typeof letter !== 'function') this.#keep(letter);
    else if (this.isOpen) this.#waiting.push(this.#placed(letter));
    else this.postNow(letter);
  }

  override postNow(letter: Letter): void {
    super.post(this.#placed(letter));
  }

  #keep(record: JobRecord): void {
    this.#facts.push(record);
    this.#waiting.push(this.#placed(record));
    this.changed(record);
  }

  #placed(letter: Letter): () => void {
    const place = this.#come++;
    return () => {
      this.#now = place;
      this.hand(letter);
    };
  }

  /** What has happened since the last time; it is on its way to the store. */
  take(): readonly JobRecord[] {
    const facts = this.#facts;
    this.#facts = [];
    this.#onTheWay = this.#waiting;
    this.#waiting = [];
    return facts;
  }

  /** That is stored, and told. */
  release(): void {
    const stored = this.#onTheWay;
    this.#onTheWay = [];
    for (const tell of stored) super.post(tell);
  }
}
