import { AssertionError } from 'node:assert/strict';
import { type Context, type Flow, type Job, type JobSnapshot, RoutiluxError } from '../../../lib/index.js';
import { isFinal } from '../../../lib/job/JobStatus.js';
import { type CallingClock, callingClock } from '../../support/callingClock.js';
import { behind } from '../../../lib/Job.js';
import { turn } from '../../support/virtualTime.js';
import { deeds, type Do } from './deeds.js';
import { type Act, type Deed, type Mess, OFTEN, type Site } from './Mess.js';
import { Watched } from './Watched.js';

/** What a callback throws on purpose. */
export class Mischief extends Error {}

/** Whose callback it is: a job's, or that of one attempt. */
export type Own = Pick<Context, 'job'>;

/** A job as it was written down, between its records `mark n` and `mark n`. */
export interface Shot {
  readonly watched: Watched;
  readonly written: JobSnapshot;
  readonly number: number;
  /** The task whose update of a state was being asked: it has not settled, whatever the records say. */
  readonly asked: string | undefined;
}

/** A handler that listens to its signal. */
export interface Listener {
  readonly ctx: Context;
  readonly signal: AbortSignal;
}

/** Where one mess is played: its flows, its jobs, and what is done from their callbacks. */
export class Ground {
  readonly clock: CallingClock;
  readonly flows: Flow[] = [];
  readonly shut = new Set<Flow>();
  readonly jobs: Watched[] = [];
  readonly contexts: Context[] = [];
  readonly listeners = new Set<Listener>();
  readonly controllers: AbortController[] = [];
  readonly shots: Shot[] = [];
  readonly faults: unknown[] = [];
  /** Tasks that have tracked a promise, and those of which one was rejected. */
  readonly tracked = new Set<string>();
  readonly rejected = new Set<string>();
  readonly called = new Set<Site>();
  readonly done = new Set<Deed>();
  /** What waits for the mess to be over. */
  readonly atEnd: (() => void)[] = [];
  /** Streams of the user that are open. */
  open = 0;
  /** Promises of the library that have not settled. */
  unanswered = 0;
  ids = 0;
  /** How much may still be emitted by handlers. */
  fuel = 30;
  asking: Context | undefined = undefined;
  #marks = 0;
  /** The next act, and the calls that were let pass since the last. */
  #next = 0;
  #passed = 0;

  /** On calm ground callbacks do nothing. */
  constructor(
    readonly mess: Mess,
    public calm = false,
  ) {
    this.clock = callingClock((call) => {
      this.poke(call);
    }, mess.isVirtual);
  }

  // ── callbacks ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** A callback is called. */
  poke(site: Site, own: Own | undefined = this.contexts.at(-1)): void {
    // A flow asks for the time while it is made.
    if (this.calm || this.flows.length === 0) return;
    this.called.add(site);
    if (LAST.includes(site)) for (const watched of this.jobs) watched.checkRest();
    if (this.mess.sites.includes(site)) this.#callBack(site, own);
  }

  #callBack(site: Site, own: Own | undefined): void {
    const act = this.mess.acts[this.#next];
    this.#passed += OFTEN.includes(site) ? 1 : 4;
    if (act === undefined || this.#passed <= act.skip * 4) return;
    this.#next++;
    this.#passed = 0;
    this.done.add(act.does);
    if (act.does === 'throw') throwAt(site);
    else this.#perform(deeds[act.does], act, own);
  }

  #perform(deed: Do, act: Act, own: Own | undefined): void {
    this.attempt(() => deed(this, act, own));
  }

  /** Makes a call of the library, which it may refuse. */
  attempt(call: () => unknown): void {
    try {
      const answer = call();
      if (answer instanceof Promise) this.#follow(answer);
    } catch (error) {
      this.check(error);
    }
  }

