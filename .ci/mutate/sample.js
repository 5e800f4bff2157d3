// Which mutations are tried. Each has a rank of its own, by the seed and its own text: what stands elsewhere does not change it.
import { createHash } from 'node:crypto';

const rankOf = (seed, { file, before, after }, nth) =>
  createHash('sha1').update([seed, file, before, after, nth].join('\0')).digest('hex');

/** The mutations in the order in which a seed takes them; equal ones are told apart by their number. */
export const ranked = (mutations, seed) => {
  const seen = new Map();
  const withRank = mutations.map((mutation) => {
    const key = [mutation.file, mutation.before, mutation.after].join('\0');
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    return { mutation, rank: rankOf(seed, mutation, nth) };
  });
  return withRank.sort((a, b) => (a.rank < b.rank ? -1 : 1)).map(({ mutation }) => mutation);
};

/** The first `count` that are accepted, and how many were passed over. */
export const sampled = (mutations, count, accepts) => {
  const taken = [];
  let refused = 0;
  for (const mutation of mutations) {
    if (taken.length === count) break;
    if (accepts(mutation)) taken.push(mutation);
    else refused++;
  }
  return { taken, refused };
};
