import { expectTypeOf } from 'expect-type';
import * as t from 'io-ts';
import {
  type Context,
  currentContext,
  type Data,
  defineRoutine,
  Flow,
  type Handler,
  Routine,
  type RoutineTypes,
} from '../../lib/index.js';

interface Total {
  readonly sum: number;
}

interface Counted {
  readonly state: { readonly n?: number };
  readonly outputs: { readonly total: Total; readonly ping: { readonly at?: number } };
}

class Counter extends Routine<Counted> {
  readonly done = this.defineEvent<{ n: number }>('done');
  readonly trigger = this.defineSlot('trigger', ({ by }: { by: number }, ctx) => {
    const { n = 0 } = ctx.state();
    expectTypeOf(ctx.state()).toEqualTypeOf<Readonly<{ readonly n?: number }>>();
    ctx.setState({ n: n + by });
    ctx.setState((own) => ({ n: (own.n ?? 0) + by }));
    ctx.output('total', { sum: n + 2 * by });
    ctx.output('total', { sum: 0 }, { keep: false });
    ctx.output('ping');
    ctx.emit(this.done, { n });
  });
}

const counting = defineRoutine({
  type: 'counting',
  state: {} as { n: number | undefined },
  outputs: {} as { total: Total },
  events: { done: t.type({ n: t.number }) },
  slots: {
    trigger: {
      codec: t.type({ by: t.number }),
      handler: ({ by }, ctx) => {
        expectTypeOf(ctx.state()).toEqualTypeOf<Readonly<{ n: number | undefined }>>();
        const { n = 0 } = ctx.state();
        ctx.setState({ n: n + by });
        ctx.output('total', { sum: n + by });
        ctx.emit('done', { n });
      },
    },
    annotated: { handler: (data: { q: number }) => data.q },
  },
});

/** What is only to be compiled. */
const inHandler = <T extends RoutineTypes>(call: (ctx: Context<T>) => void): void => {
  expect(call).toBeInstanceOf(Function);
};

describe('the types that a routine declares', () => {
  it('should be those of its state and its outputs, and it should run', async () => {
    const flow = new Flow();
    flow.addRoutine(new Counter(), 'counter');
    flow.addRoutine(counting, 'counting');
    const state = await flow.execute('counter', { by: 2 });
    expect(state.routineState('counter')).toMatchObject({ n: 4 });
    expect(state.outputLog.map(({ type, data }) => [type, data])).toEqual([
      ['total', { sum: 4 }],
      ['ping', {}],
    ]);
    expect((await flow.execute(counting.slot('trigger'), { by: 3 })).routineState('counting')).toMatchObject({ n: 3 });
  });

  it('should refuse names and values that are not declared', () => {
    inHandler<Counted>((ctx) => {
      // @ts-expect-error there is no m
      void ctx.state().m;
      // @ts-expect-error n is a number
      ctx.setState({ n: 'x' });
      // @ts-expect-error there is no m
      ctx.setState({ m: 1 });
      // @ts-expect-error there is no m beside n
      ctx.setState({ n: 1, m: 1 });
      // @ts-expect-error there is no m
      ctx.setState((own) => ({ n: own.m }));
      // @ts-expect-error there is no such output
      ctx.output('totl', { sum: 1 });
      // @ts-expect-error a sum is a number
      ctx.output('total', { sum: 'x' });
      // @ts-expect-error a total is not a count
      ctx.output('total', { count: 1 });
      // @ts-expect-error a total has a sum
      ctx.output('total');
      // @ts-expect-error a ping may have a time, which is a number
      ctx.output('ping', { at: 'x' });
      // @ts-expect-error there is no such option
      ctx.output('total', { sum: 1 }, { kept: false });
    });
  });

  it('should refuse them in a routine without a class', () => {
    const wrong = (): unknown =>
      defineRoutine({
        type: 'wrong',
        state: {} as { n: number },
        outputs: {} as { total: Total },
        slots: {
          // @ts-expect-error there is no m
          read: { handler: (_, ctx) => void ctx.state().m },
          // @ts-expect-error n is a number
          set: { handler: (_, ctx) => void ctx.setState({ n: 'x' }) },
          // @ts-expect-error there is no such output
          put: { handler: (_, ctx) => void ctx.output('totl', { sum: 1 }) },
          // @ts-expect-error a total has a sum
          none: { handler: (_, ctx) => void ctx.output('total') },
        },
      });
    expect(wrong).toBeInstanceOf(Function);
  });

  it('should refuse what a routine cannot declare', () => {
    // @ts-expect-error a state has names
    class Wrong extends Routine<{ state: number }> {}
    // @ts-expect-error there is nothing of this name to declare
    class Typo extends Routine<{ stat: { n: number } }> {}
    // @ts-expect-error nor beside what there is
    class Beside extends Routine<{ state: { n: number }; outpts: { total: Total } }> {}
    expect([Wrong, Typo, Beside]).toHaveLength(3);
  });

  it('should let one be declared without the other', () => {
    inHandler<{ state: { n: number } }>((ctx) => {
      expectTypeOf(ctx.state().n).toBeNumber();
      ctx.output('whatever', { a: 1 });
    });
    inHandler<{ outputs: { total: Total } }>((ctx) => {
      expectTypeOf(ctx.state()).toEqualTypeOf<Data>();
      ctx.output('total', { sum: 1 });
      // @ts-expect-error there is no such output
      ctx.output('whatever', { a: 1 });
    });
  });

  it('should leave a routine that declares nothing as it was', () => {
    inHandler((ctx: Context) => {
      const total: Total = { sum: 1 };
      const name = ctx.routineId;
      expectTypeOf(ctx.state()).toEqualTypeOf<Data>();
      ctx.setState(total);
      ctx.setState((own) => {
        expectTypeOf(own).toEqualTypeOf<Data>();
        return total;
      });
      ctx.output(name);
      ctx.output(name, total, { keep: false });
      // @ts-expect-error data are an object
      ctx.output(name, 5);
      // @ts-expect-error a state is an object
      ctx.setState(5);
    });
  });

  it('should let a handler say what it knows of its state', () => {
    inHandler((ctx: Context) => {
      expectTypeOf(ctx.state<{ n: number }>().n).toBeNumber();
      expectTypeOf(ctx.state<Total>()).toEqualTypeOf<Readonly<Total>>();
      ctx.setState<Total>({ sum: 1 });
      // @ts-expect-error there is no m
      void ctx.state<{ n: number }>().m;
      // @ts-expect-error a sum is a number
      ctx.setState<Total>({ sum: 'x' });
    });
  });

  it('should make no other routine, handler or context of it', () => {
    const routines: readonly Routine[] = [new Counter(), counting, new Routine<Counted>()];
    const handler: Handler = (_, ctx) => ctx.state();
    new Routine<Counted>().defineSlot('i', handler);
    new Routine().defineSlot('i', (_: Data, ctx: Context<Counted>) => ctx.state().n);
    const helper = (ctx: Context): string => ctx.routineId;
    inHandler<Counted>((ctx) => helper(ctx));
    const here: Context<Counted> | undefined = currentContext();
    expect([routines.length, here]).toEqual([3, undefined]);
  });
});
