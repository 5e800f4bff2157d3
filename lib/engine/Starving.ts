/** A job that waits for its first worker. */
export interface Waiting {
  /** Who has started it, if a handler did and is known. */
  readonly parent: object | undefined;
  /** Whether it may start a task; not if it has ended or is paused. */
  readonly isReady: boolean;
  readonly parts: {
    readonly ledger: {
      readonly data: { readonly jobId: string; readonly currentRoutineId: string | undefined };
      warn(message: string): void;
    };
  };
}

/** The jobs that may start something, in the order of their turns. */
interface Line<R> extends Iterable<R> {
  readonly isEmpty: boolean;
}

const AFTER_MS = 1_000;

/**
 * Without async context nobody knows that a handler has started a run after an `await`: the run does not borrow the worker of that
 * handler, and if all workers are held, the two wait for each other. Such a run is told of once it has waited for 1 s (D33).
 */
export class Starving<R extends Waiting> {
  #timer: unknown = undefined;
  /** What it was set with: timers of a runner's clock are thrown away with that. */
  #by: unknown = undefined;
  /** Those that waited when the timer was set, and that have not been told of. */
  #seen: readonly R[] = [];
  readonly #told = new WeakSet<R>();

  /** `isNeeded`: the flow has no async context. */
  constructor(
    private readonly turns: Line<R>,
    private readonly isNeeded: boolean,
  ) {}

  /** A job that may be waiting for the worker of the very handler that waits for it. */
  get first(): R | undefined {
    if (this.isNeeded) for (const run of this.turns) if (mayStarve(run)) return run;
    return undefined;
  }

  /** Jobs have to wait, since all workers are held. */
  watch(): void {
    if (!this.isNeeded || (this.#timer !== undefined && this.#by === setTimeout)) return;
    this.#seen = this.#all;
    this.#by = setTimeout;
    this.#timer = setTimeout(this.#look, AFTER_MS);
    // A timer of Node keeps the process; that of a page is a number.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  readonly #look = (): void => {
    const still = new Set(this.#all);
    this.#timer = undefined;
    for (const run of this.#seen) if (still.delete(run)) this.#tell(run);
    this.#seen = [];
    // They have come while it ran.
    if (still.size > 0) this.watch();
  };

  #tell(run: R): void {
    this.#told.add(run);
    run.parts.ledger.warn(HOW_TO_LEND);
  }

  get #all(): readonly R[] {
    return [...this.turns].filter((run) => mayStarve(run) && !this.#told.has(run));
  }
}

const mayStarve = ({ parent, isReady, parts: { ledger } }: Waiting): boolean =>
  isReady && parent === undefined && ledger.data.currentRoutineId === undefined;

const HOW_TO_LEND =
  'This job waits for its first worker, and all of them are held; if a handler has started it and waits for it, hand over its ctx: { parent: ctx }';
