import { checkName } from '../flow/names.js';
import { flowError } from '../flow/FlowError.js';
import { utf8Length } from '../prelude/utf8Length.js';

/** Bytes of UTF-8 that a name may have on every driver. */
const LONGEST = 512;

/** @throws FlowError `BAD_NAME` */
export const checkDurableName = (what: string, name: string): string => {
  checkName(what, name);
  if (utf8Length(name) > LONGEST || name.includes('\0')) throw flowError('BAD_NAME', { what, value: name });
  return name;
};
