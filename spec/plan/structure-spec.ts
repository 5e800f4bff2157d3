import fc from 'fast-check';
import { Flow, JobState, Routine } from '../../lib/index.js';
import type { Plan, Routine as Compiled } from '../../lib/plan/Plan.js';
import { hasStructure, structureOf } from '../../lib/plan/structure.js';
import { oldHash } from '../../lib/prelude/oldHash.js';
import { ours, thrown } from '../support/thrown.js';

type Link = readonly [target: number, slot: string, mapping?: Readonly<Record<string, string>> | undefined];
type Sketch = readonly [
  id: string,
  slots: readonly string[],
  events: readonly (readonly [name: string, links: readonly Link[]])[],
];

/** As much of a compiled flow as its structure is read from. */
const compiled = (sketches: readonly Sketch[]): readonly Compiled[] => {
  const routines = sketches.map(([id, slots]) => ({ id, slots: new Map(slots.map((name) => [name, {}])), events: new Map() }));
  sketches.forEach(([, , events], n) => {
    for (const [name, links] of events) {
      const connections = links.map(([target, slot, mapping]) => ({
        slot: { routine: routines[target % routines.length], name: slot },
        described: { mapping },
      }));
      routines[n]?.events.set(name, { name, connections });
    }
  });
  return routines as unknown as readonly Compiled[];
};

const digitsOf = (sketches: readonly Sketch[]): string => structureOf(compiled(sketches));

/** What counts, in an order of its own: two flows have the same structure if this is the same. */
const sense = (sketches: readonly Sketch[]): string =>
  JSON.stringify(
    [...sketches]
      .sort(byId)
      .map(([id, slots, events]) => [
        id,
        [...slots].sort(),
        [...events]
          .sort(byId)
          .map(([name, links]) => [
            name,
            links.map(([target, slot, mapping]) => [
              sketches[target % sketches.length]?.[0],
              slot,
              mapping === undefined ? 'none' : Object.entries(mapping).sort(byId),
            ]),
          ]),
      ]),
  );

