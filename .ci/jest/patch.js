// A change of a source, written down as a text and what takes its place.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './copy.js';

/** The source with the change. A text that is not there once, and only once, is a line of a list that has rotted. */
export const patched = ({ file, from, to }) => {
  const parts = readFileSync(join(root, file), 'utf8').split(from);
  if (parts.length !== 2) throw new Error(`stands ${parts.length - 1} times in ${file}, not once: ${from}`);
  return parts.join(to);
};
