/** Beyond so many characters nobody has mistyped a name. */
const LONGEST = 64;

/** How many characters have to be put in, taken out or changed to make one word of another. */
const distance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let at = 0; at < from.length; at++) {
    const next = [at + 1];
    for (let there = 0; there < to.length; there++) {
      const changed = (row[there] as number) + (from[at] === to[there] ? 0 : 1);
      next.push(Math.min(changed, (row[there + 1] as number) + 1, (next[there] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
};

/** The known name that somebody may have meant; undefined if none is near. */
export const nearest = (name: string, known: readonly string[]): string | undefined => {
  if (name.length > LONGEST) return undefined;
  const [best] = known
    .map((each) => ({ each, far: distance(name.toLowerCase(), each.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  return best !== undefined && best.far <= 1 + name.length / 3 ? best.each : undefined;
};
