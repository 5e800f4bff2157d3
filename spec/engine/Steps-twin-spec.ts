import fc from 'fast-check';
import { Steps } from '../../lib/engine/Steps.js';

/** A step, or user code to be run after it, and what that does in turn. */
interface Call {
  readonly does: 'step' | 'after';
  readonly then: readonly Call[];
}

const call = fc.memo((depth: number): fc.Arbitrary<Call> =>
  fc.record({
    does: fc.constantFrom('step' as const, 'after' as const),
    then: depth === 1 ? fc.constant([]) : fc.array(call(depth - 1), { maxLength: 3 }),
  }),
);

const calls = fc.array(call(4), { maxLength: 4 });

/** The user code of a call, by name, in the order in which it is run. */
const ours = (root: Call, name: string): readonly string[] => {
  const steps = new Steps();
  const ran: string[] = [];
  let depth = 0;
  const playAll = (all: readonly Call[], parent: string): void => {
    for (const [n, each] of all.entries()) play(each, `${parent}.${n}`);
  };
  const apply = (all: readonly Call[], parent: string): void => {
    depth++;
    playAll(all, parent);
    depth--;
  };
  const play = ({ does, then }: Call, called: string): void => {
    if (does === 'step') steps.apply(apply, then, called);
    else
      steps.after(() => {
        ran.push(depth > 0 ? `${called} within a step` : called);
        playAll(then, called);
      });
  };
  play(root, name);
  return ran;
};

const named = (all: readonly Call[], parent: string): readonly (readonly [Call, string])[] =>
  all.map((each, n) => [each, `${parent}.${n}`]);

/** What a step asks for, with what the steps within it ask for. */
const askedBy = ([{ does, then }, name]: readonly [Call, string]): readonly (readonly [Call, string])[] =>
  does === 'after' ? [[{ does, then }, name]] : named(then, name).flatMap(askedBy);

/** A step is done with when all that it has asked for is run, one after the other, each with all that follows from it. */
const plain = (root: Call, name: string): readonly string[] =>
  askedBy([root, name]).flatMap(([{ then }, called]) => [called, ...named(then, called).flatMap((each) => plain(...each))]);

describe('Steps and its plain twin (D31)', () => {
  it('should run user code as a plain interpreter does, whatever calls what', () => {
    fc.assert(
      fc.property(calls, (all) => {
        expect(all.map((each, n) => ours(each, String(n)))).toEqual(all.map((each, n) => plain(each, String(n))));
      }),
    );
  });
});
