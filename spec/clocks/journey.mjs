// What a process does whose timers are faked for a while: before the package is loaded, between two jobs, and in the middle of one.
// `fakes` switches them `on` and `off`; `load` gives the package. It is run by each of the runners, and throws what it finds wrong.
const realTimeout = setTimeout;
const realClear = clearTimeout;

/** Waits, in real time and whatever is faked; a job that hangs is found. */
const within = (work, what, ms = 4_000) => {
  let timer;
  const late = new Promise((_, reject) => {
    timer = realTimeout(() => reject(new Error(`${what}: nothing after ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => realClear(timer));
};

const pass = (ms) => new Promise((resolve) => realTimeout(resolve, ms));

const check = (holds, what) => {
  if (!holds) throw new Error(what);
};

/** Holds the thread for so long by a clock that nobody fakes. */
const busy = (ms) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

const parts = ({ Flow, Routine, ErrorHandler }) => {
  const flowOf = (handler, options) => {
    const routine = new Routine();
    routine.defineEvent('again');
    const slot = routine.defineSlot('trigger', handler);
    const flow = new Flow(options);
    flow.addRoutine(routine, 'r');
    flow.connect('r', 'again', 'r', slot.name);
    return flow;
  };
  const retry = (delayMs) => new ErrorHandler({ strategy: 'retry', delayMs, backoff: 1 });
  /** Fails until the nth attempt. */
  const failing =
    (times, attempts = []) =>
    (_, { attempt }) => {
      attempts.push(attempt);
      if (attempt <= times) throw new Error('once more');
    };

  /** Jobs that wait for nothing: plain handlers and promises, and more work than one slice has. */
  const needsNoTimer = async (what) => {
    const counted = await within(
      flowOf(async ({ n = 20 }, ctx) => {
        await Promise.resolve();
        if (n > 0) ctx.emit('again', { n: n - 1 });
      }).execute('r'),
      `${what}, promises`,
    );
    check(counted.status === 'completed', `${what}: ${counted.status}`);
    const long = await within(
      flowOf(({ n = 5 }, ctx) => {
        busy(4);
        if (n > 0) ctx.emit('again', { n: n - 1 });
      }).execute('r'),
      `${what}, several slices`,
    );
    check(long.status === 'completed', `${what}: ${long.status}`);
  };

  /** With real timers all is as ever. */
  const isWhole = async (what) => {
    await needsNoTimer(what);
    const retried = await within(flowOf(failing(2), { errorHandler: retry(5) }).execute('r'), `${what}, retries`);
    check(retried.status === 'completed', `${what}: retries end ${retried.status}`);
    const hanging = await within(
      flowOf(() => new Promise(() => undefined), { executionTimeoutMs: 20 }).execute('r'),
      `${what}, timeout`,
    );
    check(hanging.status === 'failed' && hanging.error?.code === 'TIMEOUT', `${what}: a timeout ends ${hanging.status}`);
    const patient = await within(
      flowOf(() => pass(30), { executionTimeoutMs: 20_000 }).execute('r'),
      `${what}, a timeout that is far`,
    );
    check(patient.status === 'completed', `${what}: ${patient.status} before its time`);
    await turns(what);
    check(Math.abs(retried.updatedAt.getTime() - Date.now()) < 60_000, `${what}: it is ${String(retried.updatedAt)}`);
    check(
      retried.history().every((record, at, all) => at === 0 || record.timestamp >= all[at - 1].timestamp),
      `${what}: time goes back`,
    );
  };

  /** The event loop turns while a job works for long (D32). */
  const turns = async (what) => {
    let turned = 0;
    const timer = setInterval(() => turned++, 1);
    await within(
      flowOf(({ n = 15 }, ctx) => {
        busy(4);
        if (n > 0) ctx.emit('again', { n: n - 1 });
      }).execute('r'),
      `${what}, a long job`,
    );
    clearInterval(timer);
    check(turned >= 3, `${what}: the event loop has turned ${turned} times`);
  };

  return { flowOf, retry, failing, needsNoTimer, isWhole };
};

/** What is left that keeps a process, or has it at work. */
const left = () =>
  process.getActiveResourcesInfo().filter((kind) => ['Timeout', 'Immediate', 'MessagePort'].includes(kind)).length;

export const beforeTheImport = async ({ load, fakes }) => {
  fakes.on();
  const { needsNoTimer, isWhole } = parts(await load());
  await needsNoTimer('under fakes, loaded under them');
  fakes.off();
  await isWhole('loaded under fakes, real again');
  fakes.on();
  await needsNoTimer('under fakes again');
  fakes.off();
  await isWhole('real for good');
};

export const betweenTwoJobs = async ({ load, fakes }) => {
  const { flowOf, retry, failing, needsNoTimer, isWhole } = parts(await load());
  await isWhole('before fakes');
  for (let round = 1; round <= 2; round++) {
    fakes.on();
    await needsNoTimer(`under fakes, round ${round}`);
    const attempts = [];
    const job = flowOf(failing(1, attempts), { errorHandler: retry(60_000) }).start('r');
    await fakes.advance(1);
    check(attempts.length === 1, 'tried again before its time');
    await fakes.advance(60_000);
    const { status } = await within(job.done, 'a retry that the test advances to');
    check(status === 'completed', `the retry of a test: ${status}`);
    fakes.off();
    await isWhole(`between fakes, round ${round}`);
  }
};

export const inTheMiddle = async ({ load, fakes }) => {
  const { flowOf, retry, failing, isWhole } = parts(await load());
  const before = left();

  // A retry that is set by real timers, and rings under fake ones: once.
  const attempts = [];
  const ringing = flowOf(failing(1, attempts), { errorHandler: retry(20) }).start('r');
  await pass(1);
  fakes.on();
  const rung = await within(ringing.done, 'a real timer under fakes');
  await pass(60);
  check(rung.status === 'completed' && attempts.join() === '1,2', `a real timer under fakes: ${rung.status}, ${attempts.join()}`);
  fakes.off();

  // A timeout that is set by real timers, and not needed under fake ones: it is gone.
  let open;
  const held = flowOf(() => new Promise((resolve) => (open = resolve)), { executionTimeoutMs: 50 }).start('r');
  await pass(1);
  fakes.on();
  open();
  await within(held.done, 'a job that ends under fakes');
  fakes.off();
  await pass(80);
  check(left() <= before, `${left() - before} timers are left`);

  // Timers that fake ones hold when they go: a retry, a timeout.
  let fail;
  const first = (_, { attempt }) =>
    attempt === 1 ? new Promise((_resolve, reject) => (fail = () => reject(new Error('once')))) : undefined;
  const retried = flowOf(first, { errorHandler: retry(30) }).start('r');
  await pass(1);
  fakes.on();
  fail();
  const hanging = flowOf(() => new Promise(() => undefined), { executionTimeoutMs: 60 }).start('r');
  const far = flowOf(() => new Promise((resolve) => (open = resolve)), { executionTimeoutMs: 60_000 }).start('r');
  await pass(5);
  check(retried.status === 'running', `a retry under fakes: ${retried.status}`);
  fakes.off();
  check((await within(retried.done, 'a retry whose fakes have gone')).status === 'completed', 'a retry whose fakes have gone');
  const ended = await within(hanging.done, 'a timeout whose fakes have gone');
  check(ended.error?.code === 'TIMEOUT', `a timeout whose fakes have gone: ${ended.status}`);
  check(far.status === 'running', `a timeout that is far: ${far.status}`);
  open();
  check((await within(far.done, 'a job begun under fakes')).status === 'completed', 'a job begun under fakes');
  await isWhole('after all');
  await pass(120);
  check(left() <= before, `${left() - before} timers are left at the end`);
};

export const moments = { beforeTheImport, betweenTwoJobs, inTheMiddle };
