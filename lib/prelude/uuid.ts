/** Random bytes for 256 ids at a time: asking the platform for each costs several times as much as writing one down. */
const pool = new Uint8Array(4_096);
let used = pool.length;

const DIGITS = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const DASH = 45;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether an id looks like one that `uuid` gives: no name that somebody has chosen. */
export const isUuid = (id: string): boolean => UUID.test(id);

/** The two digits of a byte of the pool, as codes of characters. */
const high = (at: number): number => DIGITS[(pool[at] ?? 0) >> 4] ?? 0;
const low = (at: number): number => DIGITS[(pool[at] ?? 0) & 15] ?? 0;

/**
 * A random uuid (version 4), in one string of one piece. Not `crypto.randomUUID`, which a page has only when it came over https,
 * and which costs twice as much.
 */
export const uuid = (): string => {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  const at = used;
  used += 16;
  pool[at + 6] = ((pool[at + 6] ?? 0) & 0x0f) | 0x40;
  pool[at + 8] = ((pool[at + 8] ?? 0) & 0x3f) | 0x80;
  // Written out, since a loop costs more than the rest.
  // prettier-ignore
  return String.fromCharCode(
    high(at), low(at), high(at + 1), low(at + 1), high(at + 2), low(at + 2), high(at + 3), low(at + 3), DASH,
    high(at + 4), low(at + 4), high(at + 5), low(at + 5), DASH, high(at + 6), low(at + 6), high(at + 7), low(at + 7), DASH,
    high(at + 8), low(at + 8), high(at + 9), low(at + 9), DASH, high(at + 10), low(at + 10), high(at + 11), low(at + 11),
    high(at + 12), low(at + 12), high(at + 13), low(at + 13), high(at + 14), low(at + 14), high(at + 15), low(at + 15),
  );
};
