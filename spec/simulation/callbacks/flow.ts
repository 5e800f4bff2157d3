import { type Codec, type Data, ErrorHandler, Flow, type FlowOptions, Routine, type SlotOptions } from '../../../lib/index.js';
import type { Ground } from './Ground.js';
import { handlerOn } from './handlers.js';
import type { SlotPlan } from './Mess.js';
import { operatorOn, sourceOn } from './streams.js';

/** A flow of a mess. */
export const flowOn = (ground: Ground): Flow => {
  const flow = new Flow(optionsOn(ground));
  ground.flows.push(flow);
  for (const id of [0, 1]) flow.addRoutine(routineOn(ground, id), `r${id}`);
  flow.addRoutine(census(), 'census');
  flow.connect('r0', 'o', 'r1', 'side', mappingOn(ground));
  flow.connect('r1', 'o', 'r0', 'side');
  flow.connect('r0', 'p', 'r1', 'trigger');
  flow.connect('r1', 'p', 'r1', 'side', { fuel: 'fuel', peek: 'peek' });
  addStreams(flow, ground);
  return flow;
};

const optionsOn = (ground: Ground): FlowOptions => {
  const { workers, emitMode, isolation, asyncContext, unhandledErrors, timeoutMs, overflow, strategy } = ground.mess;
  const { metrics, history, pausedLimit } = ground.mess;
  return {
    ...{ emitMode, isolation, asyncContext, unhandledErrors, metrics, history, pausedLimit },
    ...{ flowId: 'mess', maxWorkers: workers, executionTimeoutMs: timeoutMs },
    scheduler: ground.clock.scheduler,
    random: () => {
      ground.poke('random');
      return 0.5;
    },
    newId: () => {
      ground.poke('newId');
      return `j${ground.ids++}`;
    },
    ...(overflow === undefined ? {} : { maxQueued: 3, overflow }),
    ...(strategy === undefined ? {} : { errorHandler: policyOn(ground, strategy) }),
  };
};

const policyOn = (ground: Ground, strategy: NonNullable<Ground['mess']['strategy']>): ErrorHandler => {
  const retryOn = (): boolean => {
    ground.poke('retryOn');
    return true;
  };
  const { delayMs } = ground.mess;
  return new ErrorHandler(strategy === 'retry' ? { strategy, maxRetries: 2, delayMs, jitter: 0.5, retryOn } : { strategy });
};

const mappingOn =
  (ground: Ground) =>
  (data: Data): Data => {
    ground.poke('mapping');
    return { ...data };
  };

const addStreams = (flow: Flow, ground: Ground): void => {
  const { operator, source } = ground.mess;
  if (operator !== undefined) {
    flow.addRoutine(operatorOn(ground), 'op');
    flow.connect('r0', 'o', 'op', 'input');
    flow.connect('op', 'output', 'r1', 'side');
  }
  if (source !== undefined) {
    flow.addRoutine(sourceOn(ground, source), 'src');
    flow.connect('r1', 'p', 'src', 'trigger');
    flow.connect('src', 'output', 'r0', 'side');
  }
};

// ── routines ──────────────────────────────────────────────────────────────────────────────────────────────────────

const routineOn = (ground: Ground, id: number): Routine => {
  const routine = new Routine();
  for (const event of ['o', 'p']) routine.defineEvent(event);
  for (const [place, name] of ['trigger', 'side'].entries()) {
    const plan = ground.mess.slots[id * 2 + place] as SlotPlan;
    routine.defineSlot(name, handlerOn(ground, plan), slotOptionsOn(ground, plan));
  }
  return routine;
};

const slotOptionsOn = (ground: Ground, { merge, codec, maxQueued, kind }: SlotPlan): SlotOptions => ({
  merge: merge === 'own' ? mergeOn(ground) : merge,
  ...(codec ? { codec: codecOn(ground) } : {}),
  // What is taken up on calm ground is not to be dropped there.
  ...(ground.mess.overflow === undefined || ground.calm ? {} : { maxQueued, overflow: ground.mess.overflow }),
  ...(kind === 'values' || kind === 'iterable' ? { emits: 'p' } : {}),
});

const mergeOn =
  (ground: Ground) =>
  (held: Data, incoming: Data): Data => {
    ground.poke('merge');
    return { ...held, ...incoming };
  };

const codecOn = (ground: Ground): Codec<Data> => ({
  '~standard': {
    version: 1,
    vendor: 'mess',
    validate: (value) => {
      ground.poke('codec');
      return { value: { ...(value as Data) } };
    },
  },
});

/** How many handlers of `census` are at work, and were at most. */
export const counted = { active: 0, peak: 0 };

const census = (): Routine => {
  const routine = new Routine();
  routine.defineSlot('trigger', async () => {
    counted.peak = Math.max(counted.peak, ++counted.active);
    for (const _ of [1, 2]) await new Promise<void>((resolve) => void setImmediate(resolve));
    counted.active--;
  });
  return routine;
};
