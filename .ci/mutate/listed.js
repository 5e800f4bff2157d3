// The mutations of unchanging.js, by the text that they make of their file.
import { patched } from '../jest/patch.js';
import { unchanging } from './unchanging.js';

const rotIn = (entry) => {
  try {
    patched(entry);
    return [];
  } catch (error) {
    return [error.message];
  }
};

/** Entries that no longer stand in their file. */
export const rotten = (entries = unchanging) => entries.flatMap(rotIn);

/** Entries of these files that stand there, and are no mutation of them: too much was written down, or a kind has changed. */
export const unknown = (mutations, entries = unchanging) => {
  const files = new Set(mutations.map(({ file }) => file));
  const made = new Set(mutations.map(({ text }) => text));
  return entries.filter((entry) => files.has(entry.file) && !made.has(patched(entry))).map(({ file, to }) => `${file}: ${to}`);
};

/** Why a mutation changes nothing; undefined if the list does not say so. */
export const reasonsIn = (entries = unchanging) => {
  const reasons = new Map(entries.map((entry) => [patched(entry), entry.why]));
  return ({ text }) => reasons.get(text);
};
