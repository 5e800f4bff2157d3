/* eslint-disable @typescript-eslint/no-deprecated, rxjs-x/no-ignored-notifier -- every operator that there is, also those that go */
import {
  asyncScheduler,
  audit,
  auditTime,
  BehaviorSubject,
  buffer,
  bufferCount,
  bufferTime,
  bufferToggle,
  bufferWhen,
  catchError,
  combineAll,
  combineLatestAll,
  combineLatestWith,
  concat,
  concatAll,
  concatMap,
  concatMapTo,
  concatWith,
  connect,
  count,
  debounce,
  debounceTime,
  defaultIfEmpty,
  delay,
  delayWhen,
  dematerialize,
  distinct,
  distinctUntilChanged,
  distinctUntilKeyChanged,
  elementAt,
  EMPTY,
  endWith,
  every,
  exhaust,
  exhaustAll,
  exhaustMap,
  expand,
  filter,
  finalize,
  find,
  findIndex,
  first,
  flatMap,
  groupBy,
  ignoreElements,
  isEmpty,
  last,
  map,
  mapTo,
  materialize,
  max,
  merge,
  mergeAll,
  mergeMap,
  mergeMapTo,
  mergeScan,
  mergeWith,
  min,
  multicast,
  NEVER,
  type Observable,
  observeOn,
  of,
  onErrorResumeNextWith,
  type OperatorFunction,
  pairwise,
  pluck,
  publish,
  publishBehavior,
  publishLast,
  publishReplay,
  raceWith,
  reduce,
  refCount,
  ReplaySubject,
  repeat,
  repeatWhen,
  retry,
  retryWhen,
  sample,
  sampleTime,
  scan,
  sequenceEqual,
  share,
  shareReplay,
  single,
  skip,
  skipLast,
  skipUntil,
  skipWhile,
  startWith,
  Subject,
  subscribeOn,
  switchAll,
  switchMap,
  switchMapTo,
  switchScan,
  take,
  takeLast,
  takeUntil,
  takeWhile,
  tap,
  throttle,
  throttleTime,
  throwIfEmpty,
  timeInterval,
  timeout,
  timeoutWith,
  timer,
  timestamp,
  toArray,
  window,
  windowCount,
  windowTime,
  windowToggle,
  windowWhen,
  withLatestFrom,
  zipAll,
  zipWith,
} from 'rxjs';
import * as rxjs from 'rxjs';
import { type Data, Flow, type FlowOptions, type Job, Routine } from '../../lib/index.js';
import { fromOperator } from '../../lib/rx/index.js';
import { payloadOf } from '../../lib/rx/payloadOf.js';
import { type FlowTest, testFlow } from '../../lib/testing/index.js';

/** What goes in. */
interface Item {
  readonly n: number;
  readonly k: string;
}

const ITEMS: Readonly<Record<string, Item>> = {
  a: { n: 1, k: 'x' },
  b: { n: 2, k: 'y' },
  c: { n: 2, k: 'x' },
  d: { n: 4, k: 'x' },
};

/** The same operator meets each of these, at the same time, in jobs of one flow. No notifier below fires at a time ending in 0. */
const INPUTS = {
  none: '                 |',
  'none, for a while': '  20ms |',
  one: '                  10ms a 9ms |',
  'many at once': '       (abcd|)',
  'many in one turn': '   (abcd|)',
  'many at once, later': '10ms (abcd) 37ms |',
  'many over time': '     10ms a 9ms b 9ms c 29ms d 9ms |',
};

type Input = keyof typeof INPUTS;

const inputs = Object.keys(INPUTS) as readonly Input[];

type Operator = OperatorFunction<Item, unknown>;
type Tools = Pick<FlowTest, 'cold' | 'sleep'>;
type Row = readonly [name: string, make: (tools: Tools) => Operator];

// ── the table ─────────────────────────────────────────────────────────────────────────────────────────────────────

const n = ({ n }: Item): number => n;
const NOTHING: Item = { n: 0, k: '' };

/** Two values for each, the second 7 ms later. */
const twice = ({ n }: Item): Observable<number> => merge(of(n), timer(7).pipe(map(() => -n)));
const boom = (): never => {
  throw new Error('boom');
};
/** Fails at the first even one. */
const failing = map(({ n }: Item) => (n % 2 === 0 ? boom() : n));
const sum = (a: number, b: number): number => a + b;
const lists = mergeMap((inner$: Observable<unknown>) => inner$.pipe(toArray()));

