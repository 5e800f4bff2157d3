import { checkKnown, checkOption } from '../flow/checkOption.js';

const WORDS: readonly unknown[] = ['pauses', 'ends', 'hangs', 'pause', 'resume'];
const KNOWN = {
  emits: true,
  defers: true,
  outputs: true,
  throws: true,
  cancels: true,
  feeds: true,
  cancel: true,
  data: true,
} as const;

/** Refuses an act of a step that nobody knows: it would do something else, or nothing. @throws FlowError `BAD_OPTION` */
export const checkAct = (act: unknown): void => {
  if (typeof act === 'object') checkKnown(act as object, KNOWN as Readonly<Record<string, true>> as never);
  else checkOption('act', act, WORDS.includes(act), WORDS.map((word) => `'${String(word)}'`).join(', '));
};
