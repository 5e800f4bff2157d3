// Tests in virtual time, and diagrams.
import { flowMatchers, parseMarbles, recordMarbles, seeded, testFlow, toMarbleTest } from 'routilux/testing';
import { Flow } from 'routilux';
import { check, flowOf, nothing, operation, refusalOf, rejectionOf, routineOf, upTo } from './parts.mjs';

/** One handler that is at work n times, 1 ms each. */
const loopOf = (options, takes, n) => {
  const flow = new Flow({ ...options, executionTimeoutMs: Infinity });
  flow.addRoutine(routineOf({ trigger: takes(1, ({ left = n }, ctx) => left > 1 && ctx.emit('o', { left: left - 1 })) }), 's');
  flow.connect('s', 'o', 's', 'trigger');
  return flow;
};

const LIMITS = { maxSteps: Infinity, horizonMs: Infinity };

const MARBLES = { starts: (n) => 's'.repeat(n) };

/** A recording of n tasks. */
const recorded = async (n, value = (at) => ({ at: at % 5 })) => {
  const flow = flowOf(
    {
      s: routineOf({ trigger: ({ n }, ctx) => upTo(n).forEach((at) => ctx.emit('o', value(at))) }),
      t: routineOf({ i: (_, ctx) => ctx.output('x', { a: 1 }) }),
    },
    [['s', 'o', 't', 'i']],
  );
  const job = flow.start('s', { n });
  const recording = recordMarbles(job);
  await job.done;
  return recording;
};

const SMALL = { most: 2 ** 11 };

export const operations = [
  operation('parseMarbles of n characters', ['parseMarbles'], (n, measure) => {
    const diagram = '-a(bc) 20ms '.repeat(n / 4);
    return measure.again(() => parseMarbles(diagram));
  }),
  operation('parseMarbles refuses the last of n characters', ['TestingError'], (n, measure) => {
    const diagram = `${'-a'.repeat(n)})`;
    return measure.again(() => refusalOf(() => parseMarbles(diagram)));
  }),
  operation('seeded, n numbers', ['seeded'], (n, measure) => {
    const random = seeded(1);
    return measure.again(() => upTo(n).map(() => random()));
  }),
  operation(
    'testFlow of n tasks, one after the other, as expected',
    [
      'testFlow',
      'FlowTest.takes',
      'FlowTest.start',
      'FlowTest.sleep',
      'FlowTest.expectJob',
      'JobExpectation.toBe',
      'FlowTest.random',
    ],
    (n, measure) =>
      measure(() =>
        testFlow(({ flowOptions, takes, start, expectJob }) => {
          expectJob(start(loopOf(flowOptions, takes, n), 's')).toBe({ starts: `${MARBLES.starts(n)}|` });
        }, LIMITS),
      ),
    SMALL,
  ),
  operation(
    'testFlow of n tasks of which one is not as expected',
    [],
    (n, measure) =>
      measure(() =>
        rejectionOf(
          testFlow(({ flowOptions, takes, start, expectJob }) => {
            expectJob(start(loopOf(flowOptions, takes, n), 's')).toBe({ starts: `${MARBLES.starts(n - 1)}-|` });
          }, LIMITS),
        ),
      ),
    SMALL,
  ),
  operation(
    'testFlow that a runaway of n tasks ends',
    [],
    (n, measure) =>
      measure(() =>
        rejectionOf(
          testFlow(({ flowOptions, takes, start }) => void start(loopOf(flowOptions, takes, Infinity), 's'), { maxSteps: n }),
        ),
      ),
    SMALL,
  ),
  operation(
    'cold and hot of n marks, as expected',
    ['FlowTest.cold', 'FlowTest.hot', 'FlowTest.expectObservable', 'ObservableExpectation.toBe', 'FlowTest.flush'],
    (n, measure) =>
      measure(() =>
        testFlow(async ({ cold, hot, expectObservable, flush }) => {
          expectObservable(cold('a'.repeat(n))).toBe('a'.repeat(n));
          expectObservable(hot('a'.repeat(n))).toBe('a'.repeat(n));
          await flush();
        }, LIMITS),
      ),
    { most: 2 ** 9 },
  ),
  operation(
    'entries, n jobs',
    ['FlowTest.entries', 'FlowTest.watch'],
    (n, measure) =>
      measure(() =>
        testFlow(({ flowOptions, entries, watch }) => {
          const flow = new Flow(flowOptions);
          flow.addRoutine(routineOf({ trigger: nothing }), 's');
          entries(flow, 's', 'a'.repeat(n), { a: {} });
          watch(flow.start('s'));
        }, LIMITS),
      ),
    { most: 2 ** 9 },
  ),
  operation('recordMarbles of n tasks', ['recordMarbles'], (n, measure) => measure(() => recorded(n))),
  operation('a recording of n tasks as marbles', ['Recording.marbles', 'Recording.toString'], async (n, measure) => {
    const recording = await recorded(n);
    await measure.again(() => [recording.marbles('starts'), recording.toString()]);
  }),
  operation('flowMatchers of n tasks', ['flowMatchers'], async (n, measure) => {
    const recording = await recorded(n);
    await measure.again(() => flowMatchers.toHaveMarbles(recording, { starts: '[st]|' }));
  }),
  operation('toMarbleTest of n tasks', ['toMarbleTest'], async (n, measure) => {
    const recording = await recorded(n);
    await measure.again(() => check(toMarbleTest(recording).includes('replay'), 'a test'));
  }),
  operation(
    'replay of n steps',
    ['FlowTest.replay'],
    (n, measure) =>
      measure(() =>
        testFlow(({ flowOptions, replay, start }) => {
          const flow = loopOf(flowOptions, () => nothing, 0);
          const steps = upTo(n).map((at) => [
            at,
            `s.trigger ${at + 1}`,
            ...(at < n - 1 ? [{ emits: 'o', data: {} }] : []),
            'ends',
          ]);
          start(replay(flow, steps), 's');
        }, LIMITS),
      ),
    SMALL,
  ),
];
