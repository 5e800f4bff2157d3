import fc from 'fast-check';
import { Flow, Registry, Routine } from '../../lib/index.js';
import { flowOf, Node, Other, registry, small, trim, Unnamed } from './flows.js';
import { build, plans } from './randomFlows.js';

describe('Flow.validate with a registry', () => {
  const codes = (flow: Flow, by: Registry): string[] => flow.validate(by).map(({ severity, code }) => `${severity} ${code}`);

  it('should find nothing in a flow that comes back (G76)', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const flow = build(plan);
        expect(flow.validate(registry)).toEqual(flow.validate());
      }),
      { numRuns: 50 },
    );
  });

  it('should find each type that is unknown, or cannot be made, by its name (G76, G77)', () => {
    const flow = new Flow();
    for (const [id, kind] of [['a', Node], ['b', Other], ['c', Unnamed]] as const) flow.addRoutine(new kind(), id); // prettier-ignore
    const own = new Registry().register('Node', () => new Node()).register('Other', () => ({}) as Routine);
    const findings = flow.validate(own);
    expect(findings.map(({ severity, code }) => [severity, code])).toEqual([
      ['error', 'NOT_CONSTRUCTIBLE'],
      ['error', 'BAD_JSON'],
    ]);
    expect(findings[0]?.message).toMatch(/'Other'.*'b'/);
    expect(findings[1]?.message).toMatch(/"Unnamed"/);
  });

  it('should find what cannot be written: a mapping, a config (G76, D28)', () => {
    expect(codes(flowOf(['a'], [['a', 'o', 'a', 'i', (data) => data]]), registry)).toEqual(['error NOT_SERIALISABLE']);
    const flow = flowOf(['a']);
    flow.routines.get('a')?.setConfig({ bad: () => 0 });
    expect(codes(flow, registry)).toEqual(['error NOT_SERIALISABLE']);
  });

  it('should find a function that this registry lacks (D28)', () => {
    const bare = new Registry().register('Node', () => new Node());
    const findings = flowOf(['a'], [['a', 'o', 'a', 'i', trim]]).validate(bare);
    expect(findings).toMatchObject([{ severity: 'error', code: 'BAD_JSON' }]);
    expect(findings[0]?.message).toContain('connections.0.mapping');
  });

  it('should tell what looks wrong besides, errors first (S02)', () => {
    const flow = new Flow();
    const lonely = new Routine();
    flow.addRoutine(lonely, 'lonely');
    expect(codes(flow, registry)).toEqual(['error BAD_JSON', 'warning NO_ENTRY', 'warning UNREACHABLE']);
  });

  it('should change nothing in the flow', () => {
    const flow = small();
    const before = JSON.stringify(flow);
    flow.validate(registry);
    expect(JSON.stringify(flow)).toBe(before);
  });
});
