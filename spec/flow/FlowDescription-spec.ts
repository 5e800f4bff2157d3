import { FlowDescription } from '../../lib/flow/FlowDescription.js';
import { settingsFrom } from '../../lib/flow/FlowOptions.js';
import { Template } from '../../lib/flow/Template.js';
import { ErrorHandler } from '../../lib/index.js';
import { routine } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';

const noop = (): void => undefined;

/** A flow that can be described, and runs nothing. */
class Described extends FlowDescription {
  readonly carriesContext = false;
  jobsUsing = (): readonly string[] => [];
  deliver = noop;
}

/** Tells how often the description was compiled. */
const bench = () => {
  let plans = 0;
  const template = new Template(settingsFrom({ flowId: 'f', maxWorkers: 2 }), { compile: () => ++plans, configure: noop });
  const flow = new Described(template);
  for (const id of ['a', 'b']) flow.addRoutine(routine({ slots: { trigger: noop, i: noop } }), id);
  return { flow, template };
};

/** Whether a change gives another plan. */
const changesPlan = ({ flow, template }: ReturnType<typeof bench>, change: (flow: Described) => unknown): boolean => {
  const before = template.plan;
  change(flow);
  return template.plan !== before;
};

describe('FlowDescription', () => {
  it('should show what the flow was described with', () => {
    const { flow } = bench();
    const handler = new ErrorHandler({ strategy: 'skip' });
    expect(flow.setErrorHandler(handler)).toBe(flow);
    expect(flow).toMatchObject({ flowId: 'f', executionStrategy: 'concurrent', maxWorkers: 2, errorHandler: handler });
    expect([...flow.routines.keys()]).toEqual(['a', 'b']);
  });

  it.each<[string, (flow: Described) => unknown]>([
    ['a routine', (flow) => flow.addRoutine(routine({ slots: { i: noop } }), 'c')],
    ['a link', (flow) => flow.connect('a', 'o', 'b', 'i')],
    [
      'a link taken away',
      (flow) => flow.disconnect({ sourceId: 'a', sourceEvent: 'o', targetId: 'b', targetSlot: 'i' } as never),
    ],
    ['an error handler', (flow) => flow.setErrorHandler(new ErrorHandler({ strategy: 'skip' }))],
    ['a number of workers', (flow) => flow.setExecutionStrategy('concurrent', { maxWorkers: 7 })],
    ['a routine that says it has changed', (flow) => flow.changed()],
  ])('should have later runs follow %s', (_, change) => {
    expect(changesPlan(bench(), change)).toBe(true);
  });

  it('should keep the plan after what only looks', () => {
    expect(changesPlan(bench(), (flow) => flow.dependencyGraph())).toBe(false);
  });

  it('should know a routine by its own id if it is given none', () => {
    const { flow } = bench();
    const made = routine({ slots: { i: noop } });
    expect(flow.addRoutine(made)).toBe(made.id);
    expect(flow.routines.get(made.id)).toBe(made);
  });

  it('should know a link by ids and names, written long or short, and make it once', () => {
    const { flow } = bench();
    const link = flow.connect('a', 'o', 'b', 'i');
    expect(flow.connect('a.o', 'b.i')).toBe(link);
    expect(flow.connections).toEqual([link]);
    expect([...(flow.dependencyGraph().get('b') ?? [])]).toEqual(['a']);
    flow.disconnect(link);
    expect(flow.connections).toEqual([]);
  });

  it('should refuse what is no routine, and no error handler', () => {
    const { flow } = bench();
    expect(ours(thrown(() => flow.addRoutine({} as never))).code).toBe('BAD_OPTION');
    expect(ours(thrown(() => flow.setErrorHandler({ strategy: 'skip' } as never))).code).toBe('BAD_OPTION');
    expect(ours(thrown(() => flow.setExecutionStrategy('other' as never))).code).toBe('BAD_STRATEGY');
  });

  it('should be one after the other with one worker, and keep a number of workers until another is asked for', () => {
    const { flow } = bench();
    flow.setExecutionStrategy('sequential');
    expect([flow.executionStrategy, flow.maxWorkers]).toEqual(['sequential', 1]);
    flow.setExecutionStrategy('concurrent');
    expect([flow.executionStrategy, flow.maxWorkers]).toEqual(['concurrent', 5]);
    flow.setExecutionStrategy('concurrent', { maxWorkers: 7 }).setExecutionStrategy('concurrent');
    expect(flow.maxWorkers).toBe(7);
  });
});
