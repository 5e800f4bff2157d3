import fc from 'fast-check';
import { type Data, ErrorHandler, Flow, FlowError, JobState } from '../../lib/index.js';
import { deferred, emitting, flowOf, forward } from '../support/flows.js';
import { thrown } from '../support/thrown.js';
import { turn } from '../support/virtualTime.js';
import { keeping, pausedStory, seen, textOf, trip } from './sample.js';
import { difference, NAMES, objectOf, values } from './values.js';

describe('a paused job that is written', () => {
  it('should be written as the same text again (SC095)', async () => {
    const text = textOf((await pausedStory()).job.state);
    expect(textOf(JobState.fromJSON(text))).toBe(text);
    expect(textOf(JobState.fromJSON(JSON.parse(text)))).toBe(text);
    expect(textOf(new JobState().deserialize(text))).toBe(text);
    expect(JSON.stringify(JobState.fromJSON(text).serialize())).toBe(text);
  });

  it('should hold dates as ISO strings and statuses as words (G74)', async () => {
    const { job } = await pausedStory();
    expect(JSON.parse(JSON.stringify(job.snapshot()))).toMatchObject({
      kind: 'routilux/job',
      version: 2,
      status: 'paused',
      createdAt: '2026-01-05T08:00:00.000Z',
      pendingTasks: [{ routineId: 'writer' }, { routineId: 'parser', dueAt: '2026-01-05T08:01:00.000Z' }],
      pausePoints: [{ timestamp: '2026-01-05T08:00:00.000Z' }],
    });
  });

  it('should hold what its slots hold, which the flow does not (SC093)', async () => {
    const { flow, job } = await pausedStory();
    expect(JSON.stringify(job.snapshot())).toContain('"n":[1,2,3]');
    expect(JSON.stringify(flow)).not.toContain('[1,2');
  });
});

describe('a job that has not ended', () => {
  it('should be empty when it is new (API)', () => {
    const state = new JobState();
    const back = trip(state);
    expect(difference(seen(back), seen(state))).toBeUndefined();
    expect([back.status, textOf(back)]).toEqual(['pending', textOf(state)]);
  });

  it('should not be resumed if no flow has begun it', () => {
    const state = trip(new JobState());
    const flow = flowOf({ s: { slots: { trigger: undefined } } });
    expect(thrown(() => flow.resume(state))).toBeInstanceOf(FlowError);
    expect(flow.jobs).toEqual([]);
  });

  it('should be written as paused while it runs, with what is at work first among its tasks (D23)', async () => {
    const hold = deferred();
    const slots = { i: (data: Data) => (data['n'] === 1 ? hold.promise : undefined) };
    const flow = flowOf({ s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } }, t: { slots } }, ['s.o -> t.i']);
    const job = flow.start('s');
    await turn();
    const back = JobState.fromJSON(job.snapshot());
    expect([job.status, back.status]).toEqual(['running', 'paused']);
    expect(back.pendingTasks.map(({ data }) => data)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(job.state.pendingTasks.map(({ data }) => data)).toEqual([{ n: 2 }]);
    hold.resolve();
    expect((await job.done).status).toBe('completed');
    expect(job.state.pausePoints).toEqual([]);
  });

  it('should be written before its first task, and begin elsewhere (D17, D23)', async () => {
    const seenBy: unknown[] = [];
    const make = (): Flow =>
      flowOf({ s: { slots: { trigger: (data) => void seenBy.push(data) } } }, [], { flowId: 'f', isolation: 'clone' });
    const text = JSON.stringify(
      make()
        .start('s', { n: new Date(5) })
        .snapshot(),
    );
    await turn();
    seenBy.length = 0;
    const state = await make().resume(JobState.fromJSON(text)).done;
    expect(seenBy).toEqual([{ n: new Date(5) }]);
    expect(state.history().map(({ eventName, data }) => [eventName, data])).toEqual([['start', { n: new Date(5) }]]);
  });
});

