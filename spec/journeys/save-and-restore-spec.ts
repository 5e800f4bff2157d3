import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { count, ledgerOf, newFolder, removeFolder, runHost, startHost } from './hosts.js';

// What `host.ts` does: eight items, the one at 4 pauses the job, the one at 2 fails twice.
const ITEMS = [0, 1, 2, 3, 4, 5, 6, 7];

let folder = '';

beforeEach(async () => {
  folder = await newFolder();
});

afterEach(() => removeFolder(folder));

/** Host A pauses its job, saves it, and is killed. */
const pausedAndKilled = async (): ReturnType<typeof runHost> => {
  const host = startHost('pause-and-save', folder);
  const report = await host.report;
  await host.kill();
  return report;
};

describe('a job that is paused and saved by a host which is killed then', () => {
  it('should be finished by another host under its id, each item handled exactly once (SC072–SC076, S76–S81, S87, G79)', async () => {
    const before = await pausedAndKilled();
    expect(before).toMatchObject({ status: 'paused', pausePoints: [{ reason: 'to move', checkpoint: { item: 4 } }] });
    expect(before.pending).toBeGreaterThan(0);
    const atPause = await ledgerOf(folder);
    expect(count(atPause, 'try 4')).toBe(1);
    // The gate held: nothing after the item that paused was begun.
    expect(count(atPause, 'try 5')).toBe(0);

    const after = await runHost('finish', folder);
    expect(after).toMatchObject({ jobId: before.jobId, status: 'completed', pending: 0, completed: 8 });
    expect(after.createdAt).toBe(before.createdAt);
    const ledger = await ledgerOf(folder);
    expect(ledger.slice(0, atPause.length)).toEqual(atPause);
    for (const item of ITEMS) expect(count(ledger, `done x${item} `)).toBe(1);
  });

  it('should go on with its attempts, what its slots gathered, its mappings and its history (S84, S85, D24)', async () => {
    const before = await pausedAndKilled();
    const after = await runHost('finish', folder);
    const ledger = await ledgerOf(folder);
    // Two failures and a success on two hosts; no attempt is made twice, and none is given anew.
    expect(ledger.filter((line) => line.startsWith('try 2'))).toEqual(['try 2#1', 'try 2#2', 'try 2#3']);
    expect(count(ledger, 'try')).toBe(ITEMS.length + 2);
    // Each item was the nth that the slot has gathered, once: the list went along.
    expect(ledger.filter((line) => line.startsWith('done')).sort()).toEqual(ITEMS.map((n) => `done x${n} of ${n + 1}`));
    expect(after.history.slice(0, before.history.length)).toEqual(before.history);
    expect(after.history.filter((line) => line === 'intake:start')).toHaveLength(1);
    expect(after.history.filter((line) => line === 'north:result')).toHaveLength(ITEMS.length);
    expect([...after.outputs].sort()).toEqual(ITEMS.map((n) => `x${n}`));
    expect(after.north).toMatchObject({ status: 'completed' });
    expect(after.pausePoints).toEqual(before.pausePoints);
  });

  it('should be passed on from host to host, each of them killed', async () => {
    const { jobId } = await pausedAndKilled();
    for (let station = 1; station <= 3; station++) {
      const host = startHost('pass-on', folder);
      const report = await host.report;
      await host.kill();
      expect(report).toMatchObject({ jobId, status: 'paused' });
      expect(report.pausePoints.map(({ reason }) => reason)).toEqual(['to move', ...Array<string>(station).fill('passed on')]);
    }
    expect(await runHost('finish', folder)).toMatchObject({ jobId, status: 'completed' });
    const ledger = await ledgerOf(folder);
    for (const item of ITEMS) expect(count(ledger, `done x${item} `)).toBe(1);
    expect(count(ledger, 'try')).toBe(ITEMS.length + 2);
  });

  it('should leave two whole files, and nothing beside them', async () => {
    await pausedAndKilled();
    expect((await readdir(folder)).sort()).toEqual(['flow.json', 'job.json', 'ledger']);
    const [flow, job] = await Promise.all(['flow.json', 'job.json'].map((name) => readFile(join(folder, name), 'utf8')));
    // Structure in the one, the run in the other (G75).
    expect(flow).not.toContain('to move');
    expect(JSON.parse(job ?? '')).toMatchObject({ kind: 'routilux/job', flowId: 'moving', status: 'paused' });
  });

  it('should be refused by a host whose flow has changed, and by one that lacks a class; nothing is run (G77)', async () => {
    await pausedAndKilled();
    const saved = await readFile(join(folder, 'job.json'), 'utf8');
    const ledger = await ledgerOf(folder);
    const { pending } = await runHost('finish-changed', folder).then((report) => {
      expect(report).toMatchObject({ code: 'STRUCTURE_CHANGED', status: 'paused' });
      return report;
    });
    expect(pending).toBeGreaterThan(0);
    const unregistered = await runHost('finish-unregistered', folder);
    expect(unregistered.code).toBe('BAD_JSON');
    expect(unregistered.message).toContain('Worker');
    expect([await readFile(join(folder, 'job.json'), 'utf8'), await ledgerOf(folder)]).toEqual([saved, ledger]);
    expect((await runHost('finish', folder)).status).toBe('completed');
  });

  it('should be refused whole where its file is not: nothing of it is run', async () => {
    await pausedAndKilled();
    const path = join(folder, 'job.json');
    const text = await readFile(path, 'utf8');
    const ledger = await ledgerOf(folder);
    await writeFile(path, text.slice(0, -10));
    await expect(runHost('finish', folder)).rejects.toThrow('BAD_FILE');
    expect(await ledgerOf(folder)).toEqual(ledger);
    await writeFile(path, text);
    expect((await runHost('finish', folder)).status).toBe('completed');
  });
});
