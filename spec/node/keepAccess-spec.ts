import { type Access, keepAccess } from '../../lib/node/keepAccess.js';

type May = (uid: number, gid: number) => boolean;

const OWN: Access = { uid: 1, gid: 1, mode: 0o600 };

/** A new file of user 1 and group 1, on a platform that lets it be given away as told; what it is after. */
const kept = async (was: Access, may: May, isOneModeForAll = false): Promise<string> => {
  let now = OWN;
  await keepAccess(
    {
      stat: () => Promise.resolve({ ...now, mode: now.mode | 0o100000 }),
      chown: (uid, gid) => {
        if (!may(uid, gid)) return Promise.reject(new Error('EPERM'));
        now = { uid, gid, mode: now.mode & 0o1777 };
        return Promise.resolve();
      },
      chmod: (mode) => {
        if (isOneModeForAll) return Promise.reject(new Error('EPERM'));
        now = { ...now, mode };
        return Promise.resolve();
      },
    },
    { ...was, mode: was.mode | 0o100000 },
  );
  return `${String(now.uid)}:${String(now.gid)} ${now.mode.toString(8)}`;
};

const ANYTHING: May = () => true;
const NOTHING: May = () => false;
const GROUP_ONLY: May = (uid) => uid === OWN.uid;

describe('keepAccess (G64)', () => {
  it.each<[string, Access, May, string]>([
    ['what is its own already', { ...OWN, mode: 0o6755 }, NOTHING, '1:1 6755'],
    ['owner, group and mode', { uid: 2, gid: 3, mode: 0o6750 }, ANYTHING, '2:3 6750'],
    ['a group of its own', { uid: 1, gid: 3, mode: 0o2640 }, GROUP_ONLY, '1:3 2640'],
  ])('should keep %s', async (_, was, may, is) => {
    expect(await kept(was, may)).toBe(is);
  });

  it('should keep the group without the owner, and run as neither', async () => {
    expect(await kept({ uid: 2, gid: 3, mode: 0o7664 }, GROUP_ONLY)).toBe('1:3 1664');
    expect(await kept({ uid: 2, gid: 1, mode: 0o6660 }, NOTHING)).toBe('1:1 660');
  });

  it.each<[string, number, string]>([
    ['what only the old group could read', 0o640, '600'],
    ['what all could read', 0o644, '644'],
    ['what all could write', 0o666, '666'],
    ['what the old group could not read', 0o604, '600'],
    ['what each could do in part', 0o753, '711'],
    ['a file that runs as its group', 0o2755, '755'],
  ])('should open to no one, without the old group, %s', async (_, mode, is) => {
    expect(await kept({ uid: 1, gid: 3, mode }, NOTHING)).toBe(`1:1 ${is}`);
    expect(await kept({ uid: 2, gid: 3, mode }, NOTHING)).toBe(`1:1 ${is}`);
  });

  it('should set no mode that is there already, since a file system may have only one', async () => {
    expect(await kept(OWN, NOTHING, true)).toBe('1:1 600');
    await expect(kept({ ...OWN, mode: 0o644 }, NOTHING, true)).rejects.toThrow('EPERM');
  });
});
