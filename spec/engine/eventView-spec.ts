import { map, type Observable } from 'rxjs';
import { eventView } from '../../lib/engine/eventView.js';
import { type Data, type Event, Flow, FlowError, type FlowOptions, type Handler, type Job, Routine } from '../../lib/index.js';
import { emitting, flowOf, forward, noting, type Sketch, sleep } from '../support/flows.js';
import { marbles } from '../support/marbles.js';
import { behind } from '../../lib/Job.js';
import { ours, thrown } from '../support/thrown.js';

const LINK = ['s.o -> t.i'];

const event$ = (job: Job, event: string): Observable<Data> => eventView(behind(job), event);

const values = (view$: Observable<Data>): Observable<unknown> => view$.pipe(map(({ v }) => v));

/** Emits a, b, c on `s.o` in time, each passed on by `t`, which also has an event `p`. */
const inTime = (work$: Observable<string>, options: FlowOptions): Flow => {
  const trigger: Handler = () => work$.pipe(map((v) => ({ v })));
  const pass: Handler = (data, ctx) => {
    ctx.emit('p', { v: 'wrong' });
    forward(data, ctx);
  };
  const t: Sketch = { slots: { i: pass }, events: ['o', 'p'] };
  return flowOf({ s: { slots: { trigger: [trigger, { emits: 'o' }] } }, t }, LINK, { maxWorkers: 2, ...options });
};

/** What a job of one routine that does as told is seen to emit on `s.o`. */
const seen = async (trigger: Handler, options: FlowOptions = {}, look = (data: Data): unknown => data): Promise<unknown[]> => {
  const got: unknown[] = [];
  const job = flowOf({ s: { slots: { trigger } } }, [], options).start('s');
  event$(job, 's.o').subscribe((data) => got.push(look(data)));
  await job.done;
  return got;
};