describe('values of the user in a job', () => {
  it('should come back exactly, wherever they stand (issue 3, X)', async () => {
    await fc.assert(
      fc.asyncProperty(objectOf(values) as fc.Arbitrary<Data>, async (data) => {
        const job = keeping(data).start('s', data);
        await turn();
        const back = trip(job.state);
        expect(difference(seen(back), seen(job.state))).toBeUndefined();
        expect(difference(back.pausePoints[0]?.checkpoint, data)).toBeUndefined();
        expect(textOf(back)).toBe(textOf(job.state));
        await job.cancel();
      }),
      { numRuns: 60 },
    );
  });

  it.each(NAMES)('should be found under a key, an id or a name that is %s (X)', async (name) => {
    const flow = new Flow({ flowId: name });
    const { s } = { s: flowOf({ s: { slots: { trigger: (_, ctx) => { ctx.shared.set(name, { [name]: 1 }); ctx.emit(name); ctx.output(name, {}); void ctx.pause(); }, [name]: undefined }, events: [name] } }).routines.get('s') }; // prettier-ignore
    flow.addRoutine(s as never, name);
    flow.connect(name, name, name, name);
    const job = flow.start(name, {}, { jobId: name });
    await turn();
    const back = trip(job.state);
    expect(difference(seen(back), seen(job.state))).toBeUndefined();
    expect(Object.keys(back.routineStates)).toEqual([name]);
    expect(Object.keys(back.sharedData)).toEqual([name]);
    await job.cancel();
  });
});

describe('the history of a job that was written down', () => {
  const loop = (stopAt: number | undefined, log: unknown[]): Flow =>
    flowOf(
      {
        s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }, { n: 3 }) } },
        t: {
          slots: {
            i: (data, ctx) => {
              log.push(data);
              if (log.length === stopAt) void ctx.pause();
              if (Number(data['n']) % 5 === 4 && ctx.attempt === 1) throw new Error('four');
              if (Number(data['n']) < 40) forward({ n: Number(data['n']) * 2 }, ctx);
            },
          },
        },
      },
      ['s.o -> t.i', 't.o -> t.i'],
      { flowId: 'f', errorHandler: new ErrorHandler({ strategy: 'retry', delayMs: 0 }) },
    );

  const told = (state: JobState): unknown[] =>
    state.history().map(({ routineId, eventName, data }) => [routineId, eventName, data]);

  const whole = async (): Promise<[unknown[], unknown[]]> => {
    const log: unknown[] = [];
    return [told(await loop(undefined, log).execute('s')), log];
  };

  it('should be, with what came after, the history of the whole, wherever the cut is (SC095)', async () => {
    const [history, log] = await whole();
    for (let cut = 1; cut <= log.length; cut++) {
      const seenBy: unknown[] = [];
      const paused = loop(cut, seenBy).start('s');
      await turn();
      const before = told(paused.state);
      const end = await loop(undefined, seenBy).resume(trip(paused.state)).done;
      expect([cut, seenBy]).toEqual([cut, log]);
      expect([cut, told(end)]).toEqual([cut, history]);
      expect(told(end).slice(0, before.length)).toEqual(before);
    }
  });

  it('should be so after a cut at every task, too: written down and taken up each time', async () => {
    const [history, log] = await whole();
    const seenBy: unknown[] = [];
    let state = trip(await loop(1, seenBy).start('s').pause());
    for (let cut = 1; state.status === 'paused' && cut < 200; cut++) {
      const job = loop(seenBy.length + 1, seenBy).resume(state);
      await turn();
      state = trip(job.state);
    }
    expect([state.status, seenBy, told(state)]).toEqual(['completed', log, history]);
  });

  it('should keep its bound, and errors longer than emissions, after it was read (D30)', async () => {
    const bounded = (stopAt?: number): Flow => {
      const log: unknown[] = [];
      const flow = new Flow({ flowId: 'f', history: 6, errorHandler: new ErrorHandler({ strategy: 'continue' }) });
      for (const [id, routine] of loop(stopAt, log).routines) flow.addRoutine(routine, id);
      for (const source of ['s.o', 't.o']) flow.connect(source, 't.i');
      return flow;
    };
    const one = await bounded().execute('s');
    const paused = bounded(4).start('s');
    await turn();
    expect(paused.status).toBe('paused');
    const other = await bounded().resume(trip(paused.state)).done;
    expect(told(other)).toEqual(told(one));
    expect(other.history()).toHaveLength(6);
    expect(other.metrics.flow()).toMatchObject({ droppedRecords: one.metrics.flow().droppedRecords });
  });
});
