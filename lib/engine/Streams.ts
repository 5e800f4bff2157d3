import type { StreamState } from '../job/StreamState.js';
import type { Part as Routine } from '../flow/Part.js';
import type { JobRun } from './JobRun.js';
import type { Node } from './Plan.js';
import { reachableFrom } from './reachableFrom.js';

/** A stream that a routine keeps in one job: an operator at work. */
export interface Stream {
  /** Whether its input has not completed yet. */
  readonly isOpen: boolean;
  /** Completes its input: what it holds back comes out. */
  complete(): void;
  /** The job has ended: it is unsubscribed from, and nothing comes out. */
  stop(): void;
}

/** A kind of routine that keeps streams. */
export interface StreamKind {
  /**
   * The stream of the routine in a job: at the start of the job, or where it is taken up with what its streams had come to;
   * undefined where it has none that completes with the job.
   */
  open(run: JobRun, node: Node, left: readonly StreamState[]): Stream | undefined;
}

const kinds = new WeakMap<Routine, StreamKind>();

/** Makes a routine one that keeps streams. */
export const keepStreams = <R extends Routine>(routine: R, kind: StreamKind): R => {
  kinds.set(routine, kind);
  return routine;
};

/** Makes it one that keeps none. */
export const dropStreams = (routine: Routine): void => void kinds.delete(routine);

export const streamKindOf = (routine: Routine): StreamKind | undefined => kinds.get(routine);

/** The streams of one job that complete when it comes to rest. */
export class Streams {
  readonly #streams = new Map<Node, Stream | undefined>();
  readonly #reach = new Map<Node, ReadonlySet<Node>>();

  constructor(private readonly run: JobRun) {}

  /** Opens the streams of all routines that the entry leads to, and of those that had some before. */
  openAll(entry: Node | undefined): void {
    const reached = entry === undefined ? [] : [entry, ...this.#reachedBy(entry)];
    const left = [...this.run.data.streams.keys()].flatMap((id) => this.run.plan.nodes.get(id) ?? []);
    for (const node of [...reached, ...left]) if (!this.run.over) this.at(node);
  }

  /** The stream of a routine; opened now where nothing seemed to lead there. */
  at(node: Node): Stream | undefined {
    if (node.streams === undefined) return undefined;
    if (!this.#streams.has(node)) {
      // Before it is open: it may emit at once, and that may come back to it.
      this.#streams.set(node, undefined);
      const stream = node.streams.open(this.run, node, this.run.data.streams.get(node.id) ?? []);
      this.#streams.set(node, stream);
      if (this.run.over) stream?.stop();
    }
    return this.#streams.get(node);
  }

  /** Those to be completed next: no other open one leads to them, unless it is in a cycle with them. */
  get next(): readonly Stream[] {
    const open = [...this.#streams].flatMap(([node, stream]) => (stream?.isOpen === true ? [{ node, stream }] : []));
    const isBehind = (one: Node, other: Node): boolean => this.#reachedBy(other).has(one) && !this.#reachedBy(one).has(other);
    return open.filter(({ node }) => !open.some((other) => isBehind(node, other.node))).map(({ stream }) => stream);
  }

  stop(): void {
    for (const stream of this.#streams.values()) stream?.stop();
  }

  #reachedBy(node: Node): ReadonlySet<Node> {
    const reached = this.#reach.get(node) ?? reachableFrom(node);
    this.#reach.set(node, reached);
    return reached;
  }
}
