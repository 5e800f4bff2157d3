import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleepReally } from 'node:timers/promises';
import { asyncScheduler } from 'rxjs';
import type { Handler, Job } from '../../lib/index.js';
import { recordMarbles, seeded, testFlow, toMarbleTest } from '../../lib/testing/index.js';
import { flowOf } from '../support/flows.js';
import { ours, rejection } from '../support/thrown.js';

const really = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());

/** A test whose flow has one handler. */
const testOf = (handler: Handler, options = {}): Promise<unknown> =>
  rejection(
    testFlow(async ({ flowOptions, start }) => {
      await start(flowOf({ r: { slots: { trigger: handler } } }, [], { ...flowOptions, ...options }), 'r').done;
    }),
  );

const SENTENCE = "waits for something outside virtual time: routine 'r', slot 'trigger'";

describe('a handler under virtual time that waits for the real world (f08)', () => {
  it.each<[string, Handler]>([
    ['a timer of 0 ms', () => really(0)],
    ['a timer of 1 ms', () => really(1)],
    ['a timer of 10 ms', () => really(10)],
    ['a timer of an hour', () => really(3_600_000)],
    ['a timer of node:timers/promises', () => sleepReally(10)],
    [
      'a timer after an await',
      async () => {
        await Promise.resolve();
        await really(10);
      },
    ],
    ['a file', () => readFile(__filename)],
    ['an interval', () => new Promise(() => setInterval(() => undefined, 5).unref())],
  ])('should be told at once, with its place: %s', async (_, handler) => {
    const begun = performance.now();
    const error = ours(await testOf(handler));
    expect([error.code, error.message]).toEqual(['OUTSIDE', expect.stringContaining(SENTENCE) as string]);
    expect(error.details).toMatchObject({ routineId: 'r', slot: 'trigger' });
    expect(performance.now() - begun).toBeLessThan(60_000);
  });

  it('should be told if it asks a server', async () => {
    const server = createServer((_, response) => void response.end('ok')).listen(0);
    try {
      const { port } = server.address() as AddressInfo;
      expect(await testOf(async () => void (await fetch(`http://127.0.0.1:${port}`)))).toMatchObject({ code: 'OUTSIDE' });
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it('should have its jobs cancelled, so that nothing of it runs on', async () => {
    let job: Job | undefined;
    await rejection(
      testFlow(({ flowOptions, start }) => {
        job = start(flowOf({ r: { slots: { trigger: () => really(3_600_000) } } }, [], flowOptions), 'r');
      }),
    );
    expect(job?.status).toBe('cancelled');
  });

  it('should be left alone if it waits in virtual time, and guards that with a real timer', () =>
    testFlow(async ({ flowOptions, start, sleep, expectJob }) => {
      const trigger = async (): Promise<void> => {
        const guard = setTimeout(() => undefined, 60_000);
        await sleep(5);
        clearTimeout(guard);
      };
      expectJob(start(flowOf({ r: { slots: { trigger } } }, [], flowOptions), 'r')).toBe({ starts: 'r----|' });
    }));

  it('should be left alone if it never answers: that is what a timeout is for (S35)', () =>
    testFlow(({ flowOptions, start, expectJob }) => {
      const flow = flowOf({ r: { slots: { trigger: () => new Promise(() => undefined) } } }, [], flowOptions);
      expectJob(start(flow, 'r', {}, { timeoutMs: 30 })).toBe({ starts: 'r 29ms #' });
    }));

  it('should be left alone if it needs turns of the event loop', () =>
    testFlow(({ flowOptions, start, expectJob }) => {
      const trigger = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
      expectJob(start(flowOf({ r: { slots: { trigger } } }, [], flowOptions), 'r')).toBe({ starts: '(r|)' });
    }));
});

describe('a job that fails in a test', () => {
  const boom: Handler = () => {
    throw new Error('boom');
  };

  it('should make it red if nobody expects that', async () => {
    const error = ours(await testOf(boom));
    expect([error.code, error.message]).toEqual(['FAILED', expect.stringMatching(/job 'job-1': .*boom/) as string]);
  });

  it('should make it red if it is one of several, of which the others are expected', async () => {
    const test = testFlow(({ flowOptions, start, expectJob }) => {
      const flow = flowOf({ r: { slots: { trigger: boom } } }, [], flowOptions);
      expectJob(start(flow, 'r')).toBe({ starts: '(r#)' });
      start(flow, 'r');
    });
    expect(await rejection(test)).toMatchObject({ code: 'FAILED', message: expect.not.stringContaining('job-1') as string });
  });

  it.each<[string, (job: Job) => unknown]>([
    ['its status', (job) => expect(job.status).toBe('failed')],
    ['the status of its state', async (job) => expect((await job.done).status).toBe('failed')],
    ['its error', async (job) => expect((await job.done).error).toMatchObject({ code: 'TASK_FAILED' })],
  ])('should leave it green if the test looks at %s', (_, look) =>
    testFlow(async ({ flowOptions, start }) => {
      const job = start(flowOf({ r: { slots: { trigger: boom } } }, [], flowOptions), 'r');
      await job.done;
      await look(job);
    }),
  );

  it('should make it red if the test has looked before it failed only', async () => {
    const test = testFlow(async ({ flowOptions, start }) => {
      const job = start(flowOf({ r: { slots: { trigger: boom } } }, [], flowOptions), 'r');
      expect([job.status, job.state.status, job.state.error]).toEqual(['pending', 'pending', undefined]);
      await job.done;
    });
    expect(await rejection(test)).toMatchObject({ code: 'FAILED' });
  });
});

describe('a test that has run out of its time', () => {
  it('should leave real time to the next one, also if that has no testFlow', async () => {
    const { currentTestName } = expect.getState();
    const late = rejection(testFlow(({ sleep }) => sleep(1_000)));
    expect.setState({ currentTestName: 'the next one' });
    try {
      const now = asyncScheduler.now();
      expect(Math.abs(now - Date.now())).toBeLessThan(10_000);
      const rung = await new Promise((resolve) => asyncScheduler.schedule(() => resolve('real'), 1));
      expect([rung, Object.hasOwn(asyncScheduler, 'schedule')]).toEqual(['real', false]);
      expect(await late).toMatchObject({ code: 'AT_WORK' });
    } finally {
      expect.setState({ currentTestName });
    }
  });

  it('should end by itself when the next one has begun', async () => {
    const { currentTestName } = expect.getState();
    const late = rejection(testFlow(({ sleep }) => sleep(1_000)));
    expect.setState({ currentTestName: 'the next one' });
    expect(await late).toMatchObject({ code: 'AT_WORK' });
    expect.setState({ currentTestName });
  });

  it('should be ended by the next testFlow if no runner says which test it is (node:test)', async () => {
    const { expect: there } = globalThis as { expect?: unknown };
    Reflect.deleteProperty(globalThis, 'expect');
    try {
      const late = rejection(testFlow(({ sleep }) => sleep(1_000)));
      await testFlow(({ sleep }) => sleep(5));
      (globalThis as { expect?: unknown }).expect = there;
      expect(await late).toMatchObject({ code: 'AT_WORK' });
    } finally {
      (globalThis as { expect?: unknown }).expect = there;
    }
  });
});

describe('options of the test kit (D37)', () => {
  const run = (options: unknown): Promise<unknown> => testFlow(() => undefined, options as never);
  const job = (): Job => flowOf({ r: { slots: { trigger: () => undefined } } }).start('r');
  const inTest = (steps: unknown): Promise<unknown> =>
    testFlow(({ replay, flowOptions }) => void replay(flowOf({}, [], flowOptions), steps as never));

  it.each<[string, string, () => unknown]>([
    ['horizon', "'horizonMs'", () => run({ horizon: 5 })],
    ['maxStep', "'maxSteps'", () => run({ maxStep: 5 })],
    ['sed', "'seed'", () => run({ sed: 5 })],
    ['colour', "'horizonMs', 'maxSteps', 'seed'", () => run({ colour: 5 })],
    ['horizonMs', 'above 0', () => run({ horizonMs: 0 })],
    ['horizonMs', 'above 0', () => run({ horizonMs: NaN })],
    ['horizonMs', 'above 0', () => run({ horizonMs: '5' })],
    ['maxSteps', 'from 1', () => run({ maxSteps: 0 })],
    ['maxSteps', 'from 1', () => run({ maxSteps: 1.5 })],
    ['seed', 'whole', () => run({ seed: 1.5 })],
    ['seed', 'whole', () => run({ seed: '7' })],
    ['options', 'an object', () => run(null)],
    ['seed', 'whole', () => seeded('7' as never)],
    ['seed', 'whole', () => seeded(NaN)],
    ['unit', "'unitMs'", () => recordMarbles(job(), { unit: 5 } as never)],
    ['unitMs', 'above 0', () => recordMarbles(job(), { unitMs: 0 })],
    ['unitMs', 'above 0', () => recordMarbles(job(), { unitMs: -1 })],
    ['scheduler', 'a scheduler', () => recordMarbles(job(), { scheduler: {} as never })],
    ['flows', "'flow'", () => toMarbleTest(job(), { flows: 'x' } as never)],
    ['name', 'a string', () => toMarbleTest(job(), { name: 5 } as never)],
    ['timeout', "'timeoutMs'", () => toMarbleTest(job(), { run: { timeout: 5 } } as never)],
    ['emit', "'emits'", () => inTest([[0, 'r.trigger 1', { emit: 'o', data: {} }]])],
    ['act', "'ends'", () => inTest([[0, 'r.trigger 1', 'end']])],
  ])('should be refused: %s, with %s', async (option, expected, call) => {
    const error = ours(await rejection(Promise.resolve().then(call)));
    expect(error).toMatchObject({ code: 'BAD_OPTION', details: { option } });
    expect(error.message).toContain(expected);
  });

  it('should leave no clock behind if they are refused', async () => {
    await rejection(run({ horizon: 5 }));
    expect(Object.hasOwn(asyncScheduler, 'schedule')).toBe(false);
    await testFlow(() => undefined);
  });
});
