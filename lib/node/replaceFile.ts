import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { readlink, rename, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute, resolve, sep } from 'node:path';
import { keepAccess } from './keepAccess.js';
import { withFile } from './withFile.js';

/** Windows has neither the modes nor the owners of POSIX, and syncs its folders by itself. */
const IS_WINDOWS = process.platform === 'win32';
/** A new file is for its owner only. */
const PRIVATE = 0o600;

/**
 * Puts a text in the place of a file, whole or not at all: it goes to a new file in the same folder, to the disk, and then in the
 * place of the old one. Mode and owner stay (see `keepAccess`), a new file has mode 0600. Links are followed: what they lead to is
 * replaced. Of several hard links the one at that path is replaced, the others keep the old file.
 */
export const replaceFile = async (path: string, text: string): Promise<void> => {
  const given = absolute(path);
  const was = await fileAt(given);
  const place = await endOfLinks(given);
  if (IS_WINDOWS) await put(place, text, undefined);
  // Opened before: once the file is in its place, nothing should fail any more. A rename is safe only when the folder is on the disk.
  else
    await withFile(dirname(place), 'r', async (folder) => {
      await put(place, text, was);
      await folder.sync();
    });
};

// Not normalised, since `link/..` is the folder above the one that the link leads to. On Windows it is not.
const absolute = (path: string): string => {
  if (IS_WINDOWS) return resolve(path);
  return isAbsolute(path) ? path : `${process.cwd()}${sep}${path}`;
};

/** What is at the end of a path; a circle of links is an error of the platform. */
const fileAt = async (path: string): Promise<Stats | undefined> => {
  const found = await stat(path).catch(unlessMissing);
  // A rename would put a file in the place of a device as well.
  if (found?.isFile() === false) throw new Error(found.isDirectory() ? 'it is a folder' : 'it is no regular file');
  return found;
};

const unlessMissing = (error: unknown): undefined => {
  if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
};

/** The path at the end of the links, whether anything is there or not. */
const endOfLinks = async (path: string): Promise<string> => {
  const to = await readlink(path).catch(() => undefined);
  return to === undefined ? path : endOfLinks(isAbsolute(to) ? to : `${dirname(path)}${sep}${to}`);
};

const put = async (place: string, text: string, was: Stats | undefined): Promise<void> => {
  // In the same folder, since a rename does not cross file systems; with a name of its own, since two may save at once, and not a
  // longer one than that of the file, which may be as long as names can be.
  const beside = `${dirname(place)}${sep}routilux-${randomUUID()}.tmp`;
  try {
    await writeThrough(beside, text, was);
    await rename(beside, place);
  } catch (error) {
    // What went wrong first is what is told.
    await rm(beside, { force: true }).catch(() => undefined);
    throw error;
  }
};

const writeThrough = async (path: string, text: string, was: Stats | undefined): Promise<void> =>
  withFile(
    path,
    'wx',
    async (file) => {
      await file.writeFile(text);
      if (was !== undefined) await keepAccess(file, was);
      await file.sync();
    },
    PRIVATE,
  );
