import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { type ErrorEnd, ErrorHandler, type ErrorHandlerOptions, type ErrorStrategy } from '../../lib/index.js';
import { retryDelay } from '../../lib/flow/ErrorHandler.js';
import { isRetriable } from '../../lib/flow/isRetriable.js';
import { flowOf } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';
import { turn } from '../support/virtualTime.js';

const never = (): number => {
  throw new Error('asked for a random number without need');
};

const retry = (options: ErrorHandlerOptions): ErrorHandler => new ErrorHandler({ strategy: 'retry', ...options });

/** No delay is longer, in ms. */
const LONGEST = 1e15;

/** The delay after an attempt that has failed. */
const delay = (attempt: number, random: () => number, handler: ErrorHandler, error?: unknown): number =>
  retryDelay({ error, attempt, random }, handler);

const delays = (count: number, handler: ErrorHandler, random: () => number = never): number[] =>
  Array.from({ length: count }, (_, place) => delay(place + 1, random, handler));

describe('ErrorHandler', () => {
  it('should have the documented defaults (G38, G30)', () => {
    expect({ ...new ErrorHandler() }).toEqual({
      strategy: 'stop',
      maxRetries: 3,
      delayMs: 1_000,
      backoff: 2,
      maxDelayMs: Infinity,
      jitter: 0,
      retryOn: undefined,
      then: 'stop',
      fallback: undefined,
      critical: false,
    });
  });

  it.each<ErrorStrategy>(['stop', 'continue', 'retry', 'skip'])('should take the strategy %s (G29)', (strategy) => {
    expect(new ErrorHandler({ strategy }).strategy).toBe(strategy);
  });

  it('should have its strategy as a string, also in JSON (G74)', () => {
    expect(JSON.parse(JSON.stringify(retry({ delayMs: 5 })))).toMatchObject({ strategy: 'retry', delayMs: 5 });
  });

  it.each<[unknown]>([['explode'], ['STOP'], [''], [3], [{}]])('should refuse the strategy %p (G29)', (strategy) => {
    const error = ours(thrown(() => new ErrorHandler({ strategy: strategy as ErrorStrategy })));
    expect(error).toMatchObject({ name: 'FlowError', code: 'BAD_STRATEGY', details: { strategy } });
    expect(error.message).toContain("choose one of 'stop', 'continue', 'retry', 'skip'.");
    expect(error.details['known']).toEqual(['stop', 'continue', 'retry', 'skip']);
  });

  it.each<[keyof ErrorHandlerOptions, unknown]>([
    ['maxRetries', -1],
    ['maxRetries', 1.5],
    ['maxRetries', NaN],
    ['maxRetries', '3'],
    ['delayMs', -1],
    ['delayMs', NaN],
    ['delayMs', '100'],
    ['backoff', -2],
    ['backoff', NaN],
    ['maxDelayMs', -1],
    ['maxDelayMs', NaN],
    ['jitter', -0.1],
    ['jitter', 1.1],
    ['jitter', NaN],
    ['retryOn', 'TypeError'],
    ['retryOn', 5],
    ['retryOn', [undefined]],
    ['retryOn', ['TypeError']],
    ['fallback', ''],
    ['fallback', 5],
    ['fallback', ['lost']],
  ])('should refuse %s: %p, and say what to give', (option, value) => {
    const error = ours(thrown(() => retry({ [option]: value })));
    expect(error).toMatchObject({ name: 'FlowError', code: 'BAD_OPTION', details: { option, value } });
    expect(error.message).toMatch(new RegExp(`Option '${option}' is .*; give .+\\.`));
  });

  it.each<[keyof ErrorHandlerOptions, unknown]>([
    ['maxRetries', 0],
    ['maxRetries', Infinity],
    ['delayMs', 0],
    ['delayMs', Infinity],
    ['backoff', 0],
    ['backoff', Infinity],
    ['backoff', 0.5],
    ['maxDelayMs', 0],
    ['jitter', 1],
    ['retryOn', []],
    ['retryOn', [TypeError, Error]],
    ['then', 'stop'],
    ['then', 'continue'],
    ['then', 'skip'],
    ['fallback', 'lost'],
    ['delayMs', () => 5],
  ])('should take %s: %p', (option, value) => {
    expect(retry({ [option]: value })[option]).toEqual(value);
  });

  it.each<[unknown]>([['retry'], ['explode'], [''], [true]])(
    'should refuse to go on with %p when the retries are over (D44)',
    (then) => {
      const error = ours(thrown(() => retry({ then: then as ErrorEnd })));
      expect(error).toMatchObject({ code: 'BAD_STRATEGY', details: { strategy: then, known: ['stop', 'continue', 'skip'] } });
    },
  );

  const OF_RETRY = [
    ['maxRetries', 2],
    ['delayMs', 1],
    ['backoff', 1],
    ['maxDelayMs', 5],
    ['jitter', 0],
    ['retryOn', [Error]],
    ['then', 'stop'],
  ] as const;

  describe.each<ErrorStrategy | undefined>([undefined, 'stop', 'continue', 'skip'])('with strategy %s', (strategy) => {
    const given = strategy === undefined ? {} : { strategy };

    it.each(OF_RETRY)('should refuse %s, which it has no use for (D37, D44)', (option, value) => {
      const error = ours(thrown(() => new ErrorHandler({ ...given, [option]: value })));
      expect(error).toMatchObject({ code: 'BAD_OPTION', details: { option, value } });
      expect(error.message).toContain(`strategy '${strategy ?? 'stop'}' has no use for it, only 'retry' has`);
    });

    it('should take what every strategy has a use for, and what is undefined', () => {
      expect(new ErrorHandler({ ...given, critical: true, fallback: 'lost', then: undefined })).toMatchObject({
        critical: true,
        fallback: 'lost',
        then: 'stop',
      });
    });
  });
});