  #follow(answer: Promise<unknown>): void {
    this.unanswered++;
    const answered = (): void => void this.unanswered--;
    answer.then(answered, (error: unknown) => {
      answered();
      this.check(error);
    });
  }

  check(error: unknown): void {
    if (!(error instanceof RoutiluxError) && !(error instanceof Mischief)) this.faults.push(error);
  }

  blame(message: string): void {
    this.faults.push(new AssertionError({ message }));
  }

  /** An update of a state is asked. */
  ask(ctx: Context): void {
    this.asking = ctx;
    // It may throw; then it is asked no more, either.
    try {
      this.poke('update', ctx);
    } finally {
      this.asking = undefined;
    }
  }

  /** A payload with a getter, which is called when it is copied. */
  payload(fuel = 0, own?: Own, site: Site = 'payload'): { readonly fuel: number; readonly peek: number } {
    const poke = (): void => {
      this.poke(site, own);
    };
    return {
      fuel,
      get peek() {
        poke();
        return 1;
      },
    };
  }

  // ── whom a deed is done to ──────────────────────────────────────────────────────────────────────────────────────

  contextOf({ who }: Act, own: Own | undefined): Context | undefined {
    if (who > 0) return this.contexts.at(-1 - who) ?? this.contexts.at(-1);
    return this.contexts.find((each) => each === own) ?? this.contexts.filter(({ job }) => job === own?.job).at(-1);
  }

  jobOf({ who }: Act, own: Own | undefined): Watched | undefined {
    if (who === 0) return this.jobs.find(({ job }) => job.state === own?.job);
    return this.jobs[(who - 1) % this.jobs.length];
  }

  flowOf({ who }: Act): Flow {
    return this.flows[who % this.flows.length] as Flow;
  }

  watch(job: Job, flow: Flow, first: readonly string[] = [`${job.id}:0.0`]): void {
    if (this.jobs.some((each) => each.job === job)) return;
    const watched = new Watched(this, job, flow, first);
    this.jobs.push(watched);
    watched.begin();
  }

  /** Writes a job down that has not ended. */
  shoot(watched: Watched): JobSnapshot | undefined {
    const { job } = watched;
    if (isFinal(job.status)) return undefined;
    const number = this.#marks++;
    const asked = this.asking?.job === job.state ? this.asking.taskId : undefined;
    const mark = (): void => {
      behind(job).ledger.warn(`mark ${number}`);
    };
    mark();
    const written = job.snapshot();
    // A getter may have ended it meanwhile.
    if (isFinal(job.status)) return written;
    mark();
    this.shots.push({ watched, written, number, asked });
    return written;
  }

  // ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────

  sleep(ms: number): Promise<void> {
    return new Promise(
      (resolve) =>
        void this.clock.time.schedule(() => {
          resolve();
        }, ms),
    );
  }

  /** Lets time pass until nothing happens any more. */
  async settle(): Promise<void> {
    for (let left = MOST; left > 0; left--) {
      await turn();
      if (this.clock.step()) continue;
      await turn();
      if (!this.clock.step()) return;
    }
  }

  get live(): readonly Watched[] {
    return this.jobs.filter(({ job }) => !isFinal(job.status));
  }
}

/** Instants that a mess may take to settle. */
const MOST = 500;

/** Callbacks that hear of an end. */
const LAST: readonly Site[] = ['teardown', 'abort', 'unschedule', 'leaveOperator', 'return', 'sinkEnd'];

/** Callbacks that may throw: what they throw is a failure of a task, or told. */
// prettier-ignore
const THROWING: readonly Site[] = [
  'handler', 'afterAwait', 'mapping', 'codec', 'merge', 'update', 'retryOn', 'random', 'payload', 'params', 'teardown', 'error',
  'sink', 'asyncSink', 'look', 'then', 'operate', 'leaveOperator', 'open', 'next', 'return',
];

const throwAt = (site: Site): void => {
  if (THROWING.includes(site)) throw new Mischief(site);
};
