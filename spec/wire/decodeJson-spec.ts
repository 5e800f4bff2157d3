import { Flow } from '../../lib/index.js';
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
