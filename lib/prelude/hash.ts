/**
 * 128 bits of a text as 32 hexadecimal digits: the first half of its SHA-256, each character being two bytes, the higher one first. The same
 * text gives the same digits on every platform, and nobody finds two texts with the same ones. Here as code of our own, since what
 * the platforms share is asynchronous.
 */
export const hash = (text: string): string => {
  const padded = pad(text);
  let state = ROOTS_OF_SQUARES;
  for (let at = 0; at < padded.length; at += BLOCK) state = mixed(state, scheduleOf(padded, at));
  return state.slice(0, 4).map(toHex).join('');
};

/** Characters of 16 bits that are mixed in at once. */
const BLOCK = 32;
const ROUNDS = 64;

type Words = readonly number[];

const firstPrimes = (): Words => {
  const primes: number[] = [];
  for (let n = 2; primes.length < ROUNDS; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
};

/** The first 32 bits behind the point: SHA-256 takes its constants from roots of primes. A double has 17 bits more than that. */
const behindThePoint = (root: number): number => (root * 2 ** 32) | 0;

const PRIMES = firstPrimes();
const ROOTS_OF_CUBES = PRIMES.map(Math.cbrt).map(behindThePoint);
const ROOTS_OF_SQUARES: Words = PRIMES.slice(0, 8).map(Math.sqrt).map(behindThePoint);

const toHex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');

/** The text, one bit, and its length in bits at the end of a block; no text is so long that it needs more than 32 bits. */
const pad = (text: string): string => {
  const bits = text.length * 16;
  const zeros = '\0'.repeat((2 * BLOCK - 5 - (text.length % BLOCK)) % BLOCK);
  return `${text}\u8000${zeros}\0\0${String.fromCharCode(bits >>> 16, bits & 0xffff)}`;
};

/** A block as the words of its rounds: 16 of its own, then each of four before. */
const scheduleOf = (padded: string, at: number): Words => {
  const words: number[] = [];
  for (let n = at; n < at + BLOCK; n += 2) words.push((padded.charCodeAt(n) << 16) | padded.charCodeAt(n + 1));
  for (let n = 16; n < ROUNDS; n++) {
    const [far, late] = [words[n - 15] as number, words[n - 2] as number];
    const first = turned(far, 7) ^ turned(far, 18) ^ (far >>> 3);
    const second = turned(late, 17) ^ turned(late, 19) ^ (late >>> 10);
    words.push(((words[n - 16] as number) + first + (words[n - 7] as number) + second) | 0);
  }
  return words;
};

const turned = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

const mixed = (state: Words, schedule: Words): Words => {
  let [a, b, c, d, e, f, g, h] = state as [number, number, number, number, number, number, number, number];
  for (let n = 0; n < ROUNDS; n++) {
    const choice = (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g));
    const majority = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    const next = h + choice + (ROOTS_OF_CUBES[n] as number) + (schedule[n] as number);
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + next) | 0, c, b, a, (next + majority) | 0];
  }
  return [a, b, c, d, e, f, g, h].map((word, n) => (word + (state[n] as number)) | 0);
};
