import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Context, Flow, Job } from '../../lib/index.js';
import { FileError, loadJob, saveJob } from '../../lib/node/index.js';
import { emitting, flowOf, noting } from '../support/flows.js';
import { rejection } from '../support/thrown.js';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'routilux-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const HOST = { flowId: 'filed' };

const filed = (log: unknown[] = []): Flow =>
  flowOf(
    { s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } }, t: { slots: { i: noting(log, ({ n }) => n) } } },
    ['s.o -> t.i'],
    HOST,
  );

const pausedJob = async (params: object = {}): Promise<Job> => {
  const job = filed().start('s', params);
  await job.pause({ reason: 'to file', checkpoint: new Date(5) });
  return job;
};

/** What went wrong with a file; anything but a FileError fails the spec. */
const failure = async (work: Promise<unknown>): Promise<FileError> => {
  const error = await rejection(work);
  if (error instanceof FileError) return error;
  throw new Error('not a FileError', { cause: error });
};

describe('saveJob and loadJob (G64)', () => {
  it('should give the job back, to go on with elsewhere', async () => {
    const job = await pausedJob();
    const path = join(folder, 'job.json');
    await saveJob(path, job.state);
    const state = await loadJob(path);
    expect(state.toJSON()).toEqual(job.snapshot());
    expect(state.pausePoints).toEqual(job.state.pausePoints);
    const log: unknown[] = [];
    const next = filed(log).resume(state);
    expect((await next.done).status).toBe('completed');
    expect([next.id, log]).toEqual([job.id, [1, 2]]);
  });

  it('should take a state, a job and a snapshot for the same', async () => {
    const job = await pausedJob();
    const path = join(folder, 'job.json');
    for (const each of [job, job.state, job.snapshot()]) {
      await saveJob(path, each);
      expect((await loadJob(path)).toJSON()).toEqual(job.snapshot());
    }
  });

  it('should write a job that runs as it stands at the instant of the call (S88)', async () => {
    const log: unknown[] = [];
    const path = join(folder, 'job.json');
    let saved: Promise<void> | undefined;
    const t = {
      slots: {
        i: async ({ n }: { readonly n?: unknown }, ctx: Context) => {
          if (n === 1) saved = saveJob(path, ctx.job);
          await saved;
        },
      },
    };
    const { status } = await flowOf({ s: { slots: { trigger: emitting({ n: 1 }, { n: 2 }) } }, t }, ['s.o -> t.i'], HOST).execute(
      's',
    );
    expect(status).toBe('completed');
    const state = await loadJob(path);
    expect(state.pendingTasks.map(({ data }) => data['n'])).toEqual([1, 2]);
    await filed(log).resume(state).done;
    expect(log).toEqual([1, 2]);
  });

  it('should keep a job that has ended, with its error', async () => {
    const path = join(folder, 'job.json');
    const failing = flowOf({ s: { slots: { trigger: () => Promise.reject(new RangeError('too far')) } } }, [], HOST);
    const ended = await failing.execute('s');
    await saveJob(path, ended);
    const state = await loadJob(path);
    expect(state.status).toBe('failed');
    expect(state.error).toMatchObject({ code: 'TASK_FAILED', message: ended.error?.message });
  });

  it('should put the new in the place of the old, however much longer that was, and leave nothing beside it', async () => {
    const path = join(folder, 'job.json');
    await writeFile(path, 'x'.repeat(1_000_000));
    const job = await pausedJob();
    await saveJob(path, job);
    await saveJob(path, job);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(JSON.parse(JSON.stringify(job.snapshot())));
    expect(await readdir(folder)).toEqual(['job.json']);
  });

  it('should take a path from the folder of the process, and names of any kind', async () => {
    const job = await pausedJob();
    for (const name of ['a job ü.json', '.hidden', 'no-end']) {
      const path = relative(process.cwd(), join(folder, name));
      await saveJob(path, job);
      expect((await loadJob(path)).jobId).toBe(job.id);
    }
    expect((await readdir(folder)).sort()).toEqual(['.hidden', 'a job ü.json', 'no-end']);
  });

  it('should leave one whole file where several save at once', async () => {
    const path = join(folder, 'job.json');
    const jobs = await Promise.all([1, 2, 3, 4, 5].map((n) => pausedJob({ text: 'x'.repeat(n * 100_000) })));
    for (let round = 0; round < 5; round++) {
      await Promise.all(jobs.map((job) => saveJob(path, job)));
      const { jobId } = await loadJob(path);
      expect(jobs.map(({ id }) => id)).toContain(jobId);
    }
    expect(await readdir(folder)).toEqual(['job.json']);
  });

  it('should never show half a file to whoever reads meanwhile', async () => {
    const path = join(folder, 'job.json');
    const jobs = await Promise.all([10, 1_000_000].map((length) => pausedJob({ text: 'x'.repeat(length) })));
    const [small, big] = jobs as [Job, Job];
    await saveJob(path, small);
    const written = new Set<string>();
    const writing = (async (): Promise<void> => {
      for (let round = 0; round < 20; round++) {
        await saveJob(path, round % 2 === 0 ? big : small);
        written.add(`${round}`);
      }
    })();
    const seen = new Set<string>();
    while (written.size < 20) seen.add((await loadJob(path)).jobId);
    await writing;
    expect([...seen].filter((id) => id !== small.id && id !== big.id)).toEqual([]);
    expect(seen.size).toBeGreaterThan(0);
  });
});

