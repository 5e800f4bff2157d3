import { taskIdOf } from '../../job/RemainingWork.js';
import type { Claimed } from '../../job/Step.js';
import { takenIn } from '../../job/fold.js';
import { tellTakenIn } from '../../job/noteTask.js';
import { durableError } from '../../job/durableError.js';
import { Gathered, type Input } from '../../flow/merge.js';
import type { Data } from '../../flow/Data.js';
import type { Slot } from '../../plan/Plan.js';
import { arrive } from '../activate.js';
import { checkKept } from '../checkKept.js';
import type { Origin } from '../Emission.js';
import { HandlerContext } from '../HandlerContext.js';
import type { JobParts, Run } from '../JobParts.js';
import { arrivedIn, takeBack } from './gathering.js';
import type { Task } from '../Task.js';

/** So many tasks are claimed ahead of those at work: a worker takes the next one without waiting for the store. */
const AHEAD = 64;

/** A task that is to begin. */
interface Claim {
  readonly attempt: HandlerContext<Run>;
  delivery: number;
  /** What its slot holds since it took the payload in. */
  held: Data | undefined;
  /** `back`: given back while the job stands, to be claimed again. */
  stage: 'new' | 'on its way' | 'stored' | 'back';
  isBack: boolean;
}

/** Who says how often tasks may be delivered, and when one that may kill its process runs. */
export interface Deliveries {
  /** How often a task may be begun without an end. */
  readonly most: number;
  /** Whether a job may claim a task for the last time: that runs alone. */
  mayBeAlone(run: Run): boolean;
}

/** The claims of one durable job: the tasks at the head of its queue that are to begin. One may begin when its claim is stored. */
export class Claims {
  readonly #claims = new Map<Origin<Run>, Claim[]>();
  #size = 0;
  /** How often tasks from elsewhere were claimed before, by their ids. */
  #before = new Map<string, number>();

  constructor(
    private readonly job: JobParts,
    private readonly deliveries: Deliveries,
  ) {}

  /** How often the tasks of a job from elsewhere were claimed there. */
  takeUp(before: ReadonlyMap<string, number>): void {
    this.#before = new Map(before);
  }

  /** Whether the oldest task that waits may begin. */
  get isReady(): boolean {
    const [head] = this.job.run.queue.tasks(1);
    return head !== undefined && this.#of(head)?.stage === 'stored';
  }

