import * as t from 'io-ts';
import { map, type Observable, Subject } from 'rxjs';
import { slotView } from '../../lib/engine/slotView.js';
import { type Data, ErrorHandler, Flow, FlowError, type Handler, type Job, Routine } from '../../lib/index.js';
import { emitting, flowOf, noting, type Sketch, sleep } from '../support/flows.js';
import { marbles } from '../support/marbles.js';
import { behind } from '../../lib/Job.js';
import { ours, thrown } from '../support/thrown.js';

const LINK = ['s.o -> t.i'];

const slot$ = (job: Job, slot: string): Observable<Data> => slotView(behind(job), slot);

const source = (...payloads: Data[]): Sketch => ({ slots: { trigger: emitting(...payloads) } });

/** What the slot `t.i` of a flow is seen to take. */
const seen = async (flow: Flow): Promise<unknown[]> => {
  const got: unknown[] = [];
  const job = flow.start('s');
  slot$(job, 't.i').subscribe((data) => got.push(data));
  await job.done;
  return got;
};

describe('slotView', () => {
  it(
    'should be hot: what the slot takes from the subscription on, as each task starts, to the end of the job (API)',
    marbles(({ cold, scheduler, expectObservable }) => {
      const trigger: Handler = () => cold('           -(abc|)').pipe(map((v) => ({ v })));
      const flow = flowOf(
        { s: { slots: { trigger: [trigger, { emits: 'o' }] } }, t: { slots: { i: () => cold('--|') } } },
        LINK,
        { scheduler },
      );
      const job = flow.start('s');
      const values$ = slot$(job, 't.i').pipe(map(({ v }) => v));
      expectObservable(values$).toBe('                -a-b-c-|');
      expectObservable(values$, '    --^').toBe('     ---b-c-|');
      expectObservable(values$, '    ---------^').toBe('---------|');
    }),
  );

  it('should show only its own slot of its own routine', async () => {
    const two: Sketch = { slots: { i: () => undefined, j: () => undefined } };
    const flow = flowOf({ s: source({ v: 1 }), t: two, u: two });
    for (const [at, end] of ['t.j', 't.i', 'u.i'].entries()) flow.connect('s.o', end, () => ({ at }));
    expect(await seen(flow)).toEqual([{ at: 1 }]);
  });

  it('should not own the job: unsubscribing stops nothing', async () => {
    const log: unknown[] = [];
    const job = flowOf({ s: source({ v: 1 }, { v: 2 }), t: { slots: { i: noting(log, ({ v }) => v) } } }, LINK).start('s');
    const subscription = slot$(job, 't.i').subscribe(() => void subscription.unsubscribe());
    expect((await job.done).status).toBe('completed');
    expect(log).toEqual([1, 2]);
  });

  it('should show what an entry gets', async () => {
    const job = flowOf({ s: source() }).start('s', { v: 1 });
    const got: unknown[] = [];
    slot$(job, 's.trigger').subscribe((data) => got.push(data));
    await job.done;
    expect(got).toEqual([{ v: 1 }]);
  });

  it('should show what the handler gets: mapped, read by the codec, and merged (D29)', async () => {
    const handled: unknown[] = [];
    const codec = t.type({ n: t.number });
    const i: [Handler, object] = [(data) => void handled.push(data), { codec, merge: 'append' }];
    const flow = flowOf({ s: source({ m: 1 }, { m: 2 }), t: { slots: { i } } });
    flow.connect('s.o', 't.i', { m: 'n' });
    expect(await seen(flow)).toEqual([{ n: [1] }, { n: [1, 2] }]);
    expect(handled).toEqual([{ n: [1] }, { n: [1, 2] }]);
  });

  it('should map and merge once, as without a watcher', async () => {
    let [mapped, merged] = [0, 0];
    const merge = (_: Data, incoming: Data): Data => (merged++, incoming);
    const flow = flowOf({ s: source({ v: 1 }, { v: 2 }), t: { slots: { i: [() => undefined, { merge }] } } });
    flow.connect('s.o', 't.i', (data) => (mapped++, { ...data }));
    expect(await seen(flow)).toHaveLength(2);
    expect([mapped, merged]).toEqual([2, 2]);
  });

  it('should show the same to each of several watchers, also where the slot gathers', async () => {
    const i: [Handler, object] = [() => undefined, { merge: 'append' }];
    const job = flowOf({ s: source({ v: 1 }, { v: 2 }), t: { slots: { i } } }, LINK).start('s');
    const got: unknown[] = [];
    for (const _ of [1, 2]) slot$(job, 't.i').subscribe(({ v }) => got.push(v));
    await job.done;
    expect(got).toEqual([[1], [1], [1, 2], [1, 2]]);
  });

  it('should show a slot without a handler too', async () => {
    expect(await seen(flowOf({ s: source({ v: 1 }), t: { slots: { i: undefined } } }, LINK))).toEqual([{ v: 1 }]);
  });

  it('should show a task once, however often it is tried (D24)', async () => {
    let calls = 0;
    const i: Handler = () => {
      if (++calls < 3) throw new Error('not yet');
    };
    const flow = flowOf({ s: source({ v: 1 }), t: { slots: { i } } }, LINK);
    flow.setErrorHandler(new ErrorHandler({ strategy: 'retry', delayMs: 0 }));
    expect(await seen(flow)).toEqual([{ v: 1 }]);
    expect(calls).toBe(3);
  });

  it.each<[string, (flow: Flow) => unknown, string]>([
    ['a mapping that throws', (flow) => flow.connect('s.o', 't.i', throwing), 'failed'],
    ['a codec that refuses', (flow) => flow.connect('s.o', 't.coded'), 'failed'],
  ])('should not show what never gets to the handler: %s, and leave the failure as it is', async (_, connect, status) => {
    const coded: [Handler, object] = [() => undefined, { codec: t.type({ n: t.number }) }];
    const flow = flowOf({ s: source({ v: 1 }), t: { slots: { i: () => undefined, coded } } });
    connect(flow);
    const job = flow.start('s');
    const got: unknown[] = [];
    slot$(job, 't.i').subscribe((data) => got.push(data));
    slot$(job, 't.coded').subscribe((data) => got.push(data));
    expect((await job.done).status).toBe(status);
    expect(got).toEqual([]);
  });

  it('should give copies, as deep as lists that the slot gathers (D6)', async () => {
    const handled: unknown[] = [];
    const i: [Handler, object] = [({ v }) => void handled.push([...(v as number[])]), { merge: 'append' }];
    const job = flowOf({ s: source({ v: 1 }, { v: 2 }), t: { slots: { i } } }, LINK).start('s');
    slot$(job, 't.i').subscribe(({ v }) => void (v as number[]).push(9));
    await job.done;
    expect(handled).toEqual([[1], [1, 2]]);
  });

  it('should show what a watcher sets off in the middle of a delivery: late, but all of it', async () => {
    const go$ = new Subject<void>();
    const wait: Sketch = { slots: { trigger: [() => go$, { emits: 'o' }] } };
    const flow = flowOf({ s: wait, t: { slots: { i: () => undefined } } }, LINK, { maxWorkers: 2 });
    const job = flow.start('s');
    const got: unknown[] = [];
    slot$(job, 't.i').subscribe((data) => got.push(data));
    await sleep(1);
    job.record$.subscribe(({ type }) => {
      if (type === 'warning') (go$ as Subject<unknown>).next({ v: 1 });
    });
    behind(job).ledger.warn('go');
    go$.complete();
    expect((await job.done).status).toBe('completed');
    expect(got).toEqual([{ v: 1 }]);
  });

  it('should let whoever watches cancel the job before the handler is called', async () => {
    const log: unknown[] = [];
    const job = flowOf({ s: source({ v: 1 }), t: { slots: { i: noting(log, 'called') } } }, LINK).start('s');
    slot$(job, 't.i').subscribe(() => void job.cancel());
    expect((await job.done).status).toBe('cancelled');
    expect(log).toEqual([]);
  });

  it('should take a slot itself, typed, and know it where its routine has another id', async () => {
    class Sink extends Routine {
      readonly trigger = this.defineSlot('trigger', (_: { readonly n: number }) => undefined);
    }
    const [flow, sink] = [new Flow(), new Sink()];
    flow.addRoutine(sink, 'a.b');
    const job = flow.start('a.b', { n: 1 });
    const got: number[] = [];
    slotView(behind(job), sink.trigger).subscribe(({ n }) => got.push(n));
    await job.done;
    expect(got).toEqual([1]);
  });

  it.each<[string, unknown, string, string]>([
    ['an unknown routine', 'x.i', 'UNKNOWN_ROUTINE', "'s'"],
    ['an unknown slot', 's.x', 'UNKNOWN_SLOT', "'trigger'"],
    ['an event', 's.o', 'UNKNOWN_SLOT', "'trigger'"],
    ['the slot of a routine from elsewhere', new Routine().defineSlot('trigger'), 'UNKNOWN_ROUTINE', "'s'"],
    ['nothing', null, 'BAD_OPTION', "'routineId.slot'"],
  ])('should refuse %s at the call, with what there is', async (_, slot, code, named) => {
    const job = flowOf({ s: source() }).start('s');
    const error = thrown(() => slot$(job, slot as string));
    expect(error).toBeInstanceOf(FlowError);
    expect(error).toMatchObject({ code });
    expect(ours(error).message).toContain(named);
    await job.done;
  });
});

const throwing = (): never => {
  throw new Error('no');
};
