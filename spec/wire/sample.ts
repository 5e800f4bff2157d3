import {
  type Context,
  type Data,
  ErrorHandler,
  Flow,
  type FlowOptions,
  type Job,
  JobState,
  Registry,
  Routine,
} from '../../lib/index.js';
import { flowOf } from '../support/flows.js';
import { type VirtualTime, virtualTime } from '../support/virtualTime.js';

/*
 * One small story that has everything a job can hold. A reader gives lines; the parser gathers them and fails at line 2, to try
 * again after a minute; the audit fails always, and that does not matter; the writer asks for a pause at the first row. What
 * is then left: a row in the queue, a retry in its delay, lines that a slot holds, and an event for later.
 */

/** Monday morning: a job of the story begins here. */
export const MORNING = Date.UTC(2026, 0, 5, 8);

export const MINUTE = 60_000;

export class Reader extends Routine {
  static override readonly type = 'Reader';
  readonly line = this.defineEvent('line');
  readonly trigger = this.defineSlot('trigger', ({ lines }: { lines: number }, ctx) => {
    ctx.setState({ files: new Set(['a.log', 'b.log']), ['__proto__']: 'own', $: 'mine' });
    ctx.shared.set('since', new Date(0));
    ctx.shared.set('limits', { total: 10n ** 20n, ratio: -0, open: undefined, rest: [NaN, Infinity] });
    ctx.shared.log({ message: 'reading', timestamp: new Date(MORNING + 1) });
    // Not more, whatever number hostile JSON has put there.
    for (let n = 1; n <= Math.min(lines, 5); n++) ctx.emit('line', { n, at: new Date(MORNING + n) });
    ctx.emitDeferred('line', { n: 9, at: new Date(NaN) });
  });
}

export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

export class Parser extends Routine {
  static override readonly type = 'Parser';
  readonly row = this.defineEvent('row', ['n', 'sum']);
  readonly input = this.defineSlot(
    'input',
    (data: Data, ctx) => {
      const numbers = Array.isArray(data['n']) ? data['n'].filter((n) => typeof n === 'number') : [];
      const n = Number(numbers.at(-1));
      ctx.setState({ last: n });
      if (n === 2 && ctx.attempt === 1) throw new Unreadable('line 2');
      ctx.emit('row', { n, sum: numbers.reduce((sum, each) => sum + each, 0) });
    },
    { merge: 'append' },
  );
}

export class Writer extends Routine {
  static override readonly type = 'Writer';
  readonly input = this.defineSlot('input', (data: Data, ctx) => {
    ctx.output('row', { ...data, page: this.getConfig('page') });
    if (data['row'] === 1) void ctx.pause({ reason: 'lunch', checkpoint: new Map([['row', 1n]]) });
  });
}

export class Audit extends Routine {
  static override readonly type = 'Audit';
  readonly input = this.defineSlot('input', ({ n }: Data) => {
    throw new TypeError(`no audit of ${String(n)}`);
  });
}

export const registry = new Registry()
  .register('Reader', () => new Reader())
  .register('Parser', () => new Parser())
  .register('Writer', () => new Writer())
  .register('Audit', () => new Audit())
  .registerFunction('Unreadable', Unreadable);

/** The flow of the story. */
export const story = (options: FlowOptions = {}): Flow => {
  const flow = new Flow({ flowId: 'log', ...options });
  const retry = new ErrorHandler({ strategy: 'retry', delayMs: MINUTE, maxRetries: 2, retryOn: [Unreadable] });
  flow.addRoutine(new Reader(), 'reader');
  flow.addRoutine(new Parser().setErrorHandler(retry), 'parser');
  flow.addRoutine(new Writer().setConfig({ page: 7n }), 'writer');
  flow.addRoutine(new Audit().setAsOptional(), 'audit');
  flow.connect('reader.line', 'parser.input');
  flow.connect('reader.line', 'audit.input');
  flow.connect('parser.row', 'writer.input', { n: 'row' });
  return flow;
};

/** Virtual time that begins on a Monday morning, or later. */
export const clockAt = (start = MORNING): VirtualTime => {
  const time = virtualTime();
  time.scheduler.frame = start;
  return time;
};

/** The story up to its pause. */
export const pausedStory = async (options: FlowOptions = {}): Promise<{ time: VirtualTime; flow: Flow; job: Job }> => {
  const time = clockAt();
  const flow = story({ scheduler: time.scheduler, ...options });
  const job = flow.start('reader', { lines: 3 }, { jobId: 'monday' });
  await time.advance(10);
  return { time, flow, job };
};

/** All that a reader sees of a job, but for the runs in its metrics, which are not written down. */
export const seen = (state: JobState): Record<string, unknown> => {
  const ids = Object.keys(state.routineStates);
  const { metrics } = state;
  return {
    jobId: state.jobId,
    flowId: state.flowId,
    status: state.status,
    error: state.error && errorOf(state.error),
    reason: state.reason,
    currentRoutineId: state.currentRoutineId,
    createdAt: state.createdAt,
    updatedAt: state.updatedAt,
    routineStates: state.routineStates,
    history: state.history(),
    histories: ids.map((id) => state.history(id)),
    sharedData: state.sharedData,
    sharedLog: state.sharedLog,
    outputLog: state.outputLog,
    routines: ids.map((id) => [id, { ...metrics.routine(id), executions: [] }]),
    metrics: metrics.flow(),
    events: metrics.events,
    pendingTasks: state.pendingTasks,
    pausePoints: state.pausePoints.map(({ timestamp, reason, checkpoint, currentRoutineId, pendingTasks }) => ({
      timestamp,
      reason,
      checkpoint,
      currentRoutineId,
      pendingTasks,
    })),
    deferredEvents: state.deferredEvents,
    waits: state.waits,
  };
};

const errorOf = (error: Error & { code?: string; retriable?: boolean; details?: object }): object => ({
  kind: error.constructor.name,
  name: error.name,
  code: error.code,
  message: error.message,
  retriable: error.retriable,
  details: error.details,
  cause: error.cause instanceof Error ? error.cause.message : error.cause,
});

export const textOf = (state: JobState): string => JSON.stringify(state.toJSON());
export const trip = (state: JobState): JobState => JobState.fromJSON(textOf(state));

/** A flow whose entry keeps a payload in all places that a job has, and then pauses. */
export const keeping = (data: Data, options: FlowOptions = {}): Flow => {
  const trigger = (_: Data, ctx: Context): void => {
    ctx.setState({ mine: data });
    ctx.shared.set('mine', data);
    ctx.shared.log({ mine: data });
    ctx.output('mine', data);
    ctx.emit('o', data);
    ctx.emitDeferred('o', data);
    ctx.waitFor('o', { question: data, data });
    void ctx.pause({ checkpoint: data });
  };
  return flowOf({ s: { slots: { trigger } }, t: { slots: { i: undefined } } }, ['s.o -> t.i'], options);
};
