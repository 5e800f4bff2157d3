import { merge, type MonoTypeOperatorFunction, Observable, Subject } from 'rxjs';
import type { Wanted } from '../../flow/ExecuteOptions.js';
import type { FlowSettings } from '../../flow/FlowOptions.js';
import type { JobData } from '../../job/JobData.js';
import type { Step } from '../../job/Step.js';
import type { Plan } from '../../plan/Plan.js';
import { activate } from '../activate.js';
import { type Admitting, Admission } from '../Admission.js';
import { Engine } from '../Engine.js';
import { handBack } from '../handBack.js';
import type { Handles, Run, RunOptions } from '../JobParts.js';
import type { JobRun } from '../JobRun.js';
import { takeInClaimed } from './Claims.js';
import { DurableRun, type Keeper } from './DurableRun.js';
import { grouped } from './grouped.js';
import { leftBy } from './KeptPromises.js';

export type { Admitting };

/** What has happened to a job, and the job. */
export interface Stepped {
  readonly run: DurableRun;
  readonly step: Step;
}

/** Who stores what happens. */
export interface StoringKeeper extends Keeper {
  /** Stores steps; resolves when they are stored. It never rejects: without a store nothing goes on. */
  store(steps: readonly Stepped[]): Promise<void>;
}

/** The engine of the durable jobs of one flow: between its pool and its rest what has come of attempts is stored. */
export class DurableEngine extends Engine {
  readonly #changed$: Subject<DurableRun>;

  constructor(
    settings: FlowSettings,
    readonly keeper: StoringKeeper,
  ) {
    const changed$ = new Subject<DurableRun>();
    super(settings, {
      takeIn: takeInClaimed,
      call: (attempt) => handBack(attempt, activate(attempt)) ?? leftBy(attempt),
      left: leftBy,
      stored: (engine) => stored(engine, keeper, changed$),
      tokens: keeper.tokens,
    });
    this.#changed$ = changed$;
  }

  /** Something is to be stored. */
  readonly changed = (run: DurableRun): void => {
    this.#changed$.next(run);
  };
}

/**
 * What has come of attempts, and of calls from outside, is stored in groups; then its jobs go on.
 *
 * ```text
 * run      --r--s-r-------
 * store      [r--]
 *                [s,r--]
 * result   -----r-----s-r-
 * ```
 */
const stored =
  (engine: Engine, keeper: StoringKeeper, changed$: Observable<Run>): MonoTypeOperatorFunction<Run> =>
  (run$) =>
    new Observable((rest$) =>
      merge(run$, changed$)
        .pipe(grouped((runs) => storeAll(engine, keeper, [...runs] as DurableRun[])))
        .subscribe((runs) => {
          engine.drain.enter(goOn, runs, { rest$, engine });
        }),
    );

const storeAll = async (engine: Engine, keeper: StoringKeeper, runs: readonly DurableRun[]): Promise<readonly DurableRun[]> => {
  // Not on the stack of whoever has changed something: that is a part of a step.
  await Promise.resolve();
  engine.drain.enter(claimAhead, runs, undefined);
  const steps = runs.map((run) => ({ run, step: run.step() })).filter(({ step }) => step.facts.length > 0);
  if (steps.length > 0) await keeper.store(steps);
  return runs;
};

// In the async context of the caller who started the job, like its handlers.
const claimAhead = (runs: readonly DurableRun[]): void => {
  for (const run of runs)
    if (run.scope === undefined) ahead(run);
    else run.scope.runInAsyncScope(ahead, undefined, run);
};

const ahead = (run: DurableRun): void => {
  run.claimAhead();
};

interface Resting {
  readonly rest$: { next(run: Run): void };
  readonly engine: Engine;
}

const goOn = (runs: readonly DurableRun[], { rest$, engine }: Resting): void => {
  for (const run of runs) engine.steps.apply(release, run, rest$);
};

const release = (run: DurableRun, rest$: Resting['rest$']): void => {
  run.release();
  rest$.next(run);
};

/** Lets durable jobs into a flow: each is stored before it does anything, also one that waits for its place. */
export class DurableAdmission extends Admission {
  #isPuttingOff = false;
  #made: DurableRun | undefined = undefined;

  constructor(
    template: Admitting,
    private readonly engine: DurableEngine,
    private readonly makeHandles: (data: JobData, state: object | undefined) => Handles,
  ) {
    super(template, engine, makeHandles);
  }

  override canOnlyWait(): boolean {
    return false;
  }

  /** A job that is stored, and let in later: taken up from there. */
  putOff(start: () => DurableRun): DurableRun {
    this.#isPuttingOff = true;
    try {
      return start();
    } finally {
      this.#isPuttingOff = false;
    }
  }

  override admit(run: Run, wanted: Wanted): Run {
    this.#made?.admitted(this.#isPuttingOff);
    return this.#isPuttingOff ? run : super.admit(run, wanted);
  }

  /** The job that a call has made. */
  madeBy(call: () => unknown): DurableRun {
    call();
    const made = this.#made;
    this.#made = undefined;
    if (made === undefined) throw new Error('No job was made; this is a fault of routilux');
    return made;
  }

  override newRun(plan: Plan, data: JobData, options: RunOptions, _: unknown, state?: object): JobRun {
    const { keeper, changed } = this.engine;
    const run = (this.#made = new DurableRun(plan, this.engine, data, options, keeper, changed));
    run.parts.handles = this.makeHandles(data, state);
    return run;
  }
}
