import { type FileHandle, open } from 'node:fs/promises';

/** Opens a file for a piece of work, and closes it at the end of that, whatever the end. */
export const withFile = async <T>(
  path: string,
  flags: string,
  work: (file: FileHandle) => Promise<T>,
  mode?: number,
): Promise<T> => {
  const file = await open(path, flags, mode);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
};
