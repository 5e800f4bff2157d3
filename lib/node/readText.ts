import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { describeError } from '../prelude/describeError.js';
import { fileError } from './FileError.js';

/** Some editors begin a file with it. */
const BYTE_ORDER_MARK = '\uFEFF';

/** The text of a file, without the mark that some editors put before it. What is no UTF-8 is refused: read all the same it is another text. */
export const readText = async (path: string): Promise<string> => {
  const text = await decoded(path);
  if (text === undefined)
    throw fileError('BAD_FILE', { path, reason: 'its bytes are no UTF-8 text; write it in that encoding.' });
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
};

const decoded = async (path: string): Promise<string | undefined> => {
  try {
    const bytes = await readFile(path);
    return isUtf8(bytes) ? bytes.toString() : undefined;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') throw fileError('NOT_FOUND', { path }, error);
    throw fileError('UNREADABLE', { path, reason: describeError(error).message }, error);
  }
};
