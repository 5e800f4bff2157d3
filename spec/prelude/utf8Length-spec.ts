import * as fc from 'fast-check';
import { utf8Length } from '../../lib/prelude/utf8Length.js';

describe('utf8Length', () => {
  it.each(['', 'a', '\x7f', '\x80', 'ü', '\u07ff', '\u0800', '€', '\uffff', '😀', 'a😀b', '\ud83d', '\ude00\ud83d', '\ud83da'])(
    'should be what the platform takes for it: %p',
    (text) => {
      expect(utf8Length(text)).toBe(Buffer.byteLength(text));
    },
  );

  it('should be so for any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => utf8Length(text) === Buffer.byteLength(text)));
  });
});
