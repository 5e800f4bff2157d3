import type { Data } from '../flow/Data.js';
import { checkData, NO_DATA } from '../flow/Data.js';
import type { AnyEvent } from '../flow/Event.js';
import { flowError } from '../flow/FlowError.js';
import type { AnySlot } from '../flow/Slot.js';
import type { Shared, TaskContext as Context } from '../flow/TaskContext.js';
import type { Flow } from '../Flow.js';
import type { JobState } from '../JobState.js';
import { arrive } from './activate.js';
import { compileNode, type Inlet, type Route } from './Plan.js';

/** Hands a payload to a target at once, outside any job: nothing was held before, nothing is kept. */
export const deliver = (route: Route, data: Data): unknown => {
  const { target } = route;
  const input = arrive(route, data, { cell: { held: [] }, isAtWork: true });
  return target.handler?.call(target.node.routine, target.handOut(input), new DirectContext(target));
};

/** What `slot.receive` does: a target without a flow, so without a connection and a mapping. */
export const receive = (slot: AnySlot, data: Data): unknown => {
  const { routine, name } = slot;
  const payload = checkData(data, () => `Slot '${name}' of routine '${routine.id}'`);
  const inlet = compileNode(0, routine.id, routine, { isolation: 'shallow', errorHandler: undefined }).slots.get(name);
  return inlet?.direct[0] && deliver(inlet.direct[0], payload);
};

/** The context of a handler that runs outside any job: it can emit, and says of all else that there is no job. */
class DirectContext implements Context {
  readonly taskId = '';
  readonly attempt = 1;
  readonly signal = new AbortController().signal;

  constructor(private readonly target: Inlet) {}

  get routineId(): string {
    return this.target.node.id;
  }

  get slot(): string {
    return this.target.name;
  }

  get flow(): Flow {
    return noJob('ctx.flow');
  }

  get job(): JobState {
    return noJob('ctx.job');
  }

  get shared(): Shared {
    return noJob('ctx.shared');
  }

  emit(event: string | AnyEvent, data: object = NO_DATA): void {
    this.target.node.routine.emit(event as string, data);
  }

  emitDeferred(): void {
    noJob('emitDeferred');
  }

  output(): void {
    noJob('output');
  }

  state(): Data {
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

  cancel(): void {
    noJob('cancel');
  }
}

const noJob = (call: string): never => {
  throw flowError('NO_CONTEXT', { call, instead: 'this handler was called directly; run the flow with execute or start' });
};
