import { Flow, JobState } from '../../lib/index.js';
import { thrown } from '../support/thrown.js';
import { mismatches, patched, registry, small, wireError } from './flows.js';

describe('the JSON of a flow', () => {
  it.each<[string, string]>([
    ['no text', ''],
    ['no JSON', '{"kind":'],
    ['code', 'process.exit(1)'],
    ['a text', '"flow"'],
    ['null', 'null'],
    ['a list', '[]'],
  ])('should refuse %s (SC092)', (_, text) => {
    expect(mismatches(() => Flow.fromJSON(text, registry))).toHaveLength(1);
  });

  it.each([2, 99, 0, -1, 1.5, '1', null, undefined, Infinity])(
    'should refuse version %p, naming the newest it reads (SC092)',
    (version) => {
      const { code, message, details } = wireError(() => Flow.fromJSON({ ...patched('version', 1), version }, registry));
      expect([code, details['newest'], details['version']]).toEqual(['UNKNOWN_VERSION', 1, version]);
      expect(message).toMatch(/flow definition has version .*reads versions up to 1/);
    },
  );

  it('should not read a newer version that would fit (SC092)', () => {
    expect(thrown(() => Flow.fromJSON({ ...small().toJSON(), version: 2 }, registry))).toMatchObject({ code: 'UNKNOWN_VERSION' });
  });
});

describe('JSON that is no text (D43, f22)', () => {
  /** `2 ** levels` ways from its top to its core. */
  const diamond = (levels: number, core: unknown): object =>
    Array.from({ length: levels }).reduce<object>((inner) => ({ l: inner, r: inner }), { core });
  const circle: Record<string, unknown> = { y: [] };
  (circle['y'] as unknown[]).push(0, circle);
  const job = (parts: object): object => ({ kind: 'routilux/job', version: 1, ...parts });
  const faultOf = (json: object, options?: object): unknown => mismatches(() => JobState.fromJSON(json, options))[0];

  it.each([
    ['sharedData', 'sharedData.y.1'],
    ['nobody knows it', 'nobody knows it.y.1'],
    ['version', 'version.y.1'],
  ])('should refuse a circle under %s, with its path', (key, path) => {
    expect(faultOf(job({ [key]: circle }))).toMatchObject({ path, expected: 'JSON without a circle' });
  });

  it('should go once through an object that stands in many places, whatever else is wrong', () => {
    const faults = mismatches(() => JobState.fromJSON(job({ sharedData: diamond(60, 1), history: diamond(60, 1) })));
    expect(faults.map(({ path }) => path)).toContain('history');
    expect(faults.map(({ path }) => path)).not.toContain('sharedData');
  });

  it('should see how deep an object is in each of its places', () => {
    const shared = Object.assign(diamond(10, 1), { z: 1 });
    const json = job({ a: shared, b: [[shared]] });
    expect(faultOf(json, { maxDepth: 14 })).toMatchObject({ path: 'jobId' });
    expect(faultOf(json, { maxDepth: 13 })).toMatchObject({
      path: `b.0.0.${'l.'.repeat(10)}core`,
      expected: 'at most 13 levels (maxDepth)',
    });
  });

  it('should name the place of a text that is too long, and the object of such a key', () => {
    expect(faultOf(job({ a: [{ b: 'x'.repeat(30) }] }), { maxString: 20 })).toMatchObject({ path: 'a.0.b' });
    expect(faultOf(job({ a: [{ ['x'.repeat(30)]: 1 }] }), { maxString: 20 })).toMatchObject({ path: 'a.0' });
  });
});
