import { settingsFrom } from '../../lib/flow/FlowOptions.js';
import { type Home, homesOf } from '../../lib/flow/Home.js';
import type { DescribedRoutine } from '../../lib/flow/DescribedRoutine.js';
import { Template } from '../../lib/flow/Template.js';
import { routine } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';

const noop = (): void => undefined;

/** A template whose plans are numbers. */
const bench = () => {
  let plans = 0;
  const configured: number[] = [];
  const template = new Template<DescribedRoutine, number>(settingsFrom({ flowId: 'f' }), {
    compile: () => ++plans,
    configure: ({ maxWorkers }) => configured.push(maxWorkers),
  });
  const home = { flowId: 'f', changed: noop } as unknown as Home;
  return { template, configured, home };
};

const part = (): DescribedRoutine => routine({ slots: { trigger: noop, i: noop } });
const LINK = { sourceId: 'a', sourceEvent: 'o', targetId: 'b', targetSlot: 'i', mapping: undefined };

describe('Template', () => {
  it('should be compiled when somebody asks for the plan, and again after a change', () => {
    const { template, home } = bench();
    expect([template.plan, template.plan]).toEqual([1, 1]);
    template.changed();
    expect([template.plan, template.plan]).toEqual([2, 2]);
    template.add(part(), 'a', home);
    expect(template.plan).toBe(3);
    template.configure(settingsFrom({ flowId: 'f', maxWorkers: 3 }));
    expect(template.plan).toBe(4);
  });

  it('should not be compiled by changes alone', () => {
    const { template, home } = bench();
    for (const id of ['a', 'b', 'c']) template.add(part(), id, home);
    expect(template.plan).toBe(1);
  });

  it('should have its compiler follow the settings', () => {
    const { template, configured } = bench();
    template.configure(settingsFrom({ flowId: 'f', maxWorkers: 3 }));
    expect([template.settings.maxWorkers, configured]).toEqual([3, [3]]);
  });

  it('should tell a routine where it lives, unless it is refused', () => {
    const { template, home } = bench();
    const [one, two] = [part(), part()];
    expect(template.add(one, 'a', home)).toBe('a');
    expect(homesOf(one)).toEqual(new Set([home]));
    expect(ours(thrown(() => template.add(two, 'a', home))).code).toBe('DUPLICATE_ROUTINE');
    expect(ours(thrown(() => template.add(one, 'b', home))).code).toBe('ROUTINE_TWICE');
    expect([homesOf(two).size, [...template.routines.keys()]]).toEqual([0, ['a']]);
  });

  it('should take over what was written down, and keep what was not', () => {
    const { template, configured, home } = bench();
    template.configure(settingsFrom({ flowId: 'f', maxWorkers: 3, executionTimeoutMs: 70 }));
    template.fill(
      {
        settings: { flowId: 'g', maxWorkers: 4 },
        routines: [
          ['a', part()],
          ['b', part()],
        ],
        connections: [LINK],
      },
      home,
    );
    expect(template.settings).toMatchObject({ flowId: 'g', maxWorkers: 4, executionTimeoutMs: 70 });
    expect([[...template.routines.keys()], template.connections, configured]).toEqual([['a', 'b'], [LINK], [3, 4]]);
  });

  it('should name the flow as it is called now in what it refuses', () => {
    const { template, home } = bench();
    template.fill({ settings: { flowId: 'g' }, routines: [], connections: [] }, home);
    expect(ours(thrown(() => template.graph.connect(LINK)))).toMatchObject({ code: 'UNKNOWN_ROUTINE', details: { flowId: 'g' } });
  });
});