describe('saveJob', () => {
  const standing = async (): Promise<{ path: string; text: string }> => {
    const path = join(folder, 'job.json');
    await saveJob(path, await pausedJob());
    return { path, text: await readFile(path, 'utf8') };
  };

  it('should reject where the folder is not there, or is a file, naming the path', async () => {
    const job = await pausedJob();
    await writeFile(join(folder, 'file'), '');
    for (const path of [join(folder, 'gone', 'job.json'), join(folder, 'file', 'job.json')]) {
      const error = await failure(saveJob(path, job));
      expect([error.code, error.details['path']]).toEqual(['UNWRITABLE', path]);
      expect(error.message).toContain(path);
      expect(error.cause).toHaveProperty('code');
    }
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('should reject where a folder is in its place, and leave that as it was, with nothing beside it', async () => {
    const path = join(folder, 'taken');
    await mkdir(path);
    await writeFile(join(path, 'inside'), 'x');
    expect((await failure(saveJob(path, await pausedJob()))).code).toBe('UNWRITABLE');
    expect([await readdir(folder), await readdir(path)]).toEqual([['taken'], ['inside']]);
  });

  it('should leave the old file whole where the job cannot be written down, naming the path in it', async () => {
    const { path, text } = await standing();
    const job = await pausedJob({ deep: { work: () => undefined } });
    const error = await rejection(saveJob(path, job.state));
    expect(error).toMatchObject({ code: 'NOT_SERIALISABLE', details: { path: expect.stringMatching(/deep\.work$/) as string } });
    expect([await readFile(path, 'utf8'), await readdir(folder)]).toEqual([text, ['job.json']]);
  });

  it('should leave the old file whole where the folder takes no new files', async () => {
    const { path, text } = await standing();
    await chmod(folder, 0o500);
    try {
      // Whoever may do everything is not stopped by that; then there is nothing to see here.
      const isRefused = await writeFile(join(folder, 'probe'), '').then(
        () => false,
        () => true,
      );
      if (!isRefused) return;
      expect((await failure(saveJob(path, await pausedJob()))).code).toBe('UNWRITABLE');
      expect([await readFile(path, 'utf8'), await readdir(folder)]).toEqual([text, ['job.json']]);
    } finally {
      await chmod(folder, 0o700);
    }
  });

  it('should leave the old file whole wherever its process is killed (X)', async () => {
    const { path, text } = await standing();
    const job = await pausedJob({ text: 'x'.repeat(2_000_000) });
    await writeFile(join(folder, 'new.json'), JSON.stringify(job.snapshot()));
    const names = new Set([(JSON.parse(text) as { jobId: string }).jobId, job.id]);
    for (let round = 0; round < 5; round++) {
      const child = spawn(process.execPath, ['--import', 'tsx', join(__dirname, 'saving-child.ts'), folder]);
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, round * 3));
      child.kill('SIGKILL');
      await once(child, 'close');
      // The old one or the new one, and whole.
      expect(names).toContain((await loadJob(path)).jobId);
    }
  });
});