/** All that gives the same in a flow as on a cold source. A name with a comment after it is a second case of an operator. */
const SAME: readonly Row[] = [
  // what changes values
  ['map', () => map(n)],
  ['map, to objects', () => map(({ n }) => ({ twice: 2 * n }))],
  ['map, throwing', () => failing],
  ['mapTo', () => mapTo('x')],
  ['pluck', () => pluck('k')],
  ['scan', () => (s$) => s$.pipe(map(n), scan(sum))],
  ['pairwise', () => (s$) => s$.pipe(map(n), pairwise())],
  [
    'materialize',
    () => (s$) =>
      s$.pipe(
        map(n),
        materialize(),
        map(({ kind, value }) => ({ kind, value })),
      ),
  ],
  ['dematerialize', () => (s$) => s$.pipe(materialize(), dematerialize())],
  ['timestamp', () => timestamp(asyncScheduler)],
  [
    'timeInterval',
    () => (s$) =>
      s$.pipe(
        timeInterval(),
        map(({ value, interval }) => ({ value, interval })),
      ),
  ],
  ['tap', () => tap(() => undefined)],
  ['finalize', () => finalize(() => undefined)],

  // what leaves some out
  ['filter', () => filter(({ n }) => n > 1)],
  ['distinct', () => distinct(({ k }) => k)],
  ['distinctUntilChanged', () => distinctUntilChanged((a, b) => a.n === b.n)],
  ['distinctUntilKeyChanged', () => distinctUntilKeyChanged('n')],
  ['elementAt', () => elementAt(1)],
  ['elementAt, with a default', () => elementAt(1, 'none')],
  ['find', () => find(({ n }) => n === 2)],
  ['findIndex', () => findIndex(({ n }) => n === 2)],
  ['first', () => first()],
  ['first, with a condition and a default', () => first(({ n }) => n === 2, 'none')],
  ['last', () => last()],
  ['last, with a default', () => last(({ n }) => n > 1, 'none')],
  ['single', () => single()],
  ['single, with a condition', () => single(({ n }) => n === 1)],
  ['ignoreElements', () => ignoreElements()],
  ['skip', () => skip(2)],
  ['skipLast', () => skipLast(1)],
  ['skipUntil', ({ cold }) => skipUntil(cold('25ms x'))],
  ['skipWhile', () => skipWhile(({ n }) => n < 2)],
  ['take', () => take(2)],
  ['take, none', () => take(0)],
  ['takeLast', () => takeLast(2)],
  ['takeUntil', ({ cold }) => takeUntil(cold('25ms x'))],
  ['takeUntil, never', () => takeUntil(NEVER)],
  ['takeWhile', () => takeWhile(({ n }) => n < 2)],
  ['takeWhile, inclusive', () => takeWhile(({ n }) => n < 2, true)],

  // what waits
  ['audit', () => audit(() => timer(15))],
  ['auditTime', () => auditTime(15)],
  ['debounce', ({ cold }) => debounce(({ n }) => cold(`${n + 12}ms x`))],
  ['debounceTime', () => debounceTime(15)],
  ['sample', ({ cold }) => sample(cold('15ms x 19ms x 31ms |'))],
  ['sampleTime', () => (s$) => s$.pipe(sampleTime(25))],
  ['throttle', () => throttle(() => timer(15))],
  ['throttle, leading and trailing', () => throttle(() => timer(15), { leading: true, trailing: true })],
  ['throttleTime', () => throttleTime(15)],
  ['throttleTime, trailing', () => throttleTime(15, undefined, { leading: false, trailing: true })],
  ['delay', () => delay(25)],
  ['delayWhen', () => delayWhen(({ n }) => timer(3 * n))],
  ['observeOn', () => observeOn(asyncScheduler, 5)],
  ['timeout', () => timeout({ each: 25 })],
  ['timeout, for the first', () => timeout({ first: 5, with: () => of('late') })],
  ['timeoutWith', () => timeoutWith(25, of('late'))],

  // what gathers
  ['buffer', ({ cold }) => buffer(cold('15ms x 19ms x'))],
  ['bufferCount', () => bufferCount(3)],
  ['bufferCount, overlapping', () => bufferCount(3, 1)],
  ['bufferTime', () => bufferTime(25)],
  ['bufferTime, overlapping, with a bound', () => bufferTime(25, 13, 2)],
  ['bufferToggle', ({ cold }) => bufferToggle(cold('5ms x 19ms x'), () => timer(17))],
  ['bufferWhen', () => bufferWhen(() => timer(25))],
  ['count', () => count(({ n }) => n > 1)],
  ['every', () => every(({ n }) => n < 3)],
  ['isEmpty', () => isEmpty()],
  ['max', () => max((a, b) => a.n - b.n)],
  ['min', () => min((a, b) => a.n - b.n)],
  ['reduce', () => reduce((total, { n }) => total + n, 0)],
  ['toArray', () => toArray()],
  [
    'groupBy',
    () => (s$) =>
      s$.pipe(
        groupBy(({ k }) => k),
        lists,
      ),
  ],
  [
    'window',
    ({ cold }) =>
      (s$) =>
        s$.pipe(window(cold('15ms x 19ms x')), lists),
  ],
  ['windowCount', () => (s$) => s$.pipe(windowCount(2), lists)],
  ['windowTime', () => (s$) => s$.pipe(windowTime(25), lists)],
  [
    'windowToggle',
    ({ cold }) =>
      (s$) =>
        s$.pipe(
          windowToggle(cold('5ms x 19ms x'), () => timer(17)),
          lists,
        ),
  ],
  [
    'windowWhen',
    () => (s$) =>
      s$.pipe(
        windowWhen(() => timer(25)),
        lists,
      ),
  ],

  // what opens inner streams
  ['concatAll', () => (s$) => s$.pipe(map(twice), concatAll())],
  ['concatMap', () => concatMap(twice)],
  ['concatMapTo', () => concatMapTo(timer(7))],
  ['exhaust', () => (s$) => s$.pipe(map(twice), exhaust())],
  ['exhaustAll', () => (s$) => s$.pipe(map(twice), exhaustAll())],
  ['exhaustMap', () => exhaustMap(twice)],
  [
    'expand',
    () => (s$) =>
      s$.pipe(
        map(n),
        expand((x) => (x < 20 ? of(3 * x).pipe(delay(3)) : EMPTY)),
      ),
  ],
  [
    'expand, at once',
    () => (s$) =>
      s$.pipe(
        map(n),
        expand((x) => (x < 20 ? of(3 * x) : EMPTY)),
      ),
  ],
  ['flatMap', () => flatMap(twice)],
  ['mergeAll', () => (s$) => s$.pipe(map(twice), mergeAll())],
  ['mergeMap', () => mergeMap(twice)],
  ['mergeMap, two at a time', () => mergeMap(twice, 2)],
  ['mergeMap, with a promise', ({ sleep }) => mergeMap(({ n }) => sleep(5 * n).then(() => n))],
  ['mergeMap, with an iterable', () => mergeMap(({ n }) => [n, -n])],
  ['mergeMapTo', () => mergeMapTo(timer(7))],
  ['mergeScan', () => mergeScan((total, { n }) => of(total + n).pipe(delay(3)), 0)],
  ['switchAll', () => (s$) => s$.pipe(map(twice), switchAll())],
  ['switchMap', () => switchMap(twice)],
  ['switchMapTo', () => switchMapTo(timer(7))],
  ['switchScan', () => switchScan((total, { n }) => of(total + n).pipe(delay(3)), 0)],
  ['combineAll', () => (s$) => s$.pipe(map(twice), combineAll())],
  ['combineLatestAll', () => (s$) => s$.pipe(map(twice), combineLatestAll())],
  ['zipAll', () => (s$) => s$.pipe(map(twice), zipAll())],

  // what has other streams beside it
  ['combineLatestWith', ({ cold }) => combineLatestWith(cold('5ms p 28ms q|'))],
  ['concatWith', ({ cold }) => concatWith(cold('3ms p|'))],
  ['endWith', () => endWith('z')],
  ['mergeWith', ({ cold }) => mergeWith(cold('5ms p 30ms q|'))],
  ['raceWith', ({ cold }) => raceWith(cold('15ms p|'))],
  ['raceWith, won by the other', ({ cold }) => raceWith(cold('5ms p|'))],
  ['sequenceEqual', () => (s$) => s$.pipe(map(n), sequenceEqual(of(1)))],
  ['startWith', () => startWith('first', 'second')],
  ['withLatestFrom', ({ cold }) => withLatestFrom(cold('15ms p 19ms q'))],
  ['zipWith', ({ cold }) => zipWith(cold('pq|'))],

  // what shares
  ['connect, to its source twice', () => connect((s$) => concat(s$.pipe(take(1)), s$))],
  ['connect', () => connect((s$) => merge(s$.pipe(count()), s$))],
  [
    'multicast',
    () => (s$) =>
      s$.pipe(
        multicast(() => new Subject<Item>()),
        counted,
      ),
  ],
  ['publish', () => (s$) => s$.pipe(publish(), counted)],
  ['publishBehavior', () => (s$) => s$.pipe(publishBehavior(NOTHING), counted)],
  ['publishLast', () => (s$) => s$.pipe(publishLast(), counted)],
  ['publishReplay', () => (s$) => s$.pipe(publishReplay(1), counted)],

  // what answers errors and emptiness
  [
    'catchError',
    () => (s$) =>
      s$.pipe(
        failing,
        catchError(() => of('caught')),
      ),
  ],
  ['defaultIfEmpty', () => defaultIfEmpty('none')],
  ['onErrorResumeNextWith', () => (s$) => s$.pipe(failing, onErrorResumeNextWith(of('next')))],
  ['throwIfEmpty', () => throwIfEmpty()],
  ['retry, never needed', () => retry(2)],
  [
    'retryWhen, giving up',
    () => (s$) =>
      s$.pipe(
        failing,
        retryWhen((error$) => error$.pipe(take(0))),
      ),
  ],
  ['repeat, once', () => repeat(1)],
  ['repeatWhen, giving up', () => repeatWhen(() => EMPTY)],
];

