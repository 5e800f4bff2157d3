import { expectTypeOf } from 'expect-type';
import * as t from 'io-ts';
import { firstValueFrom, map, type Observable, of, type OperatorFunction, toArray } from 'rxjs';
import { z } from 'zod';
import { eventView } from '../../lib/engine/eventView.js';
import { recordIterator } from '../../lib/engine/recordIterator.js';
import { slotView } from '../../lib/engine/slotView.js';
import { type Data, defineRoutine, Flow, type JobRecord, Routine } from '../../lib/index.js';
import { toOperator } from '../../lib/rx/index.js';
import { behind } from '../../lib/Job.js';

interface Line {
  readonly text: string;
}

class Reader extends Routine {
  readonly line = this.defineEvent<Line>('line');
  readonly untyped = this.defineEvent('untyped');
  readonly trigger = this.defineSlot('trigger', ({ text }: Line, ctx) => {
    ctx.emit(this.line, { text });
  });
}

const counter = defineRoutine({
  type: 'counter',
  events: { output: t.type({ n: t.number }), zod: z.object({ s: z.string() }) },
  slots: { trigger: { codec: t.type({ n: t.number }), handler: ({ n }, ctx) => ctx.emit('output', { n }) } },
});

const make = (): { flow: Flow; reader: Reader } => {
  const [flow, reader] = [new Flow(), new Reader()];
  flow.addRoutine(counter, 'counter');
  flow.addRoutine(reader, 'reader');
  return { flow, reader };
};

const { flow, reader } = make();
const n$ = of({ n: 1 });

describe('the types of toOperator', () => {
  it('should know what comes out by the event of a defineRoutine, whatever its codec (issue 4)', async () => {
    const result$ = n$.pipe(toOperator(flow, { entry: 'counter', output: counter.event('output') }));
    expectTypeOf(result$).toEqualTypeOf<Observable<{ n: number }>>();
    const zod$ = n$.pipe(toOperator(flow, { entry: 'counter', output: counter.event('zod'), as: 'switch' }));
    expectTypeOf(zod$).toEqualTypeOf<Observable<{ s: string }>>();
    expect(await firstValueFrom(result$)).toEqual({ n: 1 });
  });

  it('should know it by an event in a field of a class', async () => {
    const result$ = of({ text: 'x' }).pipe(toOperator(flow, { entry: 'reader', output: reader.line }));
    expectTypeOf(result$).toEqualTypeOf<Observable<Line>>();
    const untyped = toOperator(flow, { entry: 'reader', output: reader.untyped });
    expectTypeOf(n$.pipe(untyped)).toEqualTypeOf<Observable<Data>>();
    expect(await firstValueFrom(result$)).toEqual({ text: 'x' });
  });

  it('should know it among other operators, before and after', async () => {
    const words$ = of('a b').pipe(
      map((text) => ({ text })),
      toOperator(flow, { entry: 'reader', output: reader.line, as: 'concat' }),
      map(({ text }) => text.length),
      map((n) => ({ n })),
      toOperator(flow, { entry: 'counter', output: counter.event('output') }),
      toArray(),
    );
    expectTypeOf(words$).toEqualTypeOf<Observable<{ n: number }[]>>();
    expect(await firstValueFrom(words$)).toEqual([{ n: 3 }]);
  });

  it('should say Data where the output is a name', async () => {
    const result$ = n$.pipe(toOperator(flow, { entry: 'counter', output: 'counter.output' }));
    expectTypeOf(result$).toEqualTypeOf<Observable<Data>>();
    expect(await firstValueFrom(result$)).toEqual({ n: 1 });
  });

  it('should take values of an interface, and may be kept for later with or without their type', () => {
    const line: Line = { text: 'x' };
    const kept = toOperator(flow, { entry: 'reader', output: reader.line });
    expectTypeOf(of(line).pipe(kept)).toEqualTypeOf<Observable<Line>>();
    const typed: OperatorFunction<Line, Line> = toOperator(flow, { entry: 'reader', output: reader.line });
    expectTypeOf(of(line).pipe(typed)).toEqualTypeOf<Observable<Line>>();
    const told = toOperator<Line>(flow, { entry: 'reader', output: reader.line });
    expectTypeOf(of(line).pipe(told)).toEqualTypeOf<Observable<Line>>();
    expect(kept).toBeInstanceOf(Function);
  });

  it('should refuse what it cannot do', () => {
    const wrong = (): void => {
      // @ts-expect-error a number is no payload
      of(1).pipe(toOperator(flow, { entry: 'counter', output: 'counter.output' }));
      // @ts-expect-error there is no such mode
      toOperator(flow, { entry: 'counter', output: 'counter.output', as: 'all' });
      // @ts-expect-error a slot is no event
      toOperator(flow, { entry: 'reader', output: reader.trigger });
      // @ts-expect-error there may be no event of this name
      toOperator(flow, { entry: 'counter', output: counter.event('nothing') });
      // @ts-expect-error a stream of lines gives no numbers
      const numbers: OperatorFunction<Line, { n: number }> = toOperator(flow, { entry: 'reader', output: reader.line });
      // @ts-expect-error what a name stands for is not known
      const named: OperatorFunction<Line, Line> = toOperator(flow, { entry: 'reader', output: 'reader.line' });
      // @ts-expect-error one id cannot serve many jobs
      toOperator(flow, { entry: 'reader', output: 'reader.line', jobId: 'one' });
      // @ts-expect-error an output is needed
      toOperator(flow, { entry: 'reader' });
      void [numbers, named];
    };
    expect(wrong).toBeInstanceOf(Function);
  });
});

describe('the types of the views', () => {
  it('should know the payload by the event or the slot, and say Data of a name', async () => {
    const job = flow.start('reader', { text: 'x' });
    const run = behind(job);
    expectTypeOf(eventView(run, reader.line)).toEqualTypeOf<Observable<Line>>();
    expectTypeOf(eventView(run, counter.event('output'))).toEqualTypeOf<Observable<{ n: number }>>();
    expectTypeOf(eventView(run, 'reader.line')).toEqualTypeOf<Observable<Data>>();
    expectTypeOf(slotView(run, reader.trigger)).toEqualTypeOf<Observable<Line>>();
    expectTypeOf(slotView(run, counter.slot('trigger'))).toEqualTypeOf<Observable<{ n: number }>>();
    expectTypeOf(slotView(run, 'reader.trigger')).toEqualTypeOf<Observable<Data>>();
    const wrong = (): void => {
      // @ts-expect-error a slot is no event
      eventView(run, reader.trigger);
      // @ts-expect-error an event is no slot
      slotView(run, reader.line);
    };
    expect(wrong).toBeInstanceOf(Function);
    await job.done;
  });

  it('should give records one by one', async () => {
    const job = flow.start('reader', { text: 'x' });
    for await (const record of recordIterator(job.record$)) expectTypeOf(record).toEqualTypeOf<JobRecord>();
    expect(job.status).toBe('completed');
  });
});
