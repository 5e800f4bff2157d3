/** D43: what is taken comes back as it was, or is refused with the path that leads to it. */
import fc from 'fast-check';
import { clone } from '../../lib/prelude/clone.js';
import { Misfit, READABLE } from '../../lib/prelude/jsonValue.js';
import { readValue } from '../../lib/prelude/readValue.js';
import { writeValue } from '../../lib/prelude/writeValue.js';
import { follow, gives, KINDS, type Kind, type Odd, oddValues, timesAsked, unlike } from '../support/oddValues.js';

const trip = (value: unknown): unknown => readValue(JSON.parse(JSON.stringify(writeValue(value))));

const outcome = (work: () => unknown): { made: unknown } | { misfit: Misfit } => {
  try {
    return { made: work() };
  } catch (error) {
    if (error instanceof Misfit) return { misfit: error };
    throw error;
  }
};

/** What stands at the end of the path, or what its getter throws. */
const found = (value: unknown, path: string): unknown => {
  try {
    return follow(value, path);
  } catch (thrown) {
    return thrown;
  }
};

const holds = (odd: Odd, by: 'json' | 'clone', seen: Set<Kind>): void => {
  const { value, kinds, isCircular } = odd;
  const result = outcome(() => (by === 'json' ? trip(value) : clone(value)));
  expect(timesAsked()).toBeLessThanOrEqual(1);
  const isGiven = [...kinds].every((kind) => gives(kind, by)) && !(by === 'json' && isCircular);
  expect(isGiven ? 'made' in result : 'misfit' in result).toBe(true);
  if ('made' in result) expect(unlike(value, result.made, by === 'json' ? 'values' : 'shared parts')).toBeUndefined();
  else {
    const { path, value: at, expected } = result.misfit;
    if (expected === READABLE) expect((found(value, path) as Error).message).toBe((at as Error).message);
    else expect(found(value, path)).toBe(at);
  }
  for (const kind of kinds) seen.add(kind);
};

describe('a value of any kind', () => {
  it.each(['json', 'clone'] as const)(
    'comes back as it was from %s, each getter asked once, or is refused with the path that leads to it (D43)',
    (by) => {
      const seen = new Set<Kind>();
      fc.assert(
        fc.property(oddValues, (odd) => {
          holds(odd, by, seen);
        }),
        { numRuns: 3_000 },
      );
      expect([...KINDS].filter((kind) => !seen.has(kind))).toEqual([]);
    },
  );
});
