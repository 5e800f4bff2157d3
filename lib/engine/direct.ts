import type { Data } from '../flow/Data.js';
import { checkData, NO_DATA } from '../flow/Data.js';
import type { AnyEvent } from '../flow/Event.js';
import { flowError } from '../flow/FlowError.js';
import { nameOf } from '../flow/Home.js';
import type { AnySlot } from '../flow/Slot.js';
import type { EmitOptions, Shared, TaskContext as Context } from '../flow/TaskContext.js';
import { compileRoutine, type CompileWith } from '../plan/compile.js';
import type { Connection, Slot } from '../plan/Plan.js';
import { arrive } from './activate.js';
import { EventSubject } from './EventSubject.js';

/** Hands a payload to a slot at once, outside any job: nothing was held before, nothing is kept. */
export const deliver = (connection: Connection, data: Data): unknown => {
  const { slot } = connection;
  const input = arrive(connection, data, { routineData: { held: [] }, isAtWork: true }, () => undefined);
  return slot.handler?.call(slot.routine.described, slot.copyForHandler(input), new DirectContext(slot));
};

/** What `slot.receive` does: a slot without a flow, so without a connection and a mapping. */
export const receive = (slot: AnySlot, data: Data): unknown => {
  const { routine, name } = slot;
  const payload = checkData(data, () => `Slot '${name}' of routine '${nameOf(routine)}'`);
  const to = compileRoutine(0, routine.id, routine, SETTINGS, WITHOUT_JOBS).slots.get(name);
  return to && deliver(to.direct[0], payload);
};

const SETTINGS = { isolation: 'shallow', errorHandler: undefined } as const;
const WITHOUT_JOBS: CompileWith = { emission$: () => new EventSubject(), keepsStreams: () => false };

/** The context of a handler that runs outside any job: it can emit, and says of all else that there is no job. */
class DirectContext implements Context {
  readonly taskId = '';
  readonly attempt = 1;
  readonly signal = new AbortController().signal;

  constructor(private readonly to: Slot) {}

  get routineId(): string {
    return this.to.routine.id;
  }

  get slot(): string {
    return this.to.name;
  }

  get flow(): unknown {
    return noJob('ctx.flow');
  }

  get job(): unknown {
    return noJob('ctx.job');
  }

  get shared(): Shared {
    return noJob('ctx.shared');
  }

  emit(event: string | AnyEvent, data: object = NO_DATA, options: EmitOptions = {}): void {
    this.to.routine.described.emit(event as string, data, options);
  }

  emitDeferred(): void {
    noJob('emitDeferred');
  }

  output(): void {
    noJob('output');
  }

  state(): never {
    return noJob('state');
  }

  setState(): void {
    noJob('setState');
  }

  track<T>(): PromiseLike<T> {
    return noJob('track');
  }

  pause(): Promise<void> {
    return noJob('pause');
  }

  waitFor(): never {
    return noJob('waitFor');
  }

  cancel(): void {
    noJob('cancel');
  }

  complete(): void {
    noJob('complete');
  }
}

const noJob = (call: string): never => {
  throw flowError('NO_CONTEXT', { call, instead: 'this handler was called directly; run the flow with execute or start' });
};
