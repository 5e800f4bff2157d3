import { ErrorHandler, type ExecutionStrategy, Flow, type FlowOptions } from '../../lib/index.js';
import { emitting, flowOf } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const workers = ({ executionStrategy, maxWorkers }: Flow): [ExecutionStrategy, number] => [executionStrategy, maxWorkers];

describe('FlowOptions', () => {
  it.each<[string, FlowOptions | undefined, ExecutionStrategy, number]>([
    ['sequential with 1 worker by default (S62, SC013)', undefined, 'sequential', 1],
    ['5 workers where concurrent is all that is said (S62, SC013)', { executionStrategy: 'concurrent' }, 'concurrent', 5],
    [
      '1 worker where sequential is said, whatever the number (SC013, D18)',
      { executionStrategy: 'sequential', maxWorkers: 8 },
      'sequential',
      1,
    ],
    ['concurrent where only a number is said (D18)', { maxWorkers: 8 }, 'concurrent', 8],
    ['both where both are said (S61)', { executionStrategy: 'concurrent', maxWorkers: 3 }, 'concurrent', 3],
    ['1 worker where concurrent is said with 1 (S61)', { executionStrategy: 'concurrent', maxWorkers: 1 }, 'concurrent', 1],
    ['sequential where only 1 worker is said', { maxWorkers: 1 }, 'sequential', 1],
    ['the defaults where every option is undefined', { executionStrategy: undefined, maxWorkers: undefined }, 'sequential', 1],
  ])('should give %s', (_, options, strategy, count) => {
    expect(workers(new Flow(options))).toEqual([strategy, count]);
  });

  it('should limit an execution to 300 seconds unless told otherwise (S20, S28)', () => {
    expect(new Flow().executionTimeoutMs).toBe(300_000);
    expect(new Flow({ executionTimeoutMs: 50 }).executionTimeoutMs).toBe(50);
    expect(new Flow({ executionTimeoutMs: Infinity }).executionTimeoutMs).toBe(Infinity);
  });

  it('should keep the flow id that is given (S19, G72)', () => {
    expect(new Flow({ flowId: 'orders' }).flowId).toBe('orders');
  });

  it('should make a uuid where no flow id is given, another one each time (S19)', () => {
    const ids = [new Flow().flowId, new Flow().flowId];
    for (const id of ids) expect(id).toMatch(UUID4);
    expect(new Set(ids).size).toBe(2);
  });

  it('should have no error handler unless one is given (S03, G30)', () => {
    const errorHandler = new ErrorHandler({ strategy: 'skip' });
    expect(new Flow().errorHandler).toBeUndefined();
    expect(new Flow({ errorHandler }).errorHandler).toBe(errorHandler);
  });

  it.each<[string, (strategy: ExecutionStrategy) => unknown]>([
    ['new Flow', (executionStrategy) => new Flow({ executionStrategy })],
    ['setExecutionStrategy', (strategy) => new Flow().setExecutionStrategy(strategy)],
    ['start', (executionStrategy) => flowOf({ s: { slots: { trigger: emitting() } } }).start('s', {}, { executionStrategy })],
  ])('should refuse an unknown strategy at %s, and name those that there are (SC014)', (_, give) => {
    for (const strategy of ['parallel', 'CONCURRENT', 'stop', '', 3, null, {}]) {
      const error = ours(thrown(() => give(strategy as ExecutionStrategy)));
      expect(error).toMatchObject({ name: 'FlowError', code: 'BAD_STRATEGY', details: { strategy } });
      expect(error.details['known']).toEqual(['sequential', 'concurrent']);
      expect(error.message).toContain("choose one of 'sequential', 'concurrent'.");
    }
  });

  it('should not follow an options object that changes afterwards', () => {
    const options = { maxWorkers: 3, flowId: 'a' };
    const flow = new Flow(options);
    Object.assign(options, { maxWorkers: 9, flowId: 'b' });
    expect([flow.maxWorkers, flow.flowId]).toEqual([3, 'a']);
  });
});

describe('Flow.setExecutionStrategy', () => {
  it.each<[string, FlowOptions, Parameters<Flow['setExecutionStrategy']>, ExecutionStrategy, number]>([
    ['take 5 workers for concurrent without a number (SC013)', {}, ['concurrent'], 'concurrent', 5],
    [
      'take 1 worker for sequential, whatever the number (SC013)',
      { maxWorkers: 4 },
      ['sequential', { maxWorkers: 9 }],
      'sequential',
      1,
    ],
    ['take the number that is given (S63)', {}, ['concurrent', { maxWorkers: 10 }], 'concurrent', 10],
    ['keep the number where the flow is concurrent already', { maxWorkers: 8 }, ['concurrent'], 'concurrent', 8],
    ['take 1 worker for sequential (S63)', { maxWorkers: 8 }, ['sequential'], 'sequential', 1],
  ])('should %s', (_, options, change, strategy, count) => {
    const flow = new Flow(options);
    expect(flow.setExecutionStrategy(...change)).toBe(flow);
    expect(workers(flow)).toEqual([strategy, count]);
  });

  it('should change nothing where it refuses (SC014)', () => {
    const flow = new Flow({ maxWorkers: 3 });
    expect(() => flow.setExecutionStrategy('x' as 'concurrent')).toThrow();
    expect(() => flow.setExecutionStrategy('sequential', { maxWorkers: 0 })).toThrow();
    expect(workers(flow)).toEqual(['concurrent', 3]);
  });
});