describe('retryDelay', () => {
  it.each<[string, ErrorHandlerOptions, number[]]>([
    ['double by default (G38)', {}, [1_000, 2_000, 4_000, 8_000]],
    ['be d, d·b, d·b² (G37)', { delayMs: 100, backoff: 3 }, [100, 300, 900, 2_700]],
    ['stay the same with a backoff of 1', { delayMs: 50, backoff: 1 }, [50, 50, 50, 50]],
    ['shrink with a backoff below 1', { delayMs: 80, backoff: 0.5 }, [80, 40, 20, 10]],
    ['be there once only with a backoff of 0', { delayMs: 80, backoff: 0 }, [80, 0, 0, 0]],
    ['stop growing at the cap', { delayMs: 100, maxDelayMs: 350 }, [100, 200, 350, 350]],
    ['be none with a delay of 0', { delayMs: 0 }, [0, 0, 0, 0]],
    ['be none with a cap of 0', { maxDelayMs: 0 }, [0, 0, 0, 0]],
    ['be the longest there is where they are Infinity', { delayMs: Infinity }, [LONGEST, LONGEST, LONGEST, LONGEST]],
    ['shrink from the longest there is', { delayMs: Infinity, backoff: 0.5 }, [1e15, 5e14, 2.5e14, 1.25e14]],
    ['be there once only with Infinity and a backoff of 0', { delayMs: Infinity, backoff: 0 }, [LONGEST, 0, 0, 0]],
    ['stop growing at the longest there is', { delayMs: 1e14, backoff: 4 }, [1e14, 4e14, LONGEST, LONGEST]],
    ['keep to a cap below Infinity', { delayMs: Infinity, maxDelayMs: 70 }, [70, 70, 70, 70]],
    ['not be lengthened by a cap', { delayMs: Infinity, maxDelayMs: 1e300 }, [LONGEST, LONGEST, LONGEST, LONGEST]],
    ['grow at once with a backoff of Infinity', { delayMs: 1, backoff: Infinity }, [1, LONGEST, LONGEST, LONGEST]],
    ['be none with a delay of 0 and a backoff of Infinity', { delayMs: 0, backoff: Infinity }, [0, 0, 0, 0]],
  ])('should %s', (_, options, expected) => {
    expect(delays(4, retry(options))).toEqual(expected);
  });

  it('should take off up to the part that jitter says, after the cap', () => {
    const handler = retry({ delayMs: 100, maxDelayMs: 150, jitter: 0.5 });
    expect(delays(2, handler, () => 0)).toEqual([100, 150]);
    expect(delays(2, handler, () => 0.5)).toEqual([75, 112.5]);
    expect(delays(2, handler, () => 1)).toEqual([50, 75]);
  });

  it('should be what a function says of the error and the attempt; backoff is not applied, the cap is, and the jitter (D44)', () => {
    const asked: unknown[] = [];
    const after = (error: unknown, attempt: number): number => (asked.push([error, attempt]), attempt * 10);
    expect(
      [1, 2, 3].map((attempt) => delay(attempt, never, retry({ delayMs: after, backoff: 7, maxDelayMs: 25 }), 'no')),
    ).toEqual([10, 20, 25]);
    expect(asked).toEqual([
      ['no', 1],
      ['no', 2],
      ['no', 3],
    ]);
    expect(delay(2, () => 1, retry({ delayMs: after, jitter: 0.5 }))).toBe(10);
    expect(delay(1, never, retry({ delayMs: () => Infinity }))).toBe(LONGEST);
  });

  it.each([[-1], [NaN], ['5'], [undefined], [null], [5n], [Promise.resolve(5)]])(
    'should be refused if a function gives %p',
    (value) => {
      expect(() => delay(1, never, retry({ delayMs: () => value as never }))).toThrow(RangeError);
    },
  );

  const ms = fc.double({ min: 0, max: 1e9, noNaN: true });
  const options = fc.record({
    delayMs: ms,
    backoff: fc.double({ min: 0, max: 100, noNaN: true }),
    maxDelayMs: fc.oneof(ms, fc.constant(Infinity)),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const unit = fc.double({ min: 0, max: 1, noNaN: true });

  it('should lie between the full delay less its jitter and the full delay, never above the cap, never below 0 (G37)', () => {
    fc.assert(
      fc.property(options, fc.integer({ min: 1, max: 50 }), unit, (given, nth, random) => {
        const { delayMs, backoff, maxDelayMs, jitter } = given;
        const full = Math.min(delayMs * backoff ** (nth - 1), maxDelayMs, LONGEST);
        const ms = delay(nth, () => random, retry(given));
        expect(ms).toBeLessThanOrEqual(full);
        expect(ms).toBeGreaterThanOrEqual(full * (1 - jitter) * (1 - 1e-9));
        expect(ms).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('should never shrink from one retry to the next where the backoff is 1 or more (G37)', () => {
    const growing = fc.record({ delayMs: ms, backoff: fc.double({ min: 1, max: 100, noNaN: true }), maxDelayMs: ms });
    fc.assert(
      fc.property(growing, fc.integer({ min: 1, max: 500 }), (given, nth) => {
        const handler = retry(given);
        expect(delay(nth + 1, never, handler)).toBeGreaterThanOrEqual(delay(nth, never, handler));
      }),
    );
  });

  it('should take all of it off where jitter and chance are 1, also of Infinity', () => {
    for (const delayMs of [0, 100, Infinity]) {
      expect(delays(3, retry({ delayMs, jitter: 1 }), () => 1)).toEqual([0, 0, 0]);
    }
  });

  it.each<[string, unknown, number]>([
    ['below 0', -5, 100],
    ['above 1', 7, 50],
    ['-Infinity', -Infinity, 100],
    ['Infinity', Infinity, 50],
    ['NaN', NaN, 100],
    ['undefined', undefined, 100],
    ['a string', '0.5', 100],
    ['a bigint', 1n, 100],
    ['a symbol', Symbol('half'), 100],
  ])('should lie within its jitter also where the random of the flow gives %s', (_, random, expected) => {
    expect(delay(1, () => random as number, retry({ delayMs: 100, jitter: 0.5 }))).toBe(expected);
  });

  const anyMs = fc.oneof(fc.double({ min: 0, noNaN: true }), fc.constantFrom(0, Number.MIN_VALUE, Number.MAX_VALUE, Infinity));
  const anyOptions = fc.record({
    delayMs: anyMs,
    backoff: anyMs,
    maxDelayMs: anyMs,
    jitter: fc.oneof(unit, fc.constantFrom(0, 1)),
  });
  const anyRetry = fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));
  /** The end of the year 9999: who retries later than that has other cares. */
  const FAR = Date.UTC(10_000, 0);

  it('should be a number from 0 up to the cap, after which there is still a Date, for all legal options (G37)', () => {
    fc.assert(
      fc.property(anyOptions, anyRetry, fc.oneof(unit, fc.constantFrom(0, 1)), (given, nth, random) => {
        const ms = delay(nth, () => random, retry(given));
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(given.maxDelayMs);
        expect(new Date(FAR + ms).getTime()).not.toBeNaN();
      }),
      { numRuns: 2_000, examples: [[{ delayMs: Infinity, backoff: 2, maxDelayMs: Infinity, jitter: 1 }, 1, 1]] },
    );
  });

  it('should say when a retry is due, as a Date, also where its delay is Infinity', async () => {
    const errorHandler = retry({ delayMs: Infinity });
    const job = flowOf({ s: { slots: { trigger: () => Promise.reject(new Error('no')) } } }, [], { errorHandler }).start('s');
    await turn();
    const [waiting] = job.state.pendingTasks;
    expect(waiting).toMatchObject({ routineId: 's', retryCount: 1 });
    expect(waiting?.dueAt?.getTime()).toBeGreaterThan(Date.now());
    await job.cancel();
  });

  it.each([1, 100, 1_025, 1_000_000])('should be a number from 0 up also at retry %d, whatever the options', (nth) => {
    fc.assert(
      fc.property(options, unit, (given, random) => {
        expect(delay(nth, () => random, retry(given))).toBeGreaterThanOrEqual(0);
      }),
      { examples: [[{ delayMs: 0, backoff: 2, maxDelayMs: Infinity, jitter: 0 }, 0]] },
    );
  });
});

describe('isRetriable', () => {
  class E1 extends Error {}
  class E11 extends E1 {}

  it.each<[string, ErrorHandlerOptions['retryOn'], unknown, boolean]>([
    ['every error where nothing is said (G38)', undefined, new Error('x'), true],
    ['what is no error at all', undefined, undefined, true],
    ['an error of a class that is named (G36)', [E1], new E1(), true],
    ['an error of a subclass of one', [E1], new E11(), true],
    ['an error of another class (G36)', [E1], new TypeError(), false],
    ['anything where no class is named', [], new E1(), false],
    ['undefined where classes are named', [E1], undefined, false],
    ['what a function accepts', (error) => error === 'again', 'again', true],
    ['what a function refuses', (error) => error === 'again', 'not again', false],
  ])('should answer for %s', (_, retryOn, error, expected) => {
    expect(isRetriable(error, retry(retryOn === undefined ? {} : { retryOn }))).toBe(expected);
  });

  describe('with errors of another realm (D44)', () => {
    const foreign = <T>(code: string): T => runInNewContext(code) as T;
    const own = class TypeError extends Error {};

    it.each<[string, ErrorHandlerOptions['retryOn'], unknown, boolean]>([
      ['one of a class of the language', [TypeError], foreign('new TypeError()'), true],
      ['one of another class of the language', [TypeError], foreign('new RangeError()'), false],
      ['any of them, by Error', [Error], foreign('new RangeError()'), true],
      ['one of a class that extends one', [RangeError], foreign('new (class Mine extends RangeError {})()'), true],
      [
        'one of a class of somebody that extends one, by Error',
        [Error],
        foreign('new (class Mine extends TypeError {})()'),
        true,
      ],
      ['an AggregateError', [AggregateError], foreign('new AggregateError([])'), true],
      ['one of this realm, by a class of the other', [foreign('TypeError')], new TypeError(), true],
      ['one that only has the name', [TypeError], { name: 'TypeError', message: 'no' }, false],
      ['an object of a class that only has the name', [TypeError], foreign('new (class TypeError {})()'), false],
      ['one of a class of somebody with that name', [TypeError], foreign('new (class TypeError extends Error {})()'), false],
      ['one of the language, by a class of somebody with that name', [own], foreign('new TypeError()'), false],
      ['a date', [Error], foreign('new Date()'), false],
      ['an error without a class', [Error], foreign('Object.setPrototypeOf(new Error(), null)'), false],
    ])('should answer for %s', (_, retryOn, error, expected) => {
      expect(isRetriable(error, retry({ retryOn }))).toBe(expected);
    });
  });
});
