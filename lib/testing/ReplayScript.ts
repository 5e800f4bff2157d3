import type { HandlerCall } from './HandlerCalls.js';
import { type Act, type Control, isAnswer, type ReplayStep } from './replay.js';

type CallStep = [at: number, call: HandlerCall, ...acts: Act[]];
type JobStep = [at: number, job: 'job', ...controls: Control[]];

/** The begin of a call: when, in ms, and before which step. */
interface Beginning {
  readonly at: number;
  step: number;
}

/** The steps of a replay, written one after the other while somebody reads the records of a run. */
export class ReplayScript {
  readonly #steps: (CallStep | JobStep)[] = [];
  readonly #beginnings = new Map<HandlerCall, Beginning>();
  /** Calls that do something in a step of their own. */
  readonly #acting = new Set<HandlerCall>();
  /** Whether the last step is still the present turn, as far as anybody can tell: the engine has not answered it. */
  #isTurnOpen = false;

  begin(call: HandlerCall, at: number): void {
    this.#beginnings.set(call, { at, step: this.#steps.length });
    this.#isTurnOpen = false;
  }

  /** When a call begins, in ms. */
  beginningOf(call: HandlerCall): number {
    return this.#beginnings.get(call)?.at ?? 0;
  }

  isIdle(call: HandlerCall): boolean {
    return !this.#acting.has(call);
  }

  act(at: number, call: HandlerCall, act: Act): void {
    const last = this.#turn;
    if (last?.[0] === at && last[1] === call) last.push(act);
    else this.#steps.push([at, call, act]);
    this.#acting.add(call);
    this.#isTurnOpen = true;
  }

  get #turn(): CallStep | undefined {
    const last = this.#steps.at(-1);
    return this.#isTurnOpen && last !== undefined && !isJobStep(last) ? last : undefined;
  }

  /** Adds to the present turn, whoever has it; false if no turn is open. */
  actInTurn(act: Act): boolean {
    const turn = this.#turn;
    turn?.push(act);
    return turn !== undefined;
  }

  /** Adds right before the end of a call. */
  actBeforeEnd(call: HandlerCall, act: Act): void {
    const end = this.#steps.find(([, by, ...acts]) => by === call && acts.some(isAnswer));
    end?.splice(end.findIndex(isAnswer), 0, act);
  }

  /** Makes it the first thing that a call does. */
  actFirst(call: HandlerCall, act: Act): void {
    const at = this.beginningOf(call);
    const first = this.#steps.find(([, by]) => by === call);
    if (first?.[0] === at) first.splice(2, 0, act);
    else this.#insert(this.#beginnings.get(call)?.step ?? 0, [at, call, act]);
    this.#acting.add(call);
  }

  #insert(index: number, step: CallStep): void {
    this.#steps.splice(index, 0, step);
    for (const beginning of this.#beginnings.values()) if (beginning.step > index) beginning.step++;
  }

  /** Asks for a pause by whoever has steered the job since a call began; if nobody has, by that call. */
  pauseSince(call: HandlerCall): void {
    const since = this.#steps.slice(this.#beginnings.get(call)?.step).filter(isJobStep).at(-1);
    if (since === undefined) this.actFirst(call, 'pauses');
    else since.push('pause');
  }

  steer(at: number, ...controls: readonly Control[]): void {
    this.#steps.push([at, 'job', ...controls]);
    this.#isTurnOpen = false;
  }

  /** When somebody has steered the job last, in ms; -1 if nobody has. */
  get steeredAt(): number {
    return this.#steps.filter(isJobStep).at(-1)?.[0] ?? -1;
  }

  get steps(): readonly ReplayStep[] {
    return this.#steps.map(([at, by, ...acts]) => [at, by === 'job' ? by : by.name, ...acts] as ReplayStep);
  }
}

const isJobStep = (step: CallStep | JobStep): step is JobStep => step[1] === 'job';
