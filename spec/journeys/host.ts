// A host of the journeys, in a process of its own: `host.ts <role> <folder>`. All that hosts share is the registry below and
// the folder. What a handler has done stands in `ledger`, one line each, and is there also after a SIGKILL.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Context, type Data, ErrorHandler, Flow, type Job, Registry, Routine } from '../../lib/index.js';
import { loadJob, saveJob } from '../../lib/node/index.js';

const ITEMS = 8;
/** The item at which a host stops: it pauses there, or gets stuck. */
const STOP_AT = 4;
/** The item that fails twice before it succeeds. */
const FAILING = 2;

const [role = '', folder = '.'] = process.argv.slice(2);
const file = (name: string): string => join(folder, name);

const note = (line: string): void => {
  appendFileSync(file('ledger'), `${line}\n`);
};

const say = (what: object): void => {
  process.stdout.write(`${JSON.stringify(what)}\n`);
};

/** Never resolves, and keeps the process alive: it waits to be killed. */
const forever = (): Promise<never> =>
  new Promise(() => {
    setInterval(() => undefined, 60_000);
  });

class Source extends Routine {
  static override readonly type = 'Source';
  readonly item = this.defineEvent('item');
  readonly trigger = this.defineSlot('trigger', (_: Data, ctx: Context) => {
    for (let x = 0; x < this.getConfig('items', 0); x++) ctx.emit('item', { x });
  });
}

/** Gathers what it has seen (`append`), fails where it is to fail, and stops where its host is to stop. */
class Worker extends Routine {
  static override readonly type = 'Worker';
  readonly result = this.defineEvent('result');
  readonly input = this.defineSlot('input', (data: Data, ctx: Context) => this.#work(data['item'] as readonly number[], ctx), {
    merge: 'append',
  });

  async #work(items: readonly number[], ctx: Context): Promise<void> {
    const item = items.at(-1) ?? NaN;
    note(`try ${item}#${ctx.attempt}`);
    if (item === STOP_AT && role.startsWith('pause')) void ctx.pause({ reason: 'to move', checkpoint: { item } });
    if (item === STOP_AT && role === 'get-stuck') await stuck(ctx);
    if (role === 'save-each') await saving;
    else await Promise.resolve();
    if (item === FAILING && ctx.attempt <= 2) throw new RangeError('busy');
    ctx.setState({ last: item });
    ctx.emit('result', { item, seen: items.length });
  }
}

class Sink extends Routine {
  static override readonly type = 'Sink';
  readonly done = this.defineSlot('done', ({ label, seen }: Data, ctx: Context) => {
    note(`done ${String(label)} of ${String(seen)}`);
    ctx.output('done', { label });
    if (role === 'save-each') saving = saving.then(() => save(ctx));
  });
}

const toLabel = ({ item, seen }: Data): Data => ({ label: `x${String(item)}`, seen });

const registry = new Registry()
  .register('Source', () => new Source())
  .register('Worker', () => new Worker())
  .register('Sink', () => new Sink())
  .registerFunction('toLabel', toLabel);

const newFlow = (): Flow => {
  const flow = new Flow({ flowId: 'moving', emitMode: 'commit', maxWorkers: role === 'get-stuck' ? 2 : 1 });
  flow.addRoutine(new Source().setConfig({ items: ITEMS }), 'intake');
  const retry = new ErrorHandler({ strategy: 'retry', maxRetries: 2, delayMs: 200, backoff: 1, retryOn: [RangeError] });
  flow.addRoutine(new Worker().setErrorHandler(retry), 'north');
  flow.addRoutine(new Sink(), 'archive');
  flow.connect('intake', 'item', 'north', 'input', { x: 'item' });
  flow.connect('north', 'result', 'archive', 'done', toLabel);
  return flow;
};

const saveFlow = (flow: Flow): void => {
  writeFileSync(file('flow.json'), JSON.stringify(flow));
};

const loadFlow = (): Flow => Flow.fromJSON(readFileSync(file('flow.json'), 'utf8'), registry);

let saves = 0;
let saving = Promise.resolve();

/** Saves its own job, one time after the other; `saved` says how much of the ledger came before, once the file is in its place. */
const save = async ({ job }: Context): Promise<void> => {
  if (job.status !== 'running') return;
  const seen = readFileSync(file('ledger'), 'utf8').split('\n').length - 1;
  await saveJob(file('job.json'), job);
  writeFileSync(file('saved'), `${seen}`);
  if (++saves === STOP_AT) say({ jobId: job.jobId, saves });
};

/** Saves the job with itself at work in it, and never comes back; the other worker goes on. */
const stuck = async (ctx: Context): Promise<void> => {
  const saving = saveJob(file('job.json'), ctx.job);
  // The job is written as it stands at the call; what is done from here on is not in it.
  note('saved');
  await saving;
  say({ jobId: ctx.job.jobId });
  await forever();
};

const report = ({ id, state }: Job): object => ({
  jobId: id,
  status: state.status,
  pausePoints: state.pausePoints,
  pending: state.pendingTasks.length,
  history: state.history().map(({ routineId, eventName }) => `${routineId}:${eventName}`),
  outputs: state.outputLog.map(({ data }) => data['label']),
  north: state.routineState('north'),
  completed: state.metrics.routine('north')?.completed,
  createdAt: state.createdAt,
});

const paused = (job: Job): Promise<void> =>
  new Promise((resolve) => {
    job.status$.subscribe((status) => {
      if (status === 'paused') resolve();
    });
  });

const leavePaused = async (job: Job): Promise<never> => {
  await paused(job);
  await saveJob(file('job.json'), job);
  say(report(job));
  return forever();
};

const takeUp = async (): Promise<Job> => loadFlow().resume(await loadJob(file('job.json')));

const ROLES: Readonly<Record<string, () => Promise<unknown>>> = {
  /** Starts the job, pauses it at one item, saves both, and waits to be killed. */
  'pause-and-save': async () => {
    const flow = newFlow();
    saveFlow(flow);
    return leavePaused(flow.start('intake'));
  },
  /** Takes the job up and pauses it at once. */
  'pass-on': async () => {
    const job = await takeUp();
    void job.pause({ reason: 'passed on' });
    return leavePaused(job);
  },
  'get-stuck': async () => {
    const flow = newFlow();
    saveFlow(flow);
    return flow.execute('intake');
  },
  /** Saves after each item and goes on; it is killed while it does. */
  'save-each': async () => {
    const flow = newFlow();
    saveFlow(flow);
    await flow.start('intake').done;
    return forever();
  },
  finish: async () => {
    const job = await takeUp();
    await job.done;
    say(report(job));
  },
  /** Has a flow of the same id and another structure. */
  'finish-changed': async () => {
    const flow = newFlow();
    flow.disconnect(flow.connections[1] as (typeof flow.connections)[number]);
    flow.connect('north', 'result', 'archive', 'done');
    const state = await loadJob(file('job.json'));
    try {
      flow.resume(state);
    } catch (error) {
      say({ code: (error as { code?: string }).code, status: state.status, pending: state.pendingTasks.length });
    }
  },
  'finish-unregistered': async () => {
    try {
      Flow.fromJSON(
        readFileSync(file('flow.json'), 'utf8'),
        new Registry().register('Source', () => new Source()),
      );
    } catch (error) {
      say({ code: (error as { code?: string }).code, message: (error as Error).message });
    }
  },
};

void ROLES[role]?.();