const byId = ([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number => (a < b ? -1 : 1);

/** Names that look like what separates names. */
const name = fc.oneof(
  fc.constantFrom('a', 'b', 'ab', '"', '\\', ',', '[', ']', '["a"]', '","', '\uD800', 'none', ''),
  fc.string(),
);
const names = fc.uniqueArray(name, { maxLength: 3 });
const link = fc.tuple(fc.nat(3), name, fc.option(fc.dictionary(name, name, { maxKeys: 2 }), { nil: undefined }));
const event = fc.tuple(name, fc.array(link, { maxLength: 3 }));
const events = fc.uniqueArray(event, { maxLength: 2, selector: ([first]) => first });
const sketches = fc.uniqueArray(fc.tuple(name, names, events), { minLength: 1, maxLength: 3, selector: ([id]) => id });

/** In the long part the birthday search goes as far as the issue asks, and the attack as far as it took on the hash of 0.1.0. */
const IS_LONG = process.env['ROUTILUX_LONG'] !== undefined;
const MANY = IS_LONG ? 200_000 : 10_000;
const TRIES = IS_LONG ? 2 ** 18 : 2 ** 13;

/** Numbers from a seed, below a bound. */
let last = 12;
const random = (below: number): number => {
  last = (Math.imul(last, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((last / 2 ** 32) * below);
};

const LETTERS = ['a', 'b', '"', ',', '[', '雨'];
const randomName = (): string => Array.from({ length: 1 + random(3) }, () => LETTERS[random(LETTERS.length)]).join('');
const some = <T>(make: (n: number) => T): T[] => Array.from({ length: random(3) }, (_, n) => make(n));

const randomSketches = (): readonly Sketch[] =>
  Array.from({ length: 1 + random(2) }, (_, n): Sketch => {
    const events = some((nth): Sketch[2][number] => [`${String(nth)}${randomName()}`, some(() => [random(2), randomName()])]);
    return [`${String(n)}${randomName()}`, [...new Set(some(randomName))], events];
  });

describe('structureOf (D44)', () => {
  it('should be the same for flows of the same structure, and for no others, whatever the names are', () => {
    fc.assert(
      fc.property(sketches, sketches, (one, other) => {
        expect(digitsOf(one) === digitsOf(other)).toBe(sense(one) === sense(other));
        const turned = [...one].reverse().map(([id, slots, own]): Sketch => {
          const links = own.map(([first, all]) => [
            first,
            all.map(([to, ...rest]) => [one.length - 1 - (to % one.length), ...rest]),
          ]);
          return [id, [...slots].reverse(), links.reverse() as unknown as Sketch[2]];
        });
        expect(digitsOf(turned)).toBe(digitsOf(one));
      }),
    );
  });

  it.each<[string, readonly Sketch[], readonly Sketch[]]>([
    ['one name or two', [['a', ['b', 'c'], []]], [['a', ['b","c'], []]]],
    ['a slot or an event', [['a', ['b'], []]], [['a', [], [['b', []]]]]],
    ['the end of a name', [['ab', ['c'], []]], [['a', ['bc'], []]]],
    [
      'one routine or two',
      [
        ['a', [], []],
        ['b', [], []],
      ],
      [['a', ['b'], []]],
    ],
    ['no mapping or an empty one', [['a', ['i'], [['o', [[0, 'i']]]]]], [['a', ['i'], [['o', [[0, 'i', {}]]]]]]],
    ['the sides of a mapping', [['a', ['i'], [['o', [[0, 'i', { x: 'y' }]]]]]], [['a', ['i'], [['o', [[0, 'i', { y: 'x' }]]]]]]],
    [
      'one connection or the same twice',
      [['a', ['i'], [['o', [[0, 'i']]]]]],
      [
        [
          'a',
          ['i'],
          [
            [
              'o',
              [
                [0, 'i'],
                [0, 'i'],
              ],
            ],
          ],
        ],
      ],
    ],
    ['a lone surrogate or its escape', [['\uD800', [], []]], [['\\ud800', [], []]]],
  ])('should tell apart %s', (_, one, other) => {
    expect(digitsOf(one)).not.toBe(digitsOf(other));
  });

  it(`should tell ${String(MANY)} random structures apart`, () => {
    const seen = new Map<string, string>();
    for (let n = 0; n < MANY; n++) {
      const one = randomSketches();
      const [digits, said] = [digitsOf(one), sense(one)];
      if ((seen.get(digits) ?? said) !== said) throw new Error(`${said} has the digits of ${seen.get(digits) ?? ''}`);
      seen.set(digits, said);
    }
    expect(seen.size).toBeGreaterThan(MANY * 0.75);
  });
});

/** Two routines with one connection, that renames to a name of two characters: they differ in bit 15 alone, which FNV moves past few others. */
const linked = (slot: string): readonly Sketch[] => [
  ['s', ['trigger'], [['o', [[1, 'i', { a: slot }]]]]],
  ['t', ['i'], []],
];
const textOf = (slot: string): string =>
  JSON.stringify([
    ['s', ['trigger'], [['o', [['t', 'i', [['a', slot]]]]]]],
    ['t', ['i'], []],
  ]);
const BITS = Array.from({ length: 18 }, (_, n) => n);
const nameOf = (number: number): string => BITS.map((n) => ((number >> n) & 1 ? '\uce00' : '\u4e00')).join('');

const flowOf = (slot: string): Flow => {
  const [s, t, flow] = [new Routine(), new Routine(), new Flow({ flowId: 'f' })];
  s.defineSlot('trigger', () => undefined);
  s.defineEvent('o');
  t.defineSlot('i', () => undefined);
  flow.addRoutine(s, 's');
  flow.addRoutine(t, 't');
  flow.connect('s', 'o', 't', 'i', { a: slot });
  return flow;
};

const written = async (slot: string): Promise<{ readonly run: { readonly structure: string } }> => {
  const job = flowOf(slot).start('s');
  await job.pause();
  const text = JSON.stringify(job.snapshot());
  await job.cancel();
  return JSON.parse(text) as { readonly run: { readonly structure: string } };
};

describe('the attack on the hash of 0.1.0 (D44, f23)', () => {
  // What a search through these names finds, in their order.
  const [one, other] = [nameOf(109_760), nameOf(230_528)];

  it('should have found two structures for that one', () => {
    expect(one).not.toBe(other);
    expect(oldHash(textOf(one))).toBe(oldHash(textOf(other)));
  });

  it(`should find none for this one, in ${String(TRIES)} tries`, () => {
    const names = Array.from({ length: TRIES }, (_, n) => nameOf(n)).concat(one, other);
    expect(new Set(names.map((slot) => digitsOf(linked(slot)))).size).toBe(new Set(names).size);
  });

  it('should not bring a job onto the other flow of that pair', async () => {
    const json = await written(one);
    expect(json.run.structure).toMatch(/^[0-9a-f]{32}$/);
    expect(ours(thrown(() => flowOf(other).resume(JobState.fromJSON(json)))).code).toBe('STRUCTURE_CHANGED');
    expect((await flowOf(one).resume(JobState.fromJSON(json)).done).status).toBe('completed');
  });
});

describe('hasStructure (D44)', () => {
  const plan = (...all: readonly Sketch[]): Pick<Plan, 'structure' | 'routines'> => {
    const routines = compiled(all);
    return { structure: structureOf(routines), routines: new Map(routines.map((routine) => [routine.id, routine])) };
  };

  it('should know the digits of 0.1.0 for the same structure, and no others', () => {
    const here = plan(...linked('x'));
    expect([textOf('x'), textOf('y')].map((text) => hasStructure(here, oldHash(text)))).toEqual([true, false]);
    expect(hasStructure(here, here.structure)).toBe(true);
  });

  it.each(['', '0', '0'.repeat(16), '0'.repeat(32), '0'.repeat(99)])('should not take %j for the structure', (told) => {
    expect(hasStructure(plan(...linked('x')), told)).toBe(false);
  });

  it('should not take a part of the digits for the whole', () => {
    const here = plan(...linked('x'));
    expect([8, 16, 31].map((length) => hasStructure(here, here.structure.slice(0, length)))).toEqual([false, false, false]);
  });

  it('should take up a job that 0.1.0 has written down, and write it down in the new way', async () => {
    const json = await written('x');
    const old = (slot: string): object => ({ ...json, run: { ...json.run, structure: oldHash(textOf(slot)) } });
    const job = flowOf('x').resume(JobState.fromJSON(old('x')), { paused: true });
    expect(job.snapshot()).toMatchObject({ run: { structure: json.run.structure } });
    await job.cancel();
    expect(ours(thrown(() => flowOf('x').resume(JobState.fromJSON(old('y'))))).code).toBe('STRUCTURE_CHANGED');
  });
});
