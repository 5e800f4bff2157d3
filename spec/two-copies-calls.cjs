// Run by two-copies-spec.ts, on the sources and on two installed packages: hands every public class of one copy of the package to every
// public method of another that takes such a thing. Both are given as { core, rx, testing, node }.
const { EMPTY } = require('rxjs');

/** A flow with a job of it that is paused, and all that hangs on them. */
const make = async ({ core, testing }) => {
  const { Flow, Routine, ErrorHandler, Registry, JobState, FlowError } = core;
  let test;
  await testing.testFlow((given) => void (test = given));
  const routine = new Routine();
  const event = routine.defineEvent('o');
  const slot = routine.defineSlot('trigger', () => undefined);
  const flow = new Flow({ flowId: 'f' });
  flow.addRoutine(routine, 's');
  let ctx;
  const open = new Routine();
  open.defineSlot('trigger', async (_, given) => {
    ctx = given;
    await new Promise((resolve) => given.signal.addEventListener('abort', resolve));
  });
  flow.addRoutine(open, 'open');
  const running = flow.start('open');
  while (ctx === undefined) await new Promise((resolve) => setImmediate(resolve));
  const job = flow.start('s');
  await job.pause();
  const state = JobState.fromJSON(job.snapshot());
  const errorHandler = new ErrorHandler();
  const registry = new Registry().register('Routine', () => new Routine());
  const end = async () => {
    await Promise.allSettled([job.cancel(), running.cancel()]);
  };
  return { core, flow, routine, event, slot, job, state, errorHandler, registry, ctx, test, FlowError, end };
};

/** What of one copy a method of the other is called with: every class whose instances users hold. */
const instancesOf = ({ flow, routine, event, slot, job, state, errorHandler, registry, ctx, FlowError, core }) => ({
  Flow: flow,
  Routine: routine,
  'a subclass of Routine': new (class extends core.Routine {})(),
  'what defineRoutine gives': core.defineRoutine({ type: 'x' }),
  Event: event,
  Slot: slot,
  Job: job,
  JobState: state,
  ErrorHandler: errorHandler,
  Registry: registry,
  Context: ctx,
  FlowError: new FlowError('BAD_OPTION', 'x'),
});

