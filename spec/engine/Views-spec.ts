import { lastValueFrom, map, type Observable, Subject, take, toArray } from 'rxjs';
import type { ExecuteOptions, Job, JobRecord, OutputObserver, OutputRecord, Progress } from '../../lib/index.js';
import { deferred, emitting, flowOf, type Sketch, sleep } from '../support/flows.js';
import { marbles } from '../support/marbles.js';
import { turn, virtualTime } from '../support/virtualTime.js';

const chain = (options = {}) =>
  flowOf({ s: { slots: { trigger: emitting({}, {}) } }, t: { slots: { i: () => undefined } } }, ['s.o -> t.i'], options);

const kinds = (records: readonly JobRecord[]): string[] => records.map(({ type }) => type);

/** What a watcher of a whole run gets, while somebody else does something at each record. */
const watched = async (meddle: (job: Job, record: JobRecord) => void = () => undefined): Promise<JobRecord[]> => {
  const records: JobRecord[] = [];
  const job = chain({ scheduler: undefined }).start('s');
  job.record$.subscribe((record) => meddle(job, record));
  job.record$.subscribe((record) => records.push(record));
  await job.done;
  return records;
};

/** What was rejected with nobody to answer, while work ran and two turns of the event loop after it. */
const unanswered = async (work: () => Promise<unknown>): Promise<readonly unknown[]> => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.prependListener('unhandledRejection', note);
  try {
    await work();
    await turn();
    await turn();
    return unhandled;
  } finally {
    process.off('unhandledRejection', note);
  }
};

/** What somebody hears who begins to watch in the middle of a handler, alone or while somebody else watches. */
const heardFromTheMiddle = async <T>(view: (job: Job) => Observable<T>, isAlone: boolean): Promise<readonly T[]> => {
  const heard: T[] = [];
  let job: Job | undefined = undefined;
  const trigger: Sketch = {
    slots: {
      trigger: (_, ctx) => {
        ctx.emit('o', { n: 1 });
        ctx.output('x', { n: 1 });
        if (job !== undefined) view(job).subscribe((value) => heard.push(value));
        ctx.emit('o', { n: 2 });
        ctx.output('x', { n: 2 });
      },
    },
  };
  job = flowOf({ s: trigger, t: { slots: { i: () => undefined } } }, ['s.o -> t.i']).start('s');
  if (!isAlone) {
    job.record$.subscribe();
    view(job).subscribe();
  }
  await job.done;
  return heard;
};