  #of({ origin, connection }: Task<Run>): Claim | undefined {
    return this.#claims.get(origin)?.find(({ attempt }) => attempt.connection === connection);
  }

  /** Takes the claim of a task that begins. */
  begin(task: Task<Run>): HandlerContext<Run> | undefined {
    const claim = this.#of(task);
    this.forget(task);
    return claim?.attempt;
  }

  /** What its slot has made of its payload, if it is claimed. */
  inputOf(task: Task<Run>): Input | undefined {
    return this.#of(task)?.attempt.input;
  }

  /** A task begins, or is dropped. */
  forget(task: Task<Run>): void {
    const claim = this.#of(task);
    if (claim === undefined) return;
    const others = (this.#claims.get(task.origin) ?? []).filter((other) => other !== claim);
    if (others.length === 0) this.#claims.delete(task.origin);
    else this.#claims.set(task.origin, others);
    this.#size--;
  }

  clear(): void {
    this.#claims.clear();
    this.#size = 0;
  }

  // ── ahead ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Claims the tasks that begin next. Mappings, codecs and merges are the user's: not part of a step. */
  ahead(): void {
    const { run, options, life } = this.job;
    const most = Math.min(options.cap, run.queue.length) + AHEAD;
    for (const task of run.queue.tasks(most)) if (!run.isOpen || life.isOver || !this.#claim(task)) return;
  }

  /** False if no task behind this one may be claimed now. */
  #claim(task: Task<Run>): boolean {
    const known = this.#of(task);
    const { run, ledger } = this.job;
    const { most } = this.deliveries;
    if (known !== undefined && known.stage !== 'back') return known.delivery !== most;
    const taskId = task.idIn(ledger.data.jobId);
    const delivery = (known?.delivery ?? this.#before.get(taskId) ?? 0) + 1;
    if (delivery === most && ((this.#size > 0 && known === undefined) || !this.deliveries.mayBeAlone(run))) return false;
    if (known !== undefined) Object.assign(known, { delivery, stage: 'new' });
    else this.#add(task, taskId, delivery);
    return delivery !== most;
  }

  #add(task: Task<Run>, taskId: string, delivery: number): void {
    const { routines } = this.job;
    const attempt = new HandlerContext<Run>(task.origin, task.connection, routines.of(task.connection.slot.routine));
    const claim: Claim = { attempt, delivery, held: undefined, stage: 'new', isBack: false };
    this.#claims.set(task.origin, [...(this.#claims.get(task.origin) ?? []), claim]);
    this.#size++;
    this.#before.delete(taskId);
    if (delivery <= this.deliveries.most) this.#takeIn(claim);
    else this.#poison(attempt, taskId, delivery - 1);
  }

  /** It fails as soon as it begins, and is not tried again. */
  #poison(attempt: HandlerContext<Run>, taskId: string, deliveries: number): void {
    attempt.more.isLast = true;
    refuse(attempt, durableError('POISONED', { jobId: this.job.ledger.data.jobId, taskId, deliveries }));
  }

  /** Whether one of them is the last delivery of its task. */
  get holdsLast(): boolean {
    return this.#all().some(({ delivery, stage }) => delivery === this.deliveries.most && stage !== 'back');
  }

  /** Whether a claim stands in the store, or is on its way, that has not been given back. */
  get isOut(): boolean {
    return this.#all().some(({ stage }) => stage !== 'back');
  }

  /** The job stands: what has not begun is not delivered. */
  giveBack(): void {
    for (const claim of this.#all())
      if (claim.stage !== 'back') {
        claim.delivery--;
        claim.stage = 'new';
        claim.isBack = true;
      }
  }

  /** Its slot takes its payload in, once; what that throws is the failure of the attempt. */
  #takeIn(claim: Claim): void {
    const { attempt } = claim;
    const { origin, connection } = attempt;
    if (attempt.input !== undefined) return;
    try {
      attempt.input = arrive(connection, origin.data, attempt, (_, slot, held, handed) => {
        this.#hold(claim, slot, held, handed);
      });
    } catch (error) {
      refuse(attempt, error);
    }
  }

  /** What was asked may have ended the job, or dropped the task (D31). */
  #hold(claim: Claim, { ordinal }: Slot, held: Data, handed: Input): void {
    const { ledger, life } = this.job;
    const { attempt } = claim;
    if (held !== attempt.origin.data) this.#check(attempt, held, handed);
    if (life.isOver || this.#of(attempt) !== claim) return;
    claim.held = held;
    takenIn(attempt.routineData, ordinal, held);
    if (ledger.record$.observed) tellTakenIn(ledger, attempt, held, handed);
  }

  /** What a mapping, a codec or a merge has given may be something that cannot be kept. */
  #check({ slot, routineId }: HandlerContext<Run>, held: Data, handed: Input): void {
    const gathered = handed instanceof Gathered ? handed : undefined;
    try {
      checkKept(
        this.job.plan,
        gathered === undefined ? held : arrivedIn(gathered),
        () => `Slot '${slot}' of routine '${routineId}'`,
      );
    } catch (error) {
      if (gathered !== undefined) takeBack(gathered);
      throw error;
    }
  }

  // ── to the store ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Those that are new, on their way from here on. */
  take(): readonly Claimed[] {
    const claimed: Claimed[] = [];
    for (const claim of this.#all())
      if (claim.stage === 'new') {
        claim.stage = claim.isBack ? 'back' : 'on its way';
        claim.isBack = false;
        claimed.push(this.#toFact(claim));
      }
    return claimed;
  }

  #all(): readonly Claim[] {
    return [...this.#claims.values()].flat();
  }

  #toFact({ attempt, delivery, held }: Claim): Claimed {
    const { input, origin, routineId, slot } = attempt;
    const taskId = taskIdOf(this.job.ledger.data.jobId, attempt.order, attempt.place);
    const claimed = { type: 'claimed', taskId, routineId, slot, delivery } as const;
    if (input === undefined) return claimed;
    if (input instanceof Gathered) return { ...claimed, gathered: arrivedIn(input) };
    if (origin.input !== undefined) return { ...claimed, merged: true };
    return { ...claimed, ...(input !== origin.data && { input }), ...(held !== undefined && { held }) };
  }

  /** Those on their way are stored. */
  release(): void {
    for (const claim of this.#all()) if (claim.stage === 'on its way') claim.stage = 'stored';
  }
}

const refuse = (attempt: HandlerContext<Run>, error: unknown): void => {
  attempt.more.refused = { error };
};

/** The claim of a durable attempt was its taking in. */
export const takeInClaimed = ({ rare }: HandlerContext<Run>): void => {
  if (rare.refused !== undefined) throw rare.refused.error;
};
