import { asyncScheduler, delay, map, of, timer } from 'rxjs';
import { type Context, currentContext, type Data, ErrorHandler, Flow, type Handler, type Job, Routine } from '../../lib/index.js';
import { feed } from '../../lib/rx/index.js';
import { testFlow } from '../../lib/testing/index.js';
import { emitting, flowOf, forward, type Sketch } from '../support/flows.js';
import { ours, rejection } from '../support/thrown.js';
import { until } from '../support/turns.js';

const LINK = ['s.o -> t.i'];
const VALUES = { a: { n: 1 }, b: { n: 2 } };

const silent: Handler = () => undefined;

/** Fails so many times. */
const failing =
  (times: number): Handler =>
  (_, { attempt }) => {
    if (attempt <= times) throw new Error(`attempt ${attempt}`);
  };

const retrying = (delayMs: number, more = {}): ErrorHandler =>
  new ErrorHandler({ strategy: 'retry', maxRetries: 3, delayMs, backoff: 2, ...more });

describe('testFlow', () => {
  describe('handlers', () => {
    it('should let plain async handlers sleep in virtual time, with their promises answered in between', () =>
      testFlow(({ flowOptions, start, sleep, expectJob }) => {
        const trigger = async (_: Data, ctx: Context): Promise<void> => {
          await sleep(3);
          await Promise.resolve();
          ctx.emit('o', { n: 1 });
          await sleep(2);
          ctx.emit('o', { n: 2 });
        };
        const i = async (): Promise<void> => {
          for (let n = 0; n < 100; n++) await Promise.resolve();
          await sleep(60_000);
        };
        const flow = flowOf({ s: { slots: { trigger } }, t: { slots: { i } } }, LINK, flowOptions);
        expectJob(start(flow, 's')).toBe(
          {
            'emits s.o': '---a-b 119999ms          |',
            starts: '     s----t 59999ms t 59999ms |',
            'starts t': ' -----a 59999ms b 59999ms |',
            ends: '       -----s 59999ms t 59999ms (t|)',
          },
          VALUES,
        );
      }));

    it('should take handlers that are cold observables, and functions with a duration', () =>
      testFlow(({ flowOptions, start, cold, takes, expectJob }) => {
        const s: Sketch = { slots: { trigger: [() => cold('--a--b|', VALUES), { emits: 'o' }] } };
        const flow = flowOf({ s, t: { slots: { i: takes(4, forward) } } }, LINK, { ...flowOptions, maxWorkers: 2 });
        expectJob(start(flow, 's')).toBe(
          {
            starts: '    s-t---t---|',
            'emits s': ' --a--b----|',
            'emits t': ' ------a---(b|)',
            ends: '      ------(st)(t|)',
          },
          VALUES,
        );
      }));

    it('should not go on while a flow that nobody records has macrotasks answered', async () => {
      const order: unknown[] = [];
      await testFlow(async ({ flowOptions, sleep }) => {
        const hop: Handler = async ({ n }, ctx) => {
          await new Promise(setImmediate);
          order.push(n);
          if (Number(n) < 20) ctx.emit('o', { n: Number(n) + 1 });
        };
        const flow = flowOf(
          { s: { slots: { trigger: forward } }, t: { slots: { i: hop } } },
          ['s.o -> t.i', 't.o -> t.i'],
          flowOptions,
        );
        flow.start('s', { n: 1 });
        await sleep(5);
        order.push('slept');
      });
      expect(order).toEqual([...Array.from({ length: 20 }, (_, n) => n + 1), 'slept']);
    });

    it('should answer the promises of one timer before the next one of the same ms, as a real clock does', () =>
      testFlow(async ({ sleep }) => {
        const log: string[] = [];
        const twice = async (name: string): Promise<void> => {
          await sleep(5);
          log.push(`${name}1`);
          await Promise.resolve();
          await new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));
          log.push(`${name}2`);
        };
        await Promise.all([twice('a'), twice('b')]);
        expect(log).toEqual(['a1', 'a2', 'b1', 'b2']);
      }));

    it('should do what its own example says', () =>
      testFlow(({ flowOptions, start, takes, expectJob }) => {
        const flow = new Flow({ ...flowOptions, errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 20 }) });
        const fails = new Routine();
        fails.defineSlot(
          'trigger',
          takes(5, (_data, { attempt }) => {
            if (attempt === 1) throw new Error('once');
          }),
        );
        flow.addRoutine(fails, 's');
        expectJob(start(flow, 's')).toBe({
          starts: ' s---- 20ms s----|',
          retries: '-----s 19ms -----|',
        });
      }));

    it('should know in which routine a handler is after it has slept', () =>
      testFlow(async ({ flowOptions, start, sleep }) => {
        const seen: unknown[] = [];
        const trigger = async (): Promise<void> => {
          await sleep(3);
          seen.push(currentContext()?.routineId);
        };
        await start(flowOf({ s: { slots: { trigger } } }, [], flowOptions), 's').done;
        expect(seen).toEqual(['s']);
      }));

    it('should end a sleep with the reason of its signal, and leave no timer behind', () =>
      testFlow(async ({ flowOptions, start, sleep, scheduler, expectJob }) => {
        const reasons: unknown[] = [];
        const trigger = (_: Data, { signal }: Context): Promise<void> =>
          sleep(1_000, signal).catch((reason: unknown) => void reasons.push(reason));
        const job = start(flowOf({ s: { slots: { trigger } } }, [], flowOptions), 's');
        expectJob(job).toBe({ starts: 's---!', ends: '----(s!)', 'ends s': '----(d!)' });
        await sleep(4);
        await job.cancel('enough');
        await Promise.resolve();
        expect([reasons.length, scheduler.actions.length]).toEqual([1, 0]);
        expect(await rejection(sleep(1, AbortSignal.abort('before')))).toBe('before');
        const { signal, ...control } = { signal: new AbortController().signal, removed: 0 };
        signal.removeEventListener = () => void control.removed++;
        await sleep(1, signal);
        expect(control.removed).toBe(1);
      }));
  });

  describe('what happens from outside', () => {
    it('should start a job per mark of its entries, and draw them on the same lines (D15)', () =>
      testFlow(async ({ flowOptions, entries, takes, expectJob, flush }) => {
        const flow = flowOf({ s: { slots: { trigger: takes(3, forward) } }, t: { slots: { i: silent } } }, LINK, flowOptions);
        const jobs = entries(flow, 's', 'a-b', VALUES);
        expectJob(jobs).toBe({ starts: 's--s--(t|t|)', 'emits s': '---a--(b||)' }, VALUES);
        await flush();
        expect(jobs.map(({ id, status }) => [id, status])).toEqual([
          ['job-1', 'completed'],
          ['job-2', 'completed'],
        ]);
      }));

    it('should take external inputs as marbles: a stream that is fed into a slot, and one that steers the job', () =>
      testFlow(({ flowOptions, start, hot, takes, expectJob, expectObservable }) => {
        const sketches = { s: { slots: { trigger: takes(2, forward) } }, t: { slots: { i: silent } } };
        const job = start(flowOf(sketches, LINK, flowOptions), 's', { n: 0 });
        const input$ = hot('a---b-----a---|', VALUES);
        feed(job, 't.i', input$);
        hot('---p----r').subscribe((mark) => {
          if (mark === 'p') void job.pause();
          else job.resume();
        });
        expectJob(job).toBe(
          {
            starts: '    s-[tt]-----[t]-t---|',
            'takes t': ' --[ax]-----[b]-a---|',
            pauses: '    ---p----r-----|',
          },
          { ...VALUES, x: { n: 0 } },
        );
        expectObservable(input$).toBe('a---b-----a---|', VALUES);
      }));

    it('should add up what waits and what is at work in several jobs', () =>
      testFlow(({ flowOptions, entries, takes, expectJob }) => {
        const sketches = { s: { slots: { trigger: emitting({}, {}) } }, t: { slots: { i: takes(5) } } };
        const jobs = entries(flowOf(sketches, LINK, flowOptions), 's', 'x-x');
        expectJob(jobs).toBe({
          starts: '(st)-(st)-(|t)-t----|',
          queued: '1-2-------(|1)-0----|',
        });
      }));

    it('should begin a hot observable at once, and a cold one when it is subscribed to', () =>
      testFlow(async ({ hot, cold, sleep, expectObservable }) => {
        const hot$ = hot('-a-b-(c|)');
        const cold$ = cold('-a-#', undefined, 'broken');
        expectObservable(hot$).toBe('-a-b-(c|)');
        await sleep(2);
        expectObservable(hot$).toBe('---b-(c|)');
        expectObservable(cold$).toBe('---a-#', {}, 'broken');
        expectObservable(cold$.pipe(map((value) => ({ value })))).toBe('---x-#', { x: { value: expect.any(String) as string } });
      }));

    it('should be steered by a body that awaits: pause, resume, cancel (D19)', () =>
      testFlow(async ({ flowOptions, start, sleep, takes, expectJob }) => {
        const flow = flowOf(
          { s: { slots: { trigger: emitting({}, {}, {}) } }, t: { slots: { i: takes(10) } } },
          LINK,
          flowOptions,
        );
        const job = start(flow, 's');
        await sleep(3);
        await job.pause();
        await sleep(20);
        job.resume();
        await sleep(15);
        await job.cancel();
        expectJob(job).toBe({
          starts: '[st]---------  20ms t---------t----!',
          pauses: '----------p 19ms    r--------------!',
          status: 'r---------p 19ms    r--------------!',
          queued: '2-------------  16ms 1---------0----!',
          active: '1---------0 19ms    1--------------(0!)',
          'ends t': '----------c 19ms  ----------c----(d!)',
        });
      }));
  });

  describe('payloads', () => {
    it('should tell what is emitted, what is queued, and what a handler takes in: mapped, merged, once for all attempts', () =>
      testFlow(({ flowOptions, start, expectJob }) => {
        const s: Sketch = { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } };
        const t: Sketch = { slots: { i: [failing(1), { merge: 'append' }] } };
        const flow = flowOf({ s, t }, [], { ...flowOptions, errorHandler: retrying(20) });
        flow.connect('s', 'o', 't', 'i', { n: 'm' });
        expectJob(start(flow, 's')).toBe(
          {
            'emits s.o': '(ab)    16ms    |',
            'takes t.i': '(cd)    16ms    |',
            takes: '    (stt)   15ms    |',
            starts: '   (stt)   15ms    (tt|)',
          },
          { ...VALUES, c: { m: [1] }, d: { m: [1, 2] } },
        );
      }));
  });

  describe('retries, failures, timeouts', () => {
    it('should show each retry with the number of the attempt that failed (G27)', () =>
      testFlow(({ flowOptions, start, expectJob }) => {
        const flow = flowOf({ s: { slots: { trigger: failing(2) } } }, [], { ...flowOptions, errorHandler: retrying(20) });
        expectJob(start(flow, 's')).toBe({
          starts: '    s 19ms s 39ms (s|)',
          'ends s': '  r 19ms r 39ms (c|)',
          'retries s': '1 19ms 2 39ms |',
          queued: '    1 59ms        (0|)',
        });
      }));

    it('should give the same chances to every run of a seed, and others to another', async () => {
      const times = async (seed: number): Promise<readonly number[]> => {
        const at: number[] = [];
        await testFlow(
          ({ flowOptions, start, scheduler }) => {
            const trigger: Handler = (...given) => {
              at.push(scheduler.frame);
              return failing(3).call(new Routine(), ...given);
            };
            const options = { ...flowOptions, errorHandler: retrying(1_000, { jitter: 1 }) };
            start(flowOf({ s: { slots: { trigger } } }, [], options), 's');
          },
          { seed },
        );
        return at;
      };
      const first = await times(1);
      expect(first).toHaveLength(4);
      expect(await times(1)).toEqual(first);
      expect(await times(2)).not.toEqual(first);
    });

    it('should end with # where a job fails, and at its timeout where a handler never answers (S33, S35)', () =>
      testFlow(({ flowOptions, start, expectJob }) => {
        const fails = flowOf({ s: { slots: { trigger: failing(9) } } }, [], flowOptions);
        expectJob(start(fails, 's')).toBe({ starts: '(s#)', 'ends s': '(f#)' });
        const hangs = flowOf({ s: { slots: { trigger: () => new Promise(() => undefined) } } }, [], flowOptions);
        expectJob(start(hangs, 's')).toBe({ starts: 's 299999ms #', 'ends s': '5m (d#)' });
        expectJob(start(hangs, 's', {}, { timeoutMs: 30 })).toBe({ starts: '- 29ms #' });
      }));
  });

  describe('the clock of RxJS', () => {
    it('should be virtual too: operators wait in it, and flows that were made without it', async () => {
      const trigger = (): unknown => of(1).pipe(delay(50));
      const flow = flowOf({ s: { slots: { trigger } }, t: { slots: { i: silent } } }, ['s.o -> t.i'], {
        errorHandler: retrying(70),
      });
      await testFlow(({ start, expectJob, expectObservable }) => {
        expectJob(start(flow, 's')).toBe({ starts: 's 49ms |' });
        const fails = flowOf({ s: { slots: { trigger: failing(1) } } }, [], { errorHandler: retrying(70) });
        expectJob(start(fails, 's')).toBe({ starts: 's 69ms (s|)' });
        expectObservable(timer(30).pipe(map(() => asyncScheduler.now()))).toBe('30ms (n|)', { n: 30 });
      });
    });

    it('should be real again afterwards, also where the test has failed', async () => {
      const before = [asyncScheduler.schedule, asyncScheduler.now];
      await testFlow(() => expect(asyncScheduler.schedule).not.toBe(before[0]));
      await rejection(testFlow(() => Promise.reject(new Error('no'))));
      expect([asyncScheduler.schedule, asyncScheduler.now]).toEqual(before);
      expect(Object.hasOwn(asyncScheduler, 'schedule')).toBe(false);
    });

    it('should refuse a second test while one is at work', async () => {
      const first = testFlow(({ sleep }) => sleep(5));
      expect(await rejection(testFlow(() => undefined))).toMatchObject({ code: 'AT_WORK' });
      await first;
      await testFlow(() => undefined);
    });

    it('should be had by the next test, where one is at work that ran out of time; that one is ended and told', async () => {
      const { currentTestName } = expect.getState();
      const before = [asyncScheduler.schedule, asyncScheduler.now];
      let job: Job | undefined;
      const late = rejection(
        testFlow(({ start, flowOptions, takes }) => {
          job = start(flowOf({ s: { slots: { trigger: takes(1, forward) } } }, ['s.o -> s.trigger'], flowOptions), 's');
        }),
      );
      expect(await until(() => job?.status === 'running')).toBe(true);
      expect.setState({ currentTestName: 'the next one' });
      try {
        await testFlow(async ({ sleep }) => {
          await sleep(5);
          expect(await late).toMatchObject({ code: 'AT_WORK' });
          expect([job?.status, job?.state.reason]).toEqual(['cancelled', 'another test has begun']);
          expect(await rejection(testFlow(() => undefined))).toMatchObject({ code: 'AT_WORK' });
          expect(asyncScheduler.schedule).not.toBe(before[0]);
        });
      } finally {
        expect.setState({ currentTestName });
      }
      expect([asyncScheduler.schedule, asyncScheduler.now]).toEqual(before);
    });
  });

  describe('what it is told', () => {
    it('should reject with what the body throws, and with what it starts wrongly', async () => {
      expect(
        await rejection(
          testFlow(() => {
            throw new Error('at once');
          }),
        ),
      ).toMatchObject({ message: 'at once' });
      const later = testFlow(async ({ sleep }) => {
        await sleep(5);
        throw new Error('later');
      });
      expect(await rejection(later)).toMatchObject({ message: 'later' });
      expect(
        await rejection(testFlow(({ entries, flowOptions }) => entries(flowOf({}, [], flowOptions), 'x', '--a'))),
      ).toMatchObject({
        code: 'UNKNOWN_ROUTINE',
      });
    });

    it.each([
      [{ startz: '|' }, 'BAD_LINE', "There is no line 'startz'"],
      [{ 'queued s': '|' }, 'BAD_LINE', "There is no line 'queued s'"],
      [{ 'emits s.typo': '(|)' }, 'UNKNOWN_PLACE', "'emits s.typo' is about what none of these jobs has; there is s.o"],
      [{ 'starts nobody': '(|)' }, 'UNKNOWN_PLACE', 'there is s.trigger'],
      [{ 'outputs nobody': '(|)' }, 'UNKNOWN_PLACE', 'there is s'],
      [{ starts: '-^|' }, 'BAD_MARBLES', "'^' has no meaning here"],
      [{ starts: '(ab' }, 'BAD_MARBLES', "'(' is out of place"],
      [{ 'emits s': '-x|' }, 'BAD_MARBLES', "'x' has no value on the line 'emits s'"],
      [{ status: 'x|' }, 'BAD_MARBLES', "'x' has no value on the line 'status'"],
    ])('should refuse the lines %j', async (lines, code, sentence) => {
      const wrong = testFlow(({ flowOptions, start, expectJob }) => {
        expectJob(start(flowOf({ s: { slots: { trigger: silent } } }, [], flowOptions), 's')).toBe(lines);
      });
      const error = ours(await rejection(wrong));
      expect([error.code, error.message]).toEqual([code, expect.stringContaining(sentence) as string]);
    });

    it('should refuse to expect anything of a job that has ended unwatched', async () => {
      const late = testFlow(async ({ flowOptions, expectJob }) => {
        const job = flowOf({ s: { slots: { trigger: silent } } }, [], flowOptions).start('s');
        await job.done;
        expectJob(job).toBe({ starts: '(s|)' });
      });
      expect(await rejection(late)).toMatchObject({ code: 'ENDED_UNWATCHED', details: { jobId: 'job-1' } });
    });

    it('should take a job that was started without it, in the same turn, and one that was resumed elsewhere', () =>
      testFlow(async ({ flowOptions, sleep, takes, expectJob, watch }) => {
        const flow = (): ReturnType<typeof flowOf> =>
          flowOf({ s: { slots: { trigger: emitting({}, {}) } }, t: { slots: { i: takes(5) } } }, LINK, {
            ...flowOptions,
            flowId: 'f',
          });
        const job = flow().start('s');
        expectJob(job).toBe({ starts: '[st]-----', pauses: '-----p' });
        await sleep(1);
        const state = await job.pause();
        await sleep(5);
        const again: Job = flow().resume(state);
        expect(watch(again).marbles('starts')).toBe('');
        expectJob(again).toBe({ starts: '10ms t----|' });
      }));
  });
});