describe('Views', () => {
  describe.each([
    ['alone', true],
    ['while somebody else watches', false],
  ])('whoever comes in the middle of a handler, %s', (_, isAlone) => {
    it('should hear the records from then on', async () => {
      const records = await heardFromTheMiddle((job) => job.record$, isAlone);
      expect(kinds(records).slice(0, 5)).toEqual(['emitted', 'taskQueued', 'output', 'timed', 'taskSettled']);
      expect(kinds(records).at(-1)).toBe('ended');
    });

    it('should see the payloads of an event from then on', async () => {
      expect(await heardFromTheMiddle((job) => job.event$('s.o'), isAlone)).toEqual([{ n: 2 }]);
    });

    it('should get the outputs from then on', async () => {
      const outputs = await heardFromTheMiddle((job) => job.output$, isAlone);
      expect(outputs.map(({ data }) => data)).toEqual([{ n: 2 }]);
    });

    it('should be told the status of now once, then each new one', async () => {
      expect(await heardFromTheMiddle((job) => job.status$, isAlone)).toEqual(['running', 'completed']);
    });
  });

  it('should tell whoever comes after the end of the job its status once, though the end has not been told yet', async () => {
    const heard: string[] = [];
    let job: Job | undefined = undefined;
    const trigger = (): void => {
      void job?.cancel();
      job?.status$.subscribe({ next: (status) => heard.push(status), complete: () => heard.push('|') });
      job?.record$.subscribe({ next: ({ type }) => heard.push(type), complete: () => heard.push('||') });
    };
    job = flowOf({ s: { slots: { trigger } } }).start('s');
    job.status$.subscribe();
    job.record$.subscribe();
    await job.done;
    await turn();
    expect(heard).toEqual(['cancelled', '||', '|']);
  });

  it('should tell whoever comes while letters wait what is told at once: an output observer that threw before them', async () => {
    const heard: string[] = [];
    let job: Job | undefined = undefined;
    const sketch: Sketch = {
      slots: {
        trigger: (_, ctx) => {
          ctx.output('x');
          job?.record$.subscribe(({ type }) => heard.push(type));
        },
      },
    };
    const output = (): never => {
      throw new Error('no');
    };
    job = flowOf({ s: sketch }).start('s', {}, { output });
    job.record$.subscribe();
    await job.done;
    expect(heard).toEqual(['warning', 'timed', 'taskSettled', 'ended']);
  });

  it('should tell whoever comes while the end waits for a sink what happens after that, and nothing before (D24)', async () => {
    const heard: string[][] = [[], []];
    const output = {
      complete: async () => {
        await Promise.resolve();
        throw new Error('late');
      },
    };
    const job = flowOf({ s: { slots: { trigger: () => undefined } } }).start('s', {}, { output });
    const hear = (at: number): void => {
      job.record$.subscribe({ next: ({ type }) => heard[at]?.push(type), complete: () => heard[at]?.push('|') });
    };
    job.status$.subscribe((status) => {
      if (status === 'completed') hear(0);
    });
    job.record$.subscribe(({ type }) => {
      if (type === 'warning') hear(1);
    });
    await turn();
    await turn();
    expect(heard).toEqual([['warning', '|'], ['|']]);
  });

  it('should leave no observer behind of whoever unsubscribes, in any view', async () => {
    const job = flowOf({ s: { slots: { trigger: () => turn() } } }).start('s');
    const heard: unknown[] = [];
    const views: readonly Observable<unknown>[] = [job.record$, job.output$, job.status$, job.progress$];
    for (const view$ of views) view$.subscribe((value) => heard.push(value)).unsubscribe();
    const before = heard.length;
    await job.done;
    expect(heard).toHaveLength(before);
  });

  describe('status$', () => {
    it(
      'should give the status now, each new one, and complete at the end (G50)',
      marbles(({ cold, scheduler, expectObservable }) => {
        const flow = flowOf({ s: { slots: { trigger: () => cold('-----|') } } }, [], { scheduler });
        const job = flow.start('s');
        const first: string[] = [];
        job.status$.subscribe((status) => first.push(status));
        expect(first).toEqual(['pending']);
        expectObservable(job.status$.pipe(map((status) => status.charAt(0)))).toBe('r----(c|)');
        expectObservable(job.status$.pipe(map((status) => status.charAt(0))), '--^-!').toBe('--r');
        expectObservable(job.status$.pipe(map((status) => status.charAt(0))), '---------^').toBe('---------(c|)');
      }),
    );
  });

  describe('progress$', () => {
    it(
      'should tell what waits and what is at work, now and after each stretch, last 0, 0 and the end (S40, S41, S47, SC030)',
      marbles(({ cold, scheduler, expectObservable, flush }) => {
        const t: Sketch = { slots: { i: () => cold('-----|') } };
        const sketches = { s: { slots: { trigger: emitting({}, {}, {}) } }, t };
        const flow = flowOf(sketches, ['s.o -> t.i'], { scheduler, maxWorkers: 2 });
        const told: Progress[] = [];
        const job = flow.start('s');
        job.progress$.subscribe((progress) => told.push(progress));
        expectObservable(job.progress$.pipe(map(({ queued, active }) => `${queued}${active}`))).toBe('a----(bc)-(d|)', {
          a: '12',
          b: '02',
          c: '01',
          d: '00',
        });
        flush();
        expect(told[0]).toEqual({ queued: 1, active: 0, done: 0, status: 'pending', pausing: false });
        expect(told.at(-1)).toMatchObject({ queued: 0, active: 0, status: 'completed', pausing: false });
      }),
    );
  });

  describe('record$', () => {
    it('should give every step in the order in which it happens', async () => {
      expect(kinds(await watched())).toEqual([
        ...['started', 'taskQueued'],
        ...['routineSeen', 'taskStarted', 'takenIn', 'emitted', 'taskQueued', 'emitted', 'taskQueued', 'timed', 'taskSettled'],
        ...['routineSeen', 'taskStarted', 'takenIn', 'timed', 'taskSettled'],
        ...['taskStarted', 'takenIn', 'timed', 'taskSettled'],
        'ended',
      ]);
    });

    it('should miss nothing for whoever subscribes in the turn of the start (D17)', async () => {
      const job = chain().start('s');
      await Promise.resolve();
      const early: string[] = [];
      const other = chain().start('s');
      other.record$.subscribe(({ type }) => early.push(type));
      await Promise.all([job.done, other.done]);
      expect(early[0]).toBe('started');
    });

    it('should carry the id of the job and a time in every record', async () => {
      const records = await watched();
      expect(new Set(records.map(({ jobId }) => jobId)).size).toBe(1);
      expect(records.every(({ timestamp }) => timestamp instanceof Date)).toBe(true);
      const times = records.map(({ timestamp }) => timestamp.getTime());
      expect([...times].sort((a, b) => a - b)).toEqual(times);
    });

    it('should not be what a bare Subject is, where an observer that reacts reorders what the next one sees (rule 9)', () => {
      const naive$ = new Subject<number>();
      const seen: number[] = [];
      naive$.subscribe((n) => n === 1 && naive$.next(2));
      naive$.subscribe((n) => seen.push(n));
      naive$.next(1);
      expect(seen).toEqual([2, 1]);
    });

    it('should be the same for the second watcher when the first one calls the job (rule 9)', async () => {
      const meddled = await watched((job, { type }) => {
        if (type !== 'emitted') return;
        void job.pause();
        job.resume();
      });
      const plain = await watched();
      expect(kinds(meddled).filter((kind) => kind !== 'paused' && kind !== 'resumed')).toEqual(kinds(plain));
    });

    it('should show a cancel by the first watcher to the second one after what came before it (rule 9)', async () => {
      const records: string[] = [];
      const job = chain().start('s');
      job.record$.subscribe((record) => {
        if (record.type === 'taskStarted' && record.routineId === 't') void job.cancel('seen');
      });
      job.record$.subscribe(({ type }) => records.push(type));
      await job.done;
      expect(job.status).toBe('cancelled');
      // Both watchers are told of a step before either hears of what the first one did about it.
      expect(records.indexOf('ended')).toBe(records.length - 1);
      expect(records.filter((type) => type === 'taskStarted')).toHaveLength(2);
      expect(records.filter((type) => type === 'ended')).toHaveLength(1);
    });

    it('should be in order as well for a watcher who starts another job (rule 9)', async () => {
      const flow = chain();
      const records: string[] = [];
      const inner: Promise<unknown>[] = [];
      const job = flow.start('s');
      job.record$.subscribe(({ type }) => {
        if (type === 'emitted') inner.push(flow.execute('s'));
      });
      job.record$.subscribe(({ type }) => records.push(type));
      await job.done;
      await Promise.all(inner);
      expect(inner).toHaveLength(2);
      expect(records).toEqual(kinds(await watched()));
    });

    it('should not own the job: unsubscribing from a view stops nothing', async () => {
      const job = chain().start('s');
      job.record$.pipe(take(1)).subscribe();
      job.status$.subscribe().unsubscribe();
      job.output$.subscribe().unsubscribe();
      job.progress$.subscribe().unsubscribe();
      expect((await job.done).metrics.routine('t')?.completed).toBe(2);
    });

    it('should complete at once where the job has ended', async () => {
      const job = chain().start('s');
      await job.done;
      const got: unknown[] = [];
      const views: readonly Observable<unknown>[] = [job.record$, job.output$];
      for (const view$ of views) view$.subscribe({ next: (v) => got.push(v), complete: () => got.push('end') });
      expect(got).toEqual(['end', 'end']);
    });
  });

  describe('output (G60, G61)', () => {
    const s: Sketch = {
      slots: {
        trigger: (_, ctx) => {
          ctx.output('report', { n: 1 });
          ctx.output('log');
        },
      },
    };

    it('should go to output$, to the observers of the run, and to the log, with its place and time', async () => {
      const [viewed, handed, called]: [OutputRecord[], OutputRecord[], OutputRecord[]] = [[], [], []];
      let completed = 0;
      const flow = flowOf({ s });
      const output = { next: (record: OutputRecord) => handed.push(record), complete: () => completed++ };
      const job = flow.start('s', {}, { output });
      job.output$.subscribe((record) => viewed.push(record));
      const state = await job.done;
      await flow.execute('s', {}, { output: (record) => called.push(record) });
      const expected = [
        { jobId: job.id, routineId: 's', type: 'report', data: { n: 1 }, timestamp: expect.any(Date) as unknown },
        { jobId: job.id, routineId: 's', type: 'log', data: {}, timestamp: expect.any(Date) as unknown },
      ];
      expect(viewed).toEqual(expected);
      expect(handed).toEqual(expected);
      expect(state.outputLog).toEqual(expected);
      expect(called.map(({ type }) => type)).toEqual(['report', 'log']);
      expect(completed).toBe(1);
    });

    it('should be logged where nobody watches', async () => {
      const state = await flowOf({ s }).execute('s');
      expect(state.outputLog.map(({ type }) => type)).toEqual(['report', 'log']);
    });

    it('should only warn where an observer throws', async () => {
      const warnings: unknown[] = [];
      const job = flowOf({ s }).start(
        's',
        {},
        {
          output: () => {
            throw new Error('sink');
          },
        },
      );
      job.record$.subscribe((record) => {
        if (record.type === 'warning') warnings.push(record.error);
      });
      const state = await job.done;
      expect(state.status).toBe('completed');
      expect(warnings).toEqual([new Error('sink'), new Error('sink')]);
      expect(state.outputLog).toHaveLength(2);
    });

    describe('an observer that gives a promise (G61)', () => {
      const sink = new Error('sink');
      const reject = (): Promise<void> => Promise.reject(sink);
      const into = (output: unknown): ExecuteOptions => ({ output: output as OutputObserver });
      const thenable = { then: (_: unknown, no: (error: unknown) => void) => void no(sink) };

      /** An entry that hands out twice, at once or over an `await`. */
      const handingOut = (pause: () => unknown): Sketch => ({
        slots: {
          trigger: async (_, ctx) => {
            ctx.output('report', { n: 1 });
            ctx.output('report', { n: 2 });
            await pause();
          },
        },
      });

      const recorded = async (sketch: Sketch, output: unknown): Promise<{ job: Job; records: readonly JobRecord[] }> => {
        const job = flowOf({ s: sketch }).start('s', {}, into(output));
        const records = await lastValueFrom(job.record$.pipe(toArray()));
        return { job, records };
      };

      const warnings = (records: readonly JobRecord[]): unknown[] =>
        records.flatMap((record) => (record.type === 'warning' ? [record.error] : []));

      const observers: readonly (readonly [string, unknown, number])[] = [
        ['an async function', reject, 2],
        ['an async next', { next: reject }, 2],
        ['an async complete', { complete: reject }, 1],
        ['a next and a complete', { next: reject, complete: reject }, 3],
        ['a thenable that is no Promise', { next: () => thenable }, 2],
        [
          'a thenable that throws',
          {
            next: () => ({
              then: () => {
                throw sink;
              },
            }),
          },
          2,
        ],
        [
          'an answer that cannot be looked at',
          {
            next: () => ({
              get then(): never {
                throw sink;
              },
            }),
          },
          2,
        ],
      ];

      it.each(observers)('should only warn of each rejection, before the end: %s', async (_, output, count) => {
        for (const sketch of [s, handingOut(() => undefined), handingOut(() => sleep(1))]) {
          let told: Awaited<ReturnType<typeof recorded>> | undefined;
          const unhandled = await unanswered(async () => (told = await recorded(sketch, output)));
          const { job, records = [] } = told ?? {};
          expect(unhandled).toEqual([]);
          expect(job?.status).toBe('completed');
          expect(warnings(records)).toEqual(Array(count).fill(sink));
          expect(kinds(records).slice(-1)).toEqual(['ended']);
          expect(kinds(records).filter((kind) => kind === 'output')).toHaveLength(2);
        }
      });

      it.each(observers)('should leave no rejection unhandled where nobody watches the records: %s', async (_, output) => {
        const run = async (sketch: Sketch): Promise<string> =>
          (await flowOf({ s: sketch }).execute('s', {}, into(output))).status;
        expect(await unanswered(async () => expect(await run(s)).toBe('completed'))).toEqual([]);
        expect(await unanswered(async () => expect(await run(handingOut(() => sleep(1)))).toBe('completed'))).toEqual([]);
      });

      it('should leave none unhandled where the job is cancelled or fails first', async () => {
        const unhandled = await unanswered(async () => {
          const job = flowOf({ s: handingOut(() => sleep(5)) }).start(
            's',
            {},
            into(() => sleep(1).then(reject)),
          );
          await sleep(0);
          await job.cancel();
          await flowOf({ s: handingOut(reject) }).execute('s', {}, into(reject));
          await sleep(5);
        });
        expect(unhandled).toEqual([]);
      });

      it('should hold up neither the job nor the end of its views where it never answers', async () => {
        const { job, records } = await recorded(s, { next: () => new Promise(() => undefined) });
        expect(job.status).toBe('completed');
        expect(warnings(records)).toEqual([]);
        expect(kinds(records).at(-1)).toBe('ended');
      });

      it('should tell nobody of what is rejected after the end, and leave it not unhandled', async () => {
        const after = deferred();
        let records: readonly JobRecord[] = [];
        const unhandled = await unanswered(async () => {
          ({ records } = await recorded(s, () => after.promise));
          after.reject(sink);
        });
        expect(unhandled).toEqual([]);
        expect(warnings(records)).toEqual([]);
      });

      it('should give the warning the time of the rejection, also where the job has done nothing since', async () => {
        const time = virtualTime();
        const sketch = handingOut(() => time.sleep(20));
        const output = into(() => time.sleep(5).then(reject));
        const job = flowOf({ s: sketch }, [], { scheduler: time.scheduler }).start('s', {}, output);
        const times: number[] = [];
        job.record$.subscribe(({ type, timestamp }) => {
          if (type === 'warning') times.push(timestamp.getTime());
        });
        await time.advance(20);
        expect(job.status).toBe('completed');
        expect(times).toEqual([5, 5]);
      });

      it('should tell every watcher of the warning, in its order, also where the first one calls the job (rule 9)', async () => {
        const job = flowOf({ s: handingOut(() => sleep(2)) }).start('s', {}, into(reject));
        const seen: string[] = [];
        job.record$.subscribe(({ type }) => {
          if (type === 'warning' && job.status === 'running') void job.cancel('sink');
        });
        job.record$.subscribe(({ type }) => seen.push(type));
        await unanswered(() => job.done);
        expect(job.status).toBe('cancelled');
        expect(seen.filter((type) => ['warning', 'ended'].includes(type))).toEqual(['warning', 'warning', 'ended']);
      });

      it.each([
        ['kept', () => Promise.resolve()],
        ['rejected', reject],
      ])(
        'should put nothing off where every promise was %s before: whoever awaits the job finds its views ended',
        async (_, output) => {
          const job = flowOf({ s: handingOut(() => sleep(1)) }).start('s', {}, into(output));
          let ended = false;
          job.record$.subscribe({ complete: () => (ended = true) });
          await job.done;
          expect(ended).toBe(true);
        },
      );

      it('should put nothing off where an observer gives no promise: the end is told in the same step', () => {
        const frames: string[] = [];
        marbles(({ scheduler, flush }) => {
          const job = flowOf({ s }, [], { scheduler }).start('s', {}, { output: () => undefined });
          job.record$.subscribe({ next: ({ type }) => frames.push(type), complete: () => frames.push('complete') });
          flush();
        })();
        expect(frames.slice(-2)).toEqual(['ended', 'complete']);
      });
    });

    it('should keep its copy of what was handed out', async () => {
      const data = { n: 1 };
      const state = await flowOf({
        s: {
          slots: {
            trigger: async (_, ctx) => {
              ctx.output('report', data);
              data.n = 2;
              await sleep(0);
            },
          },
        },
      }).execute('s');
      expect(state.outputLog.map((output) => output.data)).toEqual([{ n: 1 }]);
    });

    it('should refuse what is no payload, naming the output', async () => {
      const job = flowOf({ s: { slots: { trigger: (_, ctx) => ctx.output('report', [1]) } } }).start('s');
      expect((await job.done).error).toMatchObject({ cause: { code: 'BAD_PAYLOAD' } });
      expect(job.state.error?.message).toContain("'report'");
    });
  });

  it.each(['record$', 'output$', 'status$', 'progress$'] as const)(
    'should give the same %s every time (React compares it)',
    (view) => {
      const job = flowOf({ s: { slots: { trigger: () => undefined } } }).start('s');
      expect(job[view]).toBe(job[view]);
    },
  );
});
