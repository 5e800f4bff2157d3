import fc from 'fast-check';
import { literal } from '../../lib/testing/literal.js';
import { runSource, transpiled } from '../support/runSource.js';
import { difference, values } from '../wire/values.js';

describe('literal', () => {
  const evaluated = async (source: string): Promise<unknown> => {
    let value: unknown;
    await runSource(`import { take } from 'take';\ntake(${source});`, { take: { take: (one: unknown) => (value = one) } });
    return value;
  };

  it('should write a value so that it is read again as it was, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        expect(difference(await evaluated(literal(value)), value)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["it's", `"it's"`],
    ['say "so"', String.raw`"say \"so\""`],
    ['a\nb', String.raw`'a\nb'`],
    ['`${x}`', "'`${x}`'"],
    ['</script><!--', String.raw`'\u003c/script>\u003c!--'`],
    ['\u2028', String.raw`'\u2028'`],
    ['\ud800', String.raw`'\ud800'`],
    ['C:\\', String.raw`'C:\\'`],
    ['*/ // 雨', "'*/ // 雨'"],
  ])('should write the text %j on one line: %s', async (text, source) => {
    expect(literal(text)).toBe(source);
    expect(await evaluated(literal(text))).toBe(text);
  });

  class Point {
    readonly x = 1;
  }
  const circle: Record<string, unknown> = { n: 1 };
  circle['self'] = { up: circle };
  const hostile = Object.defineProperty({}, 'x', {
    enumerable: true,
    get: () => {
      throw new Error('no');
    },
  });
  const [shared, deep] = [{ n: 1 }, JSON.parse('['.repeat(500) + ']'.repeat(500)) as unknown];
  const odd = class {}; // eslint-disable-line @typescript-eslint/no-extraneous-class -- only its name matters
  Object.defineProperty(odd, 'name', { value: '*/ evil() /*' });
  class Refused extends Error {
    override readonly name = 'Refused';
  }

  it.each<[string, unknown, string]>([
    ['a function', { f: () => 1, n: 2 }, '{ f: undefined /* lost: a function */, n: 2 }'],
    ['a symbol', [Symbol('x')], '[undefined /* lost: a symbol */]'],
    ['a circle', circle, '{ n: 1, self: { up: undefined /* lost: a circle */ } }'],
    ['what is held twice', [shared, shared], '[{ n: 1 }, { n: 1 }]'],
    ['a class', { at: new Point() }, '{ at: { x: 1 } /* lost: that it is of class Point */ }'],
    ['a class of an odd name', new odd(), '{} /* lost: that it is of class evil */'],
    ['an error', new TypeError('no'), "new TypeError('no')"],
    ['an error of a class', new Refused('no'), "Object.assign(new Error('no'), { name: 'Refused' }) /* lost: its class */"],
    ['what throws when it is read', { hostile }, '{ hostile: undefined /* lost: what cannot be read */ }'],
    ['a hole', [1, , 3], '[1, undefined, 3]'], // eslint-disable-line no-sparse-arrays
    ['a key that is no name', { 'a b': 1, __proto__x: 2 }, "{ 'a b': 1, __proto__x: 2 }"],
    ['what takes the place of a prototype', JSON.parse('{"__proto__":{"x":1}}'), "{ ['__proto__']: { x: 1 } }"],
    ['a date that is none', new Date(NaN), 'new Date(NaN)'],
  ])('should write %s so that it compiles, and say what is lost', (_, value, source) => {
    expect(literal(value)).toBe(source);
    transpiled(`export default ${source};`);
  });

  it('should stop if a value is deeper or larger than a test can hold', () => {
    for (const value of [deep, Array.from({ length: 200_000 }, () => 0).map(() => ({ a: 1 }))]) {
      const source = literal(value);
      expect(source).toContain('undefined /* lost: more than a test can hold */');
      transpiled(`export default ${source};`);
    }
  });
});
