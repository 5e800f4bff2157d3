/** Random bytes for 256 ids at a time: asking the platform for each costs several times as much as writing one down. */
const pool = new Uint8Array(4_096);
let used = pool.length;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const hex = (at: number): string => HEX[pool[at] ?? 0] ?? '';

/**
 * A random uuid (version 4). Not `crypto.randomUUID`, which a page has only when it came over https, and which costs
 * 0.3 µs here.
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
  const time = `${hex(at)}${hex(at + 1)}${hex(at + 2)}${hex(at + 3)}-${hex(at + 4)}${hex(at + 5)}-${hex(at + 6)}${hex(at + 7)}`;
  const node = `${hex(at + 10)}${hex(at + 11)}${hex(at + 12)}${hex(at + 13)}${hex(at + 14)}${hex(at + 15)}`;
  return `${time}-${hex(at + 8)}${hex(at + 9)}-${node}`;
};