describe('eventView', () => {
  it(
    'should be hot: what the event emits from the subscription on, to the end of the job (API)',
    marbles(({ cold, scheduler, expectObservable }) => {
      const job = inTime(cold('                             -a-b-c-|'), { scheduler }).start('s');
      expectObservable(values(event$(job, 't.o'))).toBe('   -a-b-c-|');
      expectObservable(values(event$(job, 't.o')), '--^').toBe('---b-c-|');
      expectObservable(values(event$(job, 't.o')), '-----------^').toBe('-----------|');
    }),
  );

  it(
    'should not own the job: unsubscribing stops nothing',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions, flush }) => {
      const work$ = cold('                                  -a-b-c-|');
      const job = inTime(work$, { scheduler }).start('s');
      expectObservable(values(event$(job, 't.o')), '^-!').toBe('-a-');
      expectSubscriptions(work$.subscriptions).toBe('       ^------!');
      flush();
      expect(job.status).toBe('completed');
    }),
  );

  it(
    'should complete where the job is cancelled or fails',
    marbles(({ cold, scheduler, expectObservable }) => {
      const [flow, failing] = [inTime(cold('-a-b-c-|'), { scheduler }), inTime(cold('-a-#'), { scheduler })];
      const job = flow.start('s');
      scheduler.schedule(() => void job.cancel(), 4);
      expectObservable(values(event$(job, 't.o'))).toBe('                -a-b|');
      expectObservable(values(event$(failing.start('s'), 't.o'))).toBe(' -a-|');
    }),
  );

  it('should give copies: one watcher changes nothing for another, nor for the flow (D6)', async () => {
    const log: unknown[] = [];
    const flow = flowOf({ s: { slots: { trigger: emitting({ v: 1 }) } }, t: { slots: { i: noting(log, ({ v }) => v) } } }, LINK);
    const job = flow.start('s');
    const got: unknown[] = [];
    event$(job, 's.o').subscribe((data) => void Object.assign(data, { v: 2 }));
    event$(job, 's.o').subscribe(({ v }) => got.push(v));
    await job.done;
    expect([got, log, job.state.history('s').at(-1)?.data]).toEqual([[1], [1], { v: 1 }]);
  });

  it("should give deep copies with isolation 'clone'", async () => {
    const log: unknown[] = [];
    const t: Sketch = { slots: { i: noting(log, ({ a }) => [...(a as number[])]) } };
    const flow = flowOf({ s: { slots: { trigger: emitting({ a: [1] }) } }, t }, LINK, { isolation: 'clone' });
    const job = flow.start('s');
    event$(job, 's.o').subscribe(({ a }) => void (a as number[]).push(2));
    await job.done;
    expect(log).toEqual([[1]]);
  });

  it("should give what is frozen at every depth with isolation 'freeze'", async () => {
    const frozen = (data: Data): unknown => [Object.isFrozen(data), Object.isFrozen(data['a'])];
    expect(await seen(emitting({ a: [1] }), { isolation: 'freeze' }, frozen)).toEqual([[true, true]]);
  });

  it("should leave the records of others alone with isolation 'freeze'", async () => {
    const job = flowOf({ s: { slots: { trigger: emitting({ v: 1 }) } } }, [], { isolation: 'freeze' }).start('s');
    const frozen: boolean[] = [];
    event$(job, 's.o').subscribe();
    job.record$.subscribe((record) => {
      if (record.type === 'emitted') frozen.push(Object.isFrozen(record.data));
    });
    await job.done;
    expect(frozen).toEqual([false]);
  });

  it("should show with emitMode 'commit' only what came of it (D13)", async () => {
    let calls = 0;
    const trigger: Handler = (_, ctx) => {
      ctx.emit('o', { call: ++calls });
      if (calls === 1) throw new Error('once');
    };
    const flow = flowOf({ s: { slots: { trigger } } }, [], { emitMode: 'commit' });
    flow.routines.get('s')?.setAsCritical({ delayMs: 0 });
    const job = flow.start('s');
    const got: unknown[] = [];
    event$(job, 's.o').subscribe((data) => got.push(data));
    await job.done;
    expect(got).toEqual([{ call: 2 }]);
  });

  it('should tell nobody while a handler is on the stack', async () => {
    const log: string[] = [];
    const trigger: Handler = (_, ctx) => {
      ctx.emit('o');
      log.push('after the emit');
    };
    const job = flowOf({ s: { slots: { trigger } } }).start('s');
    event$(job, 's.o').subscribe(() => log.push('seen'));
    await job.done;
    expect(log).toEqual(['after the emit', 'seen']);
  });

  it('should take an event itself, typed, and know it where its routine has another id', async () => {
    class Counter extends Routine {
      readonly output: Event<{ n: number }> = this.defineEvent<{ n: number }>('output');
      readonly trigger = this.defineSlot('trigger', (_, ctx) => {
        ctx.emit(this.output, { n: 1 });
      });
    }
    const [flow, counter] = [new Flow(), new Counter()];
    flow.addRoutine(counter, 'a.b');
    const job = flow.start('a.b');
    const got: number[] = [];
    eventView(behind(job), counter.output).subscribe(({ n }) => got.push(n));
    event$(job, 'a.b.output').subscribe(({ n }) => got.push(n as number));
    await job.done;
    expect(got).toEqual([1, 1]);
  });

  it.each<[string, unknown, string, string]>([
    ['an unknown routine', 'x.o', 'UNKNOWN_ROUTINE', "'s'"],
    ['an unknown event', 's.x', 'UNKNOWN_EVENT', "'o'"],
    ['a name without a routine', 'o', 'UNKNOWN_ROUTINE', "'s'"],
    ['a slot', 's.trigger', 'UNKNOWN_EVENT', "'o'"],
    ['the event of a routine from elsewhere', new Routine().defineEvent('o'), 'UNKNOWN_ROUTINE', "'s'"],
    ['nothing', undefined, 'BAD_OPTION', "'routineId.event'"],
  ])('should refuse %s at the call, with what there is', async (_, event, code, named) => {
    const job = flowOf({ s: { slots: { trigger: emitting() } } }).start('s');
    const error = thrown(() => event$(job, event as string));
    expect(error).toBeInstanceOf(FlowError);
    expect(error).toMatchObject({ code });
    expect(ours(error).message).toContain(named);
    await job.done;
  });

  it('should cost an unwatched job nothing: no records are made', async () => {
    const job = flowOf({ s: { slots: { trigger: () => sleep(1) } } }).start('s');
    event$(job, 's.o');
    expect(behind(job).ledger.watched).toBe(false);
    await job.done;
  });
});
