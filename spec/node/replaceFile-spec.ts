import { execFileSync } from 'node:child_process';
import fs, {
  chmod,
  chown,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job } from '../../lib/index.js';
import { loadJob, saveJob } from '../../lib/node/index.js';
import { flowOf } from '../support/flows.js';
import { ours, rejection } from '../support/thrown.js';

let folder = '';
let job: Job;

const at = (name: string): string => join(folder, name);
const modeOf = async (name: string): Promise<string> => ((await stat(at(name))).mode & 0o7777).toString(8);
const isSaved = async (name: string): Promise<boolean> => (await loadJob(at(name))).jobId === job.id;
const failure = async (name: string): Promise<[string, unknown]> => {
  const { code, details } = ours(await rejection(saveJob(at(name), job)));
  return [code, details['path']];
};

/** An old file, with a mode that no umask has a say in. */
const old = async (name: string, mode = 0o644): Promise<void> => {
  await writeFile(at(name), 'old');
  await chmod(at(name), mode);
};

/** Saves the job with another umask of the process. */
const saveUnder = async (umask: number): Promise<void> => {
  const before = process.umask(umask);
  try {
    await saveJob(at('job.json'), job);
  } finally {
    process.umask(before);
  }
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'routilux-'));
  job = flowOf({ s: { slots: { trigger: () => undefined } } }, [], { flowId: 'filed' }).start('s', { text: 'new' });
});

afterEach(async () => {
  jest.restoreAllMocks();
  await job.done;
  await rm(folder, { recursive: true, force: true });
});

describe('saveJob, over what is there (G64)', () => {
  it.each(['600', '640', '644', '660', '666', '755', '4755', '2640', '1600', '400', '444'])(
    'should keep mode %s',
    async (mode) => {
      await old('job.json', parseInt(mode, 8));
      await saveJob(at('job.json'), job);
      expect([await modeOf('job.json'), await isSaved('job.json')]).toEqual([mode, true]);
    },
  );

  it.each(['000', '022', '077'])('should make a new file that nobody else may read, with umask %s', async (umask) => {
    await saveUnder(parseInt(umask, 8));
    expect(await modeOf('job.json')).toBe('600');
  });

  it('should keep a mode whatever the umask', async () => {
    await old('job.json', 0o666);
    await saveUnder(0o077);
    expect(await modeOf('job.json')).toBe('666');
  });

  it('should keep owner and group, if it may', async () => {
    await old('job.json', 0o4640);
    // Only some may give a file away; for others it is their own, and stays that.
    await chown(at('job.json'), 12_345, 23_456).catch(() => undefined);
    await chmod(at('job.json'), 0o4640);
    const { uid, gid, mode } = await stat(at('job.json'));
    await saveJob(at('job.json'), job);
    expect(await stat(at('job.json'))).toMatchObject({ uid, gid, mode });
  });

  it('should follow a link, relative or not, into another folder, and over a chain', async () => {
    await mkdir(at('deep'));
    await old('deep/real.json', 0o640);
    await symlink('real.json', at('deep/near'));
    await symlink(at('deep/near'), at('far'));
    await symlink('far', at('job.json'));
    await saveJob(at('job.json'), job);
    expect([await isSaved('deep/real.json'), await modeOf('deep/real.json')]).toEqual([true, '640']);
    expect([await readlink(at('job.json')), await readlink(at('deep/near'))]).toEqual(['far', 'real.json']);
    expect([(await readdir(folder)).sort(), (await readdir(at('deep'))).sort()]).toEqual([
      ['deep', 'far', 'job.json'],
      ['near', 'real.json'],
    ]);
  });

  it('should make the file that a dangling link leads to, and leave the link', async () => {
    await mkdir(at('deep'));
    await symlink('deep/new.json', at('one'));
    await symlink('one', at('job.json'));
    await saveJob(at('job.json'), job);
    expect([await readlink(at('job.json')), await readlink(at('one'))]).toEqual(['one', 'deep/new.json']);
    expect([await isSaved('deep/new.json'), await modeOf('deep/new.json')]).toEqual([true, '600']);
  });

  it('should go through links to folders as the platform does', async () => {
    await mkdir(at('far/below'), { recursive: true });
    await symlink('far/below', at('near'));
    await symlink('../beside.json', at('far/below/link'));
    await saveJob(`${folder}/near/../up.json`, job);
    await saveJob(at('near/link'), job);
    await saveJob(at('near/in.json'), job);
    expect(
      [await readdir(folder), await readdir(at('far')), await readdir(at('far/below'))].map((names) => names.sort()),
    ).toEqual([
      ['far', 'near'],
      ['below', 'beside.json', 'up.json'],
      ['in.json', 'link'],
    ]);
  });

  it('should leave the other names of a file with hard links at the old one', async () => {
    await old('job.json', 0o640);
    await link(at('job.json'), at('other.json'));
    await saveJob(at('job.json'), job);
    expect([await isSaved('job.json'), await readFile(at('other.json'), 'utf8')]).toEqual([true, 'old']);
    expect([await modeOf('job.json'), await modeOf('other.json')]).toEqual(['640', '640']);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a circle of links', () => Promise.all([symlink('b', at('job.json')), symlink('job.json', at('b'))])],
    ['a link to itself', () => symlink('job.json', at('job.json'))],
    ['a dangling link into no folder', () => symlink('gone/job.json', at('job.json'))],
    ['a folder', () => mkdir(at('job.json'))],
    ['a link to a folder', () => Promise.all([mkdir(at('deep')), symlink('deep', at('job.json'))])],
    ['a pipe', () => Promise.resolve(execFileSync('mkfifo', [at('job.json')]))],
    ['a link to a device', () => symlink('/dev/null', at('job.json'))],
  ])('should reject %s, and leave all as it is', async (_, make) => {
    await make();
    const [names, before] = [await readdir(folder), await fs.lstat(at('job.json'))];
    expect(await failure('job.json')).toEqual(['UNWRITABLE', at('job.json')]);
    const { ino, mode } = await fs.lstat(at('job.json'));
    expect([await readdir(folder), ino, mode]).toEqual([names, before.ino, before.mode]);
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });
});

