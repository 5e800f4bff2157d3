import { Subject } from 'rxjs';
import type { Flow } from '../Flow.js';
import type { Context } from '../flow/Context.js';
import { dropStreams } from '../engine/streamKinds.js';
import type { Handler } from '../flow/Handler.js';
import type { Job } from '../Job.js';
import type { JobState } from '../JobState.js';
import { feed } from '../rx/feed.js';
import type { VirtualClock } from './VirtualClock.js';
import { checkCopy } from '../flow/checkCopy.js';
import { checkAct } from './checkAct.js';
import { checkMs } from './sleep.js';

/** What a handler does: at last it ends, throws, or hangs. */
export type Act =
  | { readonly emits: string; readonly data: object }
  | { readonly defers: string; readonly data: object }
  | { readonly outputs: string; readonly data: object }
  | { readonly throws: unknown }
  | { readonly cancels: string | undefined }
  | 'pauses'
  | 'ends'
  | 'hangs';

/** What is done to the job from outside: `feeds` brings a payload into a slot, `routine.slot`, as `feed` of `routilux/rx` does. */
export type Control =
  'pause' | 'resume' | { readonly feeds: string; readonly data: object } | { readonly cancel: string | undefined };

/**
 * Something that happens, when (in ms), and whose doing it is: `reader.trigger 2` is the second call of that slot's handler,
 * `job` is whoever steers the job. All that a step
 * holds is done in one turn.
 */
export type ReplayStep =
  | readonly [at: number, call: `${string} ${number}`, ...acts: readonly Act[]]
  | readonly [at: number, job: 'job', ...controls: readonly Control[]];

/**
 * Puts a stand-in in place of every handler of a flow, for good, and gives the flow back. The stand-ins do what the steps say:
 * one after the other, each at its time, after the engine has answered the one before. A call that the steps do not
 * know fails.
 *
 * @throws FlowError `BAD_OPTION`
 */
export const replay = (clock: VirtualClock, flow: Flow, steps: readonly ReplayStep[]): Flow => {
  for (const [at, , ...acts] of steps) {
    checkMs(at, 'at');
    for (const act of acts) checkAct(act);
  }
  const director = new Director(clock, checkCopy(flow), steps);
  for (const [routineId, routine] of flow.routines) {
    // An operator would give what it holds when the job comes to rest: what it gave is in the steps.
    dropStreams(routine);
    for (const [name, slot] of routine.slots)
      Object.defineProperty(slot, 'handler', { value: standIn(director, `${routineId}.${name}`), configurable: true });
  }
  flow.changed();
  return flow;
};

const standIn = (director: Director, place: string): Handler => {
  let called = 0;
  return (_, ctx) => director.call(`${place} ${++called}`, ctx);
};

/** Whether a handler has answered with it. */
export const isAnswer = (act: unknown): boolean => act === 'ends' || (typeof act === 'object' && act !== null && 'throws' in act);

/** One call of a handler, also once it has answered: it may have left a promise behind. */
class Playing {
  /** How it has answered. */
  answer: { readonly error?: unknown; readonly failed: boolean } | undefined;
  readonly done: Promise<void>;
  #settle: () => void = () => undefined;

  constructor(readonly ctx: Context) {
    this.done = new Promise((settle) => {
      this.#settle = settle;
    });
  }

  perform(act: Act): void {
    try {
      this.#perform(act);
    } catch (error) {
      this.#end({ failed: true, error });
    }
  }

  #perform(act: Act): void {
    if (act === 'hangs') return;
    if (act === 'ends') this.#end({ failed: false });
    else if (act === 'pauses') void this.ctx.pause();
    else if ('cancels' in act) this.ctx.cancel(act.cancels);
    else if ('throws' in act) this.#end({ failed: true, error: act.throws });
    else if ('emits' in act) this.ctx.emit(act.emits, act.data);
    else if ('defers' in act) this.ctx.emitDeferred(act.defers, act.data);
    else this.ctx.output(act.outputs, act.data);
  }

  #end(answer: NonNullable<Playing['answer']>): void {
    this.answer ??= answer;
    this.#settle();
  }
}

/** What a call gives back: at once if it has answered at once, as a handler that awaits nothing does. */
const answerOf = (playing: Playing): unknown => {
  const take = (): unknown => {
    if (playing.answer?.failed === true) throw playing.answer.error;
    return undefined;
  };
  return playing.answer === undefined ? playing.done.then(take) : take();
};

/** Has the steps done in their order. */
class Director {
  readonly #playing = new Map<string, Playing>();
  /** What came while nobody was there to do it. */
  readonly #missed = new Map<string, Act[]>();
  /** Calls that do something after they have answered: when the last of it is done. */
  readonly #late: ReadonlyMap<string, number>;
  readonly #known: ReadonlySet<string>;
  readonly #lateDone: { readonly step: number; readonly done: () => void }[] = [];
  /** How many payloads each slot is still to be fed with. */
  readonly #toFeed = new Map<string, number>();
  readonly #feeds = new Map<string, Subject<object>>();
  #job: Job | undefined;
  #next = 0;
  #begun = 0;

