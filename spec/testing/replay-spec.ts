import type { FlowOptions, Handler } from '../../lib/index.js';
import { type FlowTest, type JobMarbles, type MarbleValues, type ReplayStep, testFlow } from '../../lib/testing/index.js';
import { flowOf } from '../support/flows.js';

const own: Handler = () => {
  throw new Error('a handler of the flow itself was called');
};

const VALUES = { a: { n: 1 }, b: { n: 2 } };

/** What a flow `s → t` does whose handlers are replayed. */
const replayed =
  (steps: readonly ReplayStep[], lines: JobMarbles, options: FlowOptions = {}, values: MarbleValues = VALUES) =>
  ({ flowOptions, replay, start, expectJob }: FlowTest): void => {
    const flow = flowOf({ s: { slots: { trigger: own } }, t: { slots: { i: own } } }, ['s.o -> t.i'], {
      ...flowOptions,
      ...options,
    });
    expectJob(start(replay(flow, steps), 's')).toBe(lines, values);
  };

const emits = (data: object): { readonly emits: string; readonly data: object } => ({ emits: 'o', data });

describe('replay', () => {
  it.each<[string, readonly ReplayStep[], JobMarbles, FlowOptions]>([
    [
      'what stands at the beginning of a call before it returns',
      [
        [0, 's.trigger 1', emits(VALUES.a), emits(VALUES.b), 'ends'],
        [0, 't.i 1', 'ends'],
        [0, 't.i 2', 'ends'],
      ],
      { starts: '(stt|)', ends: '(stt|)', 'takes t': '(ab|)' },
      { maxWorkers: 2 },
    ],
    [
      'what comes later in its time, in the order of the steps',
      [
        [2, 's.trigger 1', emits(VALUES.a)],
        [4, 's.trigger 1', emits(VALUES.b), 'ends'],
        [6, 't.i 2', 'ends'],
        [6, 't.i 1', { outputs: 'line', data: VALUES.a }, 'ends'],
      ],
      { starts: 's-t-t-|', ends: '----s-(tt|)', 'takes t': '--a-b-|', 'outputs t.line': '------(a|)' },
      { maxWorkers: 3 },
    ],
    [
      'a failure at once, and one later',
      [
        [0, 's.trigger 1', emits(VALUES.a), emits(VALUES.b), 'ends'],
        [0, 't.i 1', { throws: new Error('at once') }],
        [3, 't.i 2', { throws: new Error('later') }],
      ],
      { 'ends t': 'e--(e|)' },
      { unhandledErrors: 'record' },
    ],
    [
      'what is emitted after the answer, and keep the job open for it',
      [
        [1, 's.trigger 1', 'ends'],
        [5, 's.trigger 1', emits(VALUES.a)],
        [5, 't.i 1', 'ends'],
      ],
      { ends: '-s---(t|)', 'takes t': '-----(a|)' },
      {},
    ],
    [
      'a call that hangs, until the job ends',
      [
        [0, 's.trigger 1', 'hangs'],
        [7, 'job', { cancel: 'enough' }],
      ],
      { 'ends s': '-------(d!)' },
      {},
    ],
    [
      'a pause, a resume, and both in one turn',
      [
        [1, 'job', 'pause', 'resume'],
        [2, 's.trigger 1', emits(VALUES.a), 'pauses'],
        [3, 's.trigger 1', 'ends'],
        [6, 'job', 'resume'],
        [6, 't.i 1', { cancels: 'itself' }],
      ],
      { starts: 's-----(t!)', pauses: '-r-p--(r!)' },
      {},
    ],
    [
      'the rest of the steps of a call that comes later than it should, as soon as it comes',
      [
        [1, 't.i 1', 'ends'],
        [4, 's.trigger 1', emits(VALUES.a), 'ends'],
      ],
      { starts: 's---(t|)', ends: '----(st|)' },
      {},
    ],
    [
      'a failure for a call that the steps do not know',
      [[0, 's.trigger 1', emits(VALUES.a), 'ends']],
      { starts: '(st#)', 'ends t': '(f#)' },
      {},
    ],
  ])('should play %s', (_, steps, lines, options) => testFlow(replayed(steps, lines, options)));

  it('should count time from the first call, also where the job is started late', () =>
    testFlow(async (test) => {
      await test.sleep(100);
      replayed([[3, 's.trigger 1', 'ends']], { 'ends s': '103ms (c|)' })(test);
    }));
});