describe('loadJob', () => {
  it('should reject where there is no file, naming the path', async () => {
    const path = join(folder, 'gone.json');
    const error = await failure(loadJob(path));
    expect([error.code, error.details, error.name]).toEqual(['NOT_FOUND', { path }, 'FileError']);
    expect(error.message).toContain(path);
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
    await symlink(path, join(folder, 'dangling'));
    expect((await failure(loadJob(join(folder, 'dangling')))).code).toBe('NOT_FOUND');
  });

  it('should reject a folder, and a path through a file', async () => {
    await writeFile(join(folder, 'file'), '');
    for (const path of [folder, join(folder, 'file', 'job.json')]) {
      const error = await failure(loadJob(path));
      expect([error.code, error.details['path']]).toEqual(['UNREADABLE', path]);
    }
  });

  const whole = async (): Promise<string> => JSON.stringify((await pausedJob()).snapshot());

  it.each<[string, (text: string) => string]>([
    ['empty', () => ''],
    ['no JSON', () => 'job: 1'],
    ['cut in the middle', (text) => text.slice(0, text.length / 2)],
    ['cut by one character', (text) => text.slice(0, -1)],
    ['followed by something', (text) => `${text}{}`],
    ['twice the same', (text) => text + text],
    ['the JSON of a flow', () => JSON.stringify(filed().toJSON())],
    ['a list', (text) => `[${text}]`],
    ['null', () => 'null'],
    ['a text of text', (text) => JSON.stringify(text)],
    ['of a newer version', (text) => JSON.stringify({ ...(JSON.parse(text) as object), version: 1_000 })],
    ['of no version', (text) => JSON.stringify({ ...(JSON.parse(text) as object), version: undefined })],
    ['of another kind', (text) => JSON.stringify({ ...(JSON.parse(text) as object), kind: 'job' })],
    ['without its id', (text) => JSON.stringify({ ...(JSON.parse(text) as object), jobId: undefined })],
  ])('should reject a file that is %s, and leave it as it is', async (_, change) => {
    const path = join(folder, 'job.json');
    const content = change(await whole());
    await writeFile(path, content);
    const error = await failure(loadJob(path));
    expect([error.code, error.details['path']]).toEqual(['BAD_FILE', path]);
    expect(error.message).toContain(path);
    expect(error.cause).toMatchObject({ code: expect.stringMatching(/^(BAD_JSON|UNKNOWN_VERSION)$/) as string });
    expect(await readFile(path, 'utf8')).toBe(content);
  });

  it('should reject a file that is cut anywhere', async () => {
    const text = await whole();
    const path = join(folder, 'job.json');
    for (let length = 0; length < text.length; length += 37) {
      await writeFile(path, text.slice(0, length));
      expect((await failure(loadJob(path))).code).toBe('BAD_FILE');
    }
  });

  it('should read no longer strings than it is allowed to', async () => {
    const path = join(folder, 'job.json');
    await saveJob(path, await pausedJob({ text: 'x'.repeat(10_000) }));
    expect((await failure(loadJob(path, { maxString: 9_999 }))).code).toBe('BAD_FILE');
    expect((await loadJob(path, { maxString: 10_000 })).status).toBe('paused');
  });

  it('should not take what a killed save has left beside it for a job', async () => {
    const path = join(folder, 'job.json');
    await writeFile(`${path}.0.tmp`, await whole());
    expect((await failure(loadJob(path))).code).toBe('NOT_FOUND');
  });
});
