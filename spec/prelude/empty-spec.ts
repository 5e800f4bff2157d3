import { empty } from '../../lib/prelude/empty.js';

describe('empty', () => {
  it.each([[[]], [[1]], [[undefined, 2, 3]]])('should take everything out of %j', (list: unknown[]) => {
    empty(list);
    expect(list).toStrictEqual([]);
    list.push('next');
    expect(list).toStrictEqual(['next']);
  });
});