  constructor(
    private readonly clock: VirtualClock,
    private readonly flow: Flow,
    private readonly steps: readonly ReplayStep[],
  ) {
    this.#known = new Set(steps.map(([, call]) => call));
    this.#late = lateOf(steps);
    for (const { feeds: place } of steps.flatMap((step): readonly unknown[] => step.slice(2)).filter(isFeeding))
      this.#toFeed.set(place, (this.#toFeed.get(place) ?? 0) + 1);
  }

  /** A handler is called. What it does at once it does before it returns. */
  call(name: string, ctx: Context): unknown {
    if (!this.#known.has(name)) throw new Error(`There is no step for the call ${name}`);
    if (this.#job === undefined) this.#begin(ctx.job);
    const playing = new Playing(ctx);
    this.#playing.set(name, playing);
    this.#keepOpen(name, ctx);
    for (const act of this.#missed.get(name) ?? []) playing.perform(act);
    while (this.#isDue && this.#head?.[1] === name) this.#perform();
    return answerOf(playing);
  }

  #begin(state: JobState): void {
    this.#job = this.flow.jobs.find((job) => job.state === state);
    for (const place of this.#toFeed.keys()) this.#openFeed(place);
    this.#begun = this.clock.now();
    this.#wait();
  }

  #keepOpen(name: string, ctx: Context): void {
    const step = this.#late.get(name);
    if (step === undefined || step < this.#next) return;
    const over = new Promise<void>((resolve) => {
      const done = (): void => {
        resolve();
      };
      this.#lateDone.push({ step, done });
    });
    void ctx.track(over);
  }

  /** It lasts to its last payload, and keeps the job open so long. */
  #openFeed(place: string): void {
    const payload$ = new Subject<object>();
    this.#feeds.set(place, payload$);
    if (this.#job !== undefined) feed(this.#job, place, payload$);
  }

  #feed({ feeds: place, data }: Feeding): void {
    this.#feeds.get(place)?.next(data);
    const left = (this.#toFeed.get(place) ?? 0) - 1;
    this.#toFeed.set(place, left);
    if (left === 0) this.#feeds.get(place)?.complete();
  }

  get #head(): ReplayStep | undefined {
    return this.steps[this.#next];
  }

  get #isDue(): boolean {
    return this.#head !== undefined && this.#head[0] <= this.clock.now() - this.#begun;
  }

  // The second timer lets those go first that the engine has set meanwhile for the same ms.
  #wait(): void {
    const turn = this.#next;
    if (this.#head === undefined) return;
    const play = (): void => {
      if (turn === this.#next) this.#perform();
    };
    this.clock.schedule(() => this.clock.schedule(play), Math.max(0, this.#begun + this.#head[0] - this.clock.now()));
  }

  #perform(): void {
    const step = this.steps[this.#next++] as ReplayStep;
    if (isSteering(step)) for (const control of step.slice(2) as Control[]) this.#steer(control);
    else this.#act(step);
    for (const { done } of this.#lateDone.filter((late) => late.step < this.#next)) done();
    this.#wait();
  }

  #act([, call, ...acts]: readonly [number, string, ...(readonly Act[])]): void {
    const playing = this.#playing.get(call);
    if (playing === undefined) this.#missed.set(call, [...(this.#missed.get(call) ?? []), ...acts]);
    else for (const act of acts) playing.perform(act);
  }

  // If the flow has become another one, it may be refused: the marbles will tell.
  #steer(control: Control): void {
    if (this.#job === undefined) return;
    try {
      if (isFeeding(control)) this.#feed(control);
      else if (control === 'resume') this.#job.resume();
      else void this.#stop(this.#job, control).catch(() => undefined);
    } catch {
      return;
    }
  }

  #stop(job: Job, control: Exclude<Control, 'resume' | Feeding>): Promise<unknown> {
    return control === 'pause' ? job.pause() : job.cancel(control.cancel);
  }
}

const isSteering = (step: ReplayStep): step is readonly [number, 'job', ...(readonly Control[])] => step[1] === 'job';

type Feeding = Extract<Control, { feeds: string }>;

const isFeeding = (control: unknown): control is Feeding => typeof control === 'object' && control !== null && 'feeds' in control;

const lateOf = (steps: readonly ReplayStep[]): ReadonlyMap<string, number> => {
  const ended = new Set<string>();
  const late = new Map<string, number>();
  for (const [index, [, call, ...acts]] of steps.entries()) {
    if (ended.has(call)) late.set(call, index);
    if (acts.some(isAnswer)) ended.add(call);
  }
  return late;
};
