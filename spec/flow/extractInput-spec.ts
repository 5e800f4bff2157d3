import { extractInput } from '../../lib/index.js';

describe('extractInput', () => {
  const at = new Date(0);

  it.each<[string, unknown, unknown]>([
    ['a direct value', 'x', 'x'],
    ['a direct value that is 0', 0, 0],
    ['a list', [1, 2], [1, 2]],
    ['an instance', at, at],
    ['the key data', { data: 'x' }, 'x'],
    ['the key data beside others', { data: 'x', more: 1 }, 'x'],
    ['the key data that holds undefined', { data: undefined, more: 1 }, undefined],
    ['a single value', { text: 'x' }, 'x'],
    ['several values', { a: 1, b: 2 }, { a: 1, b: 2 }],
    ['an empty payload', {}, {}],
    ['undefined', undefined, {}],
    ['null', null, {}],
  ])('should give the value of %s (G09)', (_, data, expected) => {
    expect(extractInput(data)).toEqual(expected);
  });

  it('should give several values in a copy', () => {
    const data = { a: 1, b: 2 };
    expect(extractInput(data)).not.toBe(data);
  });

  it('should not take an inherited key for its own (X)', () => {
    expect(extractInput(JSON.parse('{"__proto__":{"data":"evil"},"a":1}'))).not.toBe('evil');
  });
});
