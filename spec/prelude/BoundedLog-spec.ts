import fc from 'fast-check';
import { BoundedLog } from '../../lib/prelude/BoundedLog.js';

const logged = (bound: number, entries: readonly number[]): BoundedLog<number> => {
  const log = new BoundedLog<number>(bound);
  for (const entry of entries) log.push(entry);
  return log;
};

describe('BoundedLog', () => {
  it('should keep the newest entries in order and count the others (D30)', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.array(fc.integer(), { maxLength: 60 }), (bound, entries) => {
        const log = logged(bound, entries);
        const dropped = Math.max(entries.length - bound, 0);
        expect([...log]).toEqual(entries.slice(dropped));
        expect(log).toHaveLength(entries.length - dropped);
        expect(log.dropped).toBe(dropped);
      }),
    );
  });

  it('should keep everything where the bound is Infinity (D30)', () => {
    const log = logged(Infinity, [...Array(3_000).keys()]);
    expect(log).toHaveLength(3_000);
    expect(log.dropped).toBe(0);
  });

  it('should give up its oldest entry when asked, and count it', () => {
    const log = logged(5, [1, 2, 3]);
    log.dropOldest();
    expect([...log]).toEqual([2, 3]);
    expect(log.dropped).toBe(1);
  });
});
