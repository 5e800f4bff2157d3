import { describeError } from '../../lib/prelude/describeError.js';

class PaymentError extends Error {}

const named = Object.assign(new Error('no such file'), { name: 'ENOENT' });

const revoked = (): unknown => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

const throwing = (key: string): unknown =>
  Object.defineProperty(new TypeError('hidden'), key, {
    get: () => {
      throw new Error('from the getter');
    },
  });

describe('describeError', () => {
  it.each<[string, unknown, { name: string; message: string }]>([
    ['an error', new Error('broken'), { name: 'Error', message: 'broken' }],
    ['an error of a kind', new TypeError('broken'), { name: 'TypeError', message: 'broken' }],
    [
      'an error of a class that gives itself no name',
      new PaymentError('declined'),
      { name: 'PaymentError', message: 'declined' },
    ],
    ['an error that gives itself a name', named, { name: 'ENOENT', message: 'no such file' }],
    ['a frozen error', Object.freeze(new RangeError('too far')), { name: 'RangeError', message: 'too far' }],
    ['an error with an empty message', new Error(''), { name: 'Error', message: '' }],
    ['undefined', undefined, { name: 'undefined', message: 'undefined' }],
    ['null', null, { name: 'object', message: 'null' }],
    ['a text', 'broken', { name: 'string', message: 'broken' }],
    ['a number', 404, { name: 'number', message: '404' }],
    ['a bigint', 10n, { name: 'bigint', message: '10' }],
    ['a symbol', Symbol('s'), { name: 'symbol', message: 'Symbol(s)' }],
    ['a plain object with a message', { message: 'broken' }, { name: 'Object', message: 'broken' }],
    ['a plain object with a message that is no text', { message: 5 }, { name: 'Object', message: '[object Object]' }],
    ['an object without a prototype', Object.create(null), { name: 'Error', message: 'a value that cannot be read' }],
    ['a revoked proxy', revoked(), { name: 'Error', message: 'a value that cannot be read' }],
  ])('should say name and message of %s', (_, value, facts) => {
    expect(describeError(value)).toEqual(facts);
  });

  it.each(['message', 'name', 'constructor', 'toString'])('should survive an error whose getter of %s throws', (key) => {
    const { name, message } = describeError(throwing(key));
    expect(typeof name).toBe('string');
    expect(typeof message).toBe('string');
    expect(message).not.toContain('from the getter');
  });

  it('should survive an error of which nothing can be read', () => {
    const hostile = new Proxy(new Error('hidden'), {
      get: () => {
        throw new Error('from the trap');
      },
    });
    expect(describeError(hostile)).toEqual({ name: 'Error', message: 'a value that cannot be read' });
  });
});