/** Two who listen to the same. */
const both = (s$: Observable<Item>): Observable<unknown> => merge(s$.pipe(map(n)), s$.pipe(map(({ k }) => k)));

/** As `refCount`, whose types ask for a connectable. */
const counted = (s$: Observable<Item>): Observable<Item> => refCount<Item>()(s$);

// ── what was seen ─────────────────────────────────────────────────────────────────────────────────────────────────

interface Seen {
  /** Each value as a payload, with its time in ms. */
  readonly values: (readonly [number, Data])[];
  /** How it ended: completed, or the error. */
  end?: readonly [number, string];
}

const EVENTUALLY = 1_000;

const nameOf = (error: unknown): string => String(error);

/** A stream without a flow. */
const watch = ({ scheduler }: FlowTest, source$: Observable<unknown>): Seen => {
  const seen: Seen = { values: [] };
  const end = (how: string): void => {
    seen.end = [scheduler.now(), how];
  };
  source$.subscribe({
    next: (value) => seen.values.push([scheduler.now(), payloadOf(value)]),
    error: (error: unknown) => {
      end(nameOf(error));
    },
    complete: () => {
      end('completed');
    },
  });
  return seen;
};

/** What comes out of the operator of a job. */
const watchJob = ({ scheduler }: FlowTest, job: Job): Seen => {
  const seen: Seen = { values: [] };
  job.event$('op.output').subscribe((value) => seen.values.push([scheduler.now(), value]));
  job.record$.subscribe((record) => {
    if (record.type === 'ended') seen.end = [scheduler.now(), record.error ? nameOf(record.error.cause) : record.status];
  });
  return seen;
};

