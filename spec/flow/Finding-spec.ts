import { type Finding, Flow, Routine } from '../../lib/index.js';
import { flowOf, routine } from '../support/flows.js';

const codes = (findings: readonly Finding[]): string[] =>
  findings.map(({ severity, code, routineId }) => `${severity} ${code}${routineId === undefined ? '' : ` ${routineId}`}`);

const slots = { i: () => undefined };
const entry = { slots: { trigger: () => undefined } };

describe('Flow.validate', () => {
  it('should find nothing in a flow whose routines are all reached', () => {
    const flow = flowOf({ s: entry, a: { slots }, b: { slots } }, ['s.o -> a.i', 'a.o -> b.i', 'b.o -> a.i']);
    expect(flow.validate()).toEqual([]);
  });

  it('should warn of a flow without an entry, naming the slot that is missing', () => {
    const flow = flowOf({ a: { slots } });
    expect(codes(flow.validate())).toEqual(['warning NO_ENTRY', 'warning UNREACHABLE a']);
    expect(flow.validate()[0]?.message).toContain("'trigger'");
    expect(codes(new Flow().validate())).toEqual(['warning NO_ENTRY']);
  });

  it('should warn of each routine that no entry leads to, a loop among them too', () => {
    const flow = flowOf({ s: entry, a: { slots }, b: { slots }, lone: { slots } }, ['a.o -> b.i', 'b.o -> a.i']);
    expect(codes(flow.validate())).toEqual(['warning UNREACHABLE a', 'warning UNREACHABLE b', 'warning UNREACHABLE lone']);
    expect(flow.validate()[2]?.message).toContain("'lone'");
  });

  it('should warn of a rename of what the event does not declare: the wrong way round (D37, f05)', () => {
    const flow = flowOf({ s: entry, a: { slots } });
    const source = new Routine();
    source.defineEvent('declared', ['x']);
    source.defineEvent('any');
    source.defineSlot('trigger');
    flow.addRoutine(source, 'source');
    flow.connect('source', 'declared', 'a', 'i', { y: 'x' });
    flow.connect('source', 'any', 'a', 'i', { y: 'x' });
    flow.connect('source', 'declared', 'a', 'i', { x: 'y' });
    expect(codes(flow.validate())).toEqual(['warning UNKNOWN_PARAM source']);
    expect(flow.validate()[0]?.message).toMatch(/renames 'y'.*event 'declared' of routine 'source' does not declare \(x\)/);
  });

  it('should name ten of the parameters that an event declares (D46)', () => {
    const source = new Routine();
    source.defineEvent(
      'o',
      Array.from({ length: 12 }, (_, at) => `p${at}`),
    );
    const flow = flowOf({ s: entry, a: { slots } });
    flow.addRoutine(source, 'source');
    flow.connect('source', 'o', 'a', 'i', { p11: 'x', y: 'x' });
    const messages = flow.validate().flatMap(({ code, message }) => (code === 'UNKNOWN_PARAM' ? [message] : []));
    expect(messages).toEqual([expect.stringContaining('(p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, …)')]);
  });

  it('should put the errors first: a slot that emits what its routine lacks', () => {
    const flow = new Flow();
    const wrong = new Routine();
    wrong.defineSlot('input', () => undefined, { emits: 'nowhere' });
    flow.addRoutine(wrong, 'wrong');
    expect(codes(flow.validate())).toEqual(['error UNKNOWN_EVENT wrong', 'warning NO_ENTRY', 'warning UNREACHABLE wrong']);
    expect(flow.validate()[0]?.message).toMatch(/'input'.*'wrong'.*'nowhere'/);
  });

  it('should be right about an error: such a flow cannot be executed', async () => {
    const flow = new Flow();
    const wrong = routine(entry);
    wrong.defineSlot('input', () => undefined, { emits: 'nowhere' });
    flow.addRoutine(wrong, 'wrong');
    await expect(flow.execute('wrong')).rejects.toMatchObject({
      code: 'UNKNOWN_EVENT',
      details: { routineId: 'wrong', event: 'nowhere' },
    });
  });

  it('should look at the flow as it is now', () => {
    const flow = flowOf({ s: entry, a: { slots } });
    expect(flow.validate()).toHaveLength(1);
    const connection = flow.connect('s', 'o', 'a', 'i');
    expect(flow.validate()).toEqual([]);
    flow.disconnect(connection);
    expect(flow.validate()).toHaveLength(1);
  });
});