/** Every parameter that takes an instance of a class of ours, or options, by what is called. `x` may be anything of the other copy. */
const takingAnything = ({ core, rx, testing, node }, own) => {
  const { Flow, Routine, ErrorHandler, Registry, JobState } = core;
  const { flow, routine, event, slot, job, ctx } = own;
  const fresh = () => new Flow();
  return {
    'new Flow(options)': (x) => new Flow(x),
    'new Flow({ errorHandler })': (x) => new Flow({ errorHandler: x }),
    'flow.addRoutine': (x) => fresh().addRoutine(x, 'x'),
    'flow.connect(event, …)': (x) => flow.connect(x, slot),
    'flow.connect(…, slot)': (x) => flow.connect(event, x),
    'flow.setErrorHandler': (x) => flow.setErrorHandler(x),
    'flow.execute(entry)': (x) => flow.execute(x),
    'flow.execute(…, params)': (x) => flow.execute('s', x),
    'flow.execute(…, options)': (x) => flow.execute('s', {}, x),
    'flow.start(entry)': (x) => flow.start(x),
    'flow.start({ parent })': (x) => flow.start('s', {}, { parent: x }),
    'flow.pause': (x) => flow.pause(x),
    'flow.resume': (x) => flow.resume(x),
    'flow.resume(…, options)': (x) => flow.resume(own.state, x),
    'flow.cancel': (x) => flow.cancel(x),
    'flow.validate': (x) => flow.validate(x),
    'flow.deserialize(json)': (x) => fresh().deserialize(x, own.registry),
    'flow.deserialize(…, registry)': (x) => fresh().deserialize(flow.toJSON(), x),
    'Flow.fromJSON(json)': (x) => Flow.fromJSON(x, own.registry),
    'Flow.fromJSON(…, registry)': (x) => Flow.fromJSON(flow.toJSON(), x),
    'Flow.fromJSON(…, options)': (x) => Flow.fromJSON(flow.toJSON(), own.registry, x),
    'routine.setErrorHandler': (x) => new Routine().setErrorHandler(x),
    'routine.setConfig': (x) => new Routine().setConfig(x),
    'routine.defineSlot(…, handler)': (x) => new Routine().defineSlot('x', x),
    'routine.defineSlot(…, options)': (x) => new Routine().defineSlot('x', undefined, x),
    'routine.defineEvent(…, payload)': (x) => new Routine().defineEvent('x', x),
    'routine.emit(event)': (x) => routine.emit(x),
    'routine.emit(…, data)': (x) => routine.emit('o', x),
    'routine.emit({ flow })': (x) => routine.emit('o', {}, { flow: x }),
    'ctx.emit(event)': (x) => ctx.emit(x),
    'ctx.emitDeferred(event)': (x) => ctx.emitDeferred(x),
    'ctx.output(…, data)': (x) => ctx.output('x', x),
    'ctx.setState': (x) => ctx.setState(x),
    'job.event$': (x) => job.event$(x),
    'job.slot$': (x) => job.slot$(x),
    'JobState.waitForCompletion(flow)': (x) => JobState.waitForCompletion(x, job),
    'JobState.waitForCompletion(…, job)': (x) => JobState.waitForCompletion(flow, x),
    'JobState.fromJSON': (x) => JobState.fromJSON(x),
    'state.deserialize': (x) => new JobState().deserialize(x),
    'new ErrorHandler(options)': (x) => new ErrorHandler(x),
    'registry.register(…, factory)': (x) => new Registry().register('x', x),
    'registry.read(json)': (x) => own.registry.read(x),
    'registry.read, what a factory gave': (x) =>
      new Registry().register('Routine', () => x).read({ ...flow.toJSON(), connections: [] }),
    'feed(job)': (x) => rx.feed(x, 's.trigger', EMPTY),
    'feed(…, slot)': (x) => rx.feed(job, x, EMPTY),
    'toOperator(flow)': (x) => rx.toOperator(x, { entry: 's', output: 's.o' }),
    'toOperator(…, { output })': (x) => rx.toOperator(flow, { entry: 's', output: x }),
    'toOperator(…, options)': (x) => rx.toOperator(flow, x),
    'fromOperator(…, options)': (x) => rx.fromOperator('x', (source) => source, x),
    recordMarbles: (x) => testing.recordMarbles(x),
    toMarbleTest: (x) => testing.toMarbleTest(x),
    'toMarbleTest(recording)': (x) => testing.toMarbleTest({ job: x }),
    toHaveMarbles: (x) => testing.flowMatchers.toHaveMarbles(x, {}),
    'testFlow: start': (x) => own.test.start(x, 's'),
    'testFlow: replay': (x) => own.test.replay(x, []),
    'testFlow: watch': (x) => own.test.watch(x),
    'testFlow: expectJob': (x) => own.test.expectJob(x),
    saveJob: (x) => node.saveJob('no-such-folder/never.json', x),
  };
};

/** Parameters that take classes of ours as such. */
const takingClasses = ({ core: { ErrorHandler } }) => ({
  'new ErrorHandler({ retryOn })': (X) => new ErrorHandler({ strategy: 'retry', retryOn: [TypeError, X] }),
});

/** What a call throws or rejects with; `undefined` if it does neither, or has something to wait for. */
const failureOf = async (call) => {
  try {
    await Promise.race([call(), new Promise((resolve) => setTimeout(resolve, 5))]);
  } catch (error) {
    return error;
  }
  return undefined;
};

/** Every call with an instance of every class, but of those left out, as rows [what is called, with what, the error]. */
const refusals = async (here, there, leftOut = []) => {
  const [own, other] = [await make(here), await make(there)];
  const rows = [];
  const given = Object.entries(instancesOf(other)).filter(([what]) => !leftOut.includes(what));
  for (const [name, call] of Object.entries(takingAnything(here, own)))
    for (const [what, x] of given) rows.push([name, what, await failureOf(() => call(x))]);
  for (const [name, call] of Object.entries(takingClasses(here)))
    for (const what of ['RoutiluxError', 'FlowError', 'JobError', 'TimeoutError', 'WireError'])
      rows.push([name, what, await failureOf(() => call(there.core[what]))]);
  const jobs = [own, other].map(({ job, flow }) => [job.status, flow.jobs.length]);
  await Promise.all([own.end(), other.end()]);
  return { rows, jobs };
};

module.exports = { refusals };