const sourceOf = ({ cold }: FlowTest, input: Input): Observable<Item> =>
  input === 'many in one turn' ? of(...Object.values(ITEMS)) : cold(INPUTS[input], ITEMS);

/** s emits its input as it comes, op works on it; each job with its own. */
const flowOf = (test: FlowTest, operator: Operator, executionTimeoutMs = Infinity, more: FlowOptions = {}): Flow => {
  const flow = new Flow({ ...test.flowOptions, maxWorkers: 2 * inputs.length, executionTimeoutMs, ...more });
  const source = new Routine();
  source.defineEvent('o');
  source.defineSlot('trigger', ({ input }) => sourceOf(test, input as Input), { emits: 'o' });
  flow.addRoutine(source, 's');
  flow.addRoutine(fromOperator('op', operator), 'op');
  flow.connect('s', 'o', 'op', 'input');
  return flow;
};

type Runs = Readonly<Record<string, Seen>>;

const each = (run: (input: Input) => Seen): Runs => Object.fromEntries(inputs.map((input) => [input, run(input)]));

const inFlow = (test: FlowTest, make: Row[1]): Runs => {
  const flow = flowOf(test, make(test));
  return each((input) => watchJob(test, flow.start('s', { input })));
};

const onCold = (test: FlowTest, make: Row[1]): Runs => each((input) => watch(test, sourceOf(test, input).pipe(make(test))));

