/** Whose a file is, and who may do what with it. */
export interface Access {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** What it takes of a file that is open. */
interface OpenFile {
  stat(): Promise<Access>;
  chown(uid: number, gid: number): Promise<void>;
  chmod(mode: number): Promise<void>;
}

/** All that `chmod` sets. */
const BITS = 0o7777;
/** Runs as the owner, runs as the group. */
const SET_IDS = 0o6000;

/**
 * Gives a new file the owner, the group and the mode of the one whose place it takes. An owner or group that this process may
 * not give stays its own, and then nobody gains by that: the file runs as nobody else, and a group that is not the old one may do
 * what both the old one and all others could.
 */
export const keepAccess = async (file: OpenFile, was: Access): Promise<void> => {
  const own = await file.stat();
  const isOwned = await handOver(file, own, was);
  const isGrouped = isOwned || (await handOver(file, own, { uid: own.uid, gid: was.gid }));
  const mode = modeFor(was.mode & BITS, isOwned, isGrouped);
  // Some file systems have one mode for all, and refuse to be told another.
  if (((await file.stat()).mode & BITS) !== mode) await file.chmod(mode);
};

type Owner = Pick<Access, 'uid' | 'gid'>;

const handOver = async (file: OpenFile, own: Owner, { uid, gid }: Owner): Promise<boolean> => {
  if (own.uid === uid && own.gid === gid) return true;
  return file.chown(uid, gid).then(
    () => true,
    () => false,
  );
};

const modeFor = (mode: number, isOwned: boolean, isGrouped: boolean): number => {
  if (isOwned) return mode;
  const harmless = mode & ~SET_IDS;
  return isGrouped ? harmless : (harmless & ~0o077) | both(harmless);
};

/** What the group and all others may, for each of the two. */
const both = (mode: number): number => {
  const shared = (mode >> 3) & mode & 0o7;
  return (shared << 3) | shared;
};