describe('saveJob, names as long as they can be (G64)', () => {
  it.each([
    ['of one byte each', 'n'.repeat(255)],
    ['of two', `${'ü'.repeat(127)}n`],
    ['of four', `${'🙂'.repeat(63)}nnn`],
  ])('should take characters %s', async (_, name) => {
    expect(Buffer.byteLength(name)).toBe(255);
    await saveJob(at(name), job);
    await saveJob(at(name), job);
    expect([await readdir(folder), await isSaved(name)]).toEqual([[name], true]);
  });

  it('should reject a longer one', async () => {
    expect(await failure('n'.repeat(256))).toEqual(['UNWRITABLE', at('n'.repeat(256))]);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('saveJob, when something fails (G64)', () => {
  const refused = (): Promise<never> => Promise.reject(new Error('refused'));

  it('should leave the old file and nothing beside it, whether the disk or the rename fails', async () => {
    await old('job.json');
    jest.spyOn(fs, 'rename').mockImplementation(refused);
    expect(await failure('job.json')).toEqual(['UNWRITABLE', at('job.json')]);
    jest.restoreAllMocks();
    // As on a full disk: one block, and no signal.
    const limited = `trap '' XFSZ; ulimit -f 1; exec "$0" --import tsx "$@"`;
    await writeFile(at('new.json'), JSON.stringify({ ...job.snapshot(), reason: 'x'.repeat(5_000_000) }));
    const said = execFileSync('sh', ['-c', limited, process.execPath, join(__dirname, 'saving-child.ts'), folder, 'once']);
    expect(String(said)).toContain('EFBIG');
    expect([(await readdir(folder)).sort(), await readFile(at('job.json'), 'utf8')]).toEqual([['job.json', 'new.json'], 'old']);
  });

  it('should tell what went wrong first, if the file beside it cannot be removed either', async () => {
    jest.spyOn(fs, 'rename').mockImplementation(refused);
    jest.spyOn(fs, 'rm').mockImplementation(() => Promise.reject(new Error('no way')));
    const error = await rejection(saveJob(at('job.json'), job));
    jest.restoreAllMocks();
    expect(error).toMatchObject({ cause: { message: 'refused' } });
  });

  it('should fail before it has replaced anything, if the folder cannot be opened', async () => {
    await old('job.json');
    const open = fs.open;
    jest.spyOn(fs, 'open').mockImplementation((path, ...rest) => (path === folder ? refused() : open(path, ...rest)));
    expect(await failure('job.json')).toEqual(['UNWRITABLE', at('job.json')]);
    expect([await readdir(folder), await readFile(at('job.json'), 'utf8')]).toEqual([['job.json'], 'old']);
  });

  it('should bring the file to the disk, then the rename, then the folder', async () => {
    const [open, rename, steps] = [fs.open, fs.rename, [] as string[]];
    jest.spyOn(fs, 'open').mockImplementation(async (path, ...rest) => {
      const file = await open(path, ...rest);
      const sync = file.sync.bind(file);
      file.sync = () => {
        steps.push(path === folder ? 'folder' : 'file');
        return sync();
      };
      return file;
    });
    jest.spyOn(fs, 'rename').mockImplementation((from, to) => {
      steps.push('rename');
      return rename(from, to);
    });
    await saveJob(at('job.json'), job);
    expect(steps).toEqual(['file', 'rename', 'folder']);
  });

  it('should write where the process was at the call', async () => {
    const here = process.cwd();
    process.chdir(folder);
    const saved = saveJob('job.json', job);
    process.chdir(here);
    await saved;
    expect(await isSaved('job.json')).toBe(true);
  });
});

describe('saveJob, on Windows (G64)', () => {
  it('should leave modes, owners and the syncing of folders to the platform', async () => {
    await old('job.json', 0o644);
    await symlink('job.json', at('link'));
    const [platform, open, opened] = [process.platform, fs.open, [] as unknown[]];
    Object.defineProperty(process, 'platform', { value: 'win32' });
    jest.spyOn(fs, 'open').mockImplementation((path, ...rest) => {
      opened.push(path);
      return open(path, ...rest);
    });
    try {
      jest.resetModules();
      const { replaceFile } = await import('../../lib/node/replaceFile.js');
      await replaceFile(`${folder}/link/../link`, 'new');
    } finally {
      Object.defineProperty(process, 'platform', { value: platform });
    }
    expect([await readFile(at('job.json'), 'utf8'), await readlink(at('link'))]).toEqual(['new', 'job.json']);
    expect([opened, await modeOf('job.json')]).toEqual([[expect.stringMatching(/routilux-[-\da-f]+\.tmp$/)], '600']);
  });
});