/** A source that does not begin anew for whoever comes late. */
const onHot = (test: FlowTest, make: Row[1]): Runs =>
  each((input) => {
    const hot$ = new Subject<Item>();
    const seen = watch(test, hot$.pipe(make(test)));
    sourceOf(test, input).subscribe(hot$);
    return seen;
  });

/** When each input ends, as no operator changes it. */
const endsOf = (test: FlowTest): Runs => onCold(test, () => ignoreElements());

/** An operator may complete before its source does; a job is open until its entry is done. */
const openUntil = (ends: Runs, runs: Runs): Runs => each((input) => openTo(ends[input]?.end, runs[input] as Seen));

const openTo = (sourceEnd: Seen['end'], { values, end }: Seen): Seen => {
  if (end?.[1] !== 'completed' || sourceEnd === undefined) return { values, ...(end && { end }) };
  return { values, end: [Math.max(end[0], sourceEnd[0]), end[1]] };
};

// ── the same ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Where the operator of a flow gives something else than on a cold source: its source is hot, and nobody can begin it anew. */
const HOT: readonly (readonly [...Row, why: string])[] = [
  ['repeat', () => repeat(2), 'what has ended is subscribed to again, and ends at once'],
  [
    'repeat, after a take',
    () => (s$) => s$.pipe(take(1), repeat(2)),
    'the second round gets the inputs after those of the first',
  ],
  [
    'repeatWhen',
    () => (s$) =>
      s$.pipe(
        take(1),
        repeatWhen((end$) => end$.pipe(take(1))),
      ),
    'as repeat',
  ],
  ['retry', () => (s$) => s$.pipe(failing, retry(1)), 'it goes on with the input after the one that failed'],
  [
    'retryWhen',
    () => (s$) =>
      s$.pipe(
        failing,
        retryWhen((error$) => error$.pipe(take(2))),
      ),
    'it goes on with the input after the one that failed',
  ],
  [
    'catchError, with its source',
    () => (s$) =>
      s$.pipe(
        failing,
        catchError((_: unknown, again$) => again$),
        take(3),
      ),
    'as retry',
  ],
  ['subscribeOn', () => subscribeOn(asyncScheduler, 15), 'what comes before it is subscribed is not heard'],
  ['delayWhen, with a delay of the subscription', () => delayWhen(({ n }) => timer(n), timer(15)), 'as subscribeOn'],
  [
    'share',
    () => (s$) => both(s$.pipe(share())),
    'the second who listens is there before the first value of a synchronous source',
  ],
  ['shareReplay', () => (s$) => both(s$.pipe(shareReplay({ bufferSize: 1, refCount: true }))), 'as share'],
  [
    'refCount',
    () => (s$) =>
      both(
        s$.pipe(
          multicast(() => new BehaviorSubject(NOTHING)),
          counted,
        ),
      ),
    'as share',
  ],
];

/** Exports of RxJS that are no operators: what makes streams, classes, schedulers, helpers. */
const NO_OPERATORS = new Set(
  `Observable ConnectableObservable observable animationFrames Subject BehaviorSubject ReplaySubject AsyncSubject asap asapScheduler
  async asyncScheduler queue queueScheduler animationFrame animationFrameScheduler VirtualTimeScheduler VirtualAction Scheduler
  Subscription Subscriber Notification NotificationKind pipe noop identity isObservable lastValueFrom firstValueFrom
  ArgumentOutOfRangeError EmptyError NotFoundError ObjectUnsubscribedError SequenceError TimeoutError UnsubscriptionError
  bindCallback bindNodeCallback combineLatest concat connectable defer empty forkJoin from fromEvent fromEventPattern generate iif
  interval merge never of onErrorResumeNext pairs partition race range throwError timer using zip scheduled EMPTY NEVER config`.split(
    /\s+/,
  ),
);

const operatorOf = (name: string): string => name.replace(/,.*/, '');

describe('an operator of RxJS in a flow (D27)', () => {
  it('should stand in this file, whichever it is', () => {
    const known = new Set([...SAME, ...HOT].map(([name]) => operatorOf(name)));
    const operators = Object.keys(rxjs).filter((name) => name !== 'default' && !NO_OPERATORS.has(name));
    expect(operators).toHaveLength(107);
    expect(operators.filter((name) => !known.has(name))).toEqual([]);
    expect([...known].filter((name) => !operators.includes(name))).toEqual([]);
  });

  it.each(SAME)('should give in a flow what it gives on a cold source, at the same times: %s', (_, make) =>
    testFlow(async (test) => {
      const [jobs, plain, ends] = [inFlow(test, make), onCold(test, make), endsOf(test)];
      await test.sleep(EVENTUALLY);
      expect(jobs).toEqual(openUntil(ends, plain));
    }),
  );

  it.each(HOT)('should give in a flow what it gives on a hot source, not on a cold one: %s', (_, make) =>
    testFlow(async (test) => {
      const [jobs, hot, cold, ends] = [inFlow(test, make), onHot(test, make), onCold(test, make), endsOf(test)];
      await test.sleep(EVENTUALLY);
      expect(jobs).toEqual(openUntil(ends, hot));
      expect(jobs).not.toEqual(openUntil(ends, cold));
    }),
  );

  it('should be open as long as a stream beside it is: the job ends at its timeout', () =>
    testFlow(async (test) => {
      const endless: readonly Operator[] = [
        mergeWith(NEVER),
        concatWith(NEVER),
        repeat({ delay: 10 }),
        repeatWhen((end$) => end$.pipe(delay(3))),
      ];
      const jobs = endless.map((operator) => flowOf(test, operator, 100).start('s', { input: 'one' }));
      await test.sleep(99);
      expect(jobs.map(({ status }) => status)).toEqual(endless.map(() => 'running'));
      await test.sleep(2);
      expect(jobs.map(({ state }) => state.error?.code)).toEqual(endless.map(() => 'TIMEOUT'));
    }));

  it('should take no notice of what comes after it has completed, and let the job go on until its entry is done', () =>
    testFlow(async (test) => {
      const taken: unknown[] = [];
      const flow = flowOf(test, (s$) =>
        s$.pipe(
          tap(({ n }) => taken.push(n)),
          take(2),
        ),
      );
      const job = flow.start('s', { input: 'many over time' });
      const seen = watchJob(test, job);
      await test.sleep(EVENTUALLY);
      expect(taken).toEqual([1, 2]);
      expect(seen.end).toEqual([70, 'completed']);
      expect(job.state.metrics.routine('op')).toMatchObject({ total: 4, completed: 4 });
    }));

  describe('that gives streams (groupBy, window)', () => {
    const INNER: readonly (readonly [string, Operator, number[][]])[] = [
      ['groupBy', groupBy(({ k }: Item) => k), [[2, 4], []]],
      ['windowCount', windowCount(2), [[1, 2], [2, 4], []]],
      ['windowTime', windowTime(25), [[1, 2], [2], [4]]],
    ];

    /** What a routine behind it hears of each stream that it is given. */
    const heard = (test: FlowTest, operator: Operator, options = {}): { job: Job; inner: number[][] } => {
      const inner: number[][] = [];
      const flow = flowOf(test, operator, Infinity, options);
      const listener = new Routine();
      listener.defineSlot('i', ({ value }) => {
        const mine: number[] = [];
        inner.push(mine);
        (value as Observable<Item>).subscribe(({ n }) => mine.push(n));
      });
      flow.addRoutine(listener, 't');
      flow.connect('op', 'output', 't', 'i');
      return { job: flow.start('s', { input: 'many over time' }), inner };
    };

    it.each(INNER)(
      'should give them as payloads; what is in them before they are heard of is missed: %s',
      (_, operator, expected) =>
        testFlow(async (test) => {
          const { inner, job } = heard(test, operator);
          await test.sleep(EVENTUALLY);
          expect(job.status).toBe('completed');
          expect(inner).toEqual(expected);
        }),
    );

    it('should miss nothing where they are kept for later', () =>
      testFlow(async (test) => {
        const kept: Operator = (s$) => s$.pipe(groupBy(({ k }) => k, { connector: () => new ReplaySubject(9) }));
        const { inner } = heard(test, kept);
        await test.sleep(EVENTUALLY);
        expect(inner).toEqual([[1, 2, 4], [2]]);
      }));

    it("should be refused where payloads are cloned: a stream cannot be (isolation 'clone')", () =>
      testFlow(async (test) => {
        const { job } = heard(
          test,
          groupBy(({ k }) => k),
          { isolation: 'clone' },
        );
        await test.sleep(EVENTUALLY);
        expect(job.state.error).toMatchObject({ code: 'TASK_FAILED', details: { routineId: 'op', slot: 'input' } });
        expect(job.state.error?.message).toContain(
          "Event 'output' of routine 'op' cannot be cloned: value is an instance of Observable",
        );
      }));
  });
});
