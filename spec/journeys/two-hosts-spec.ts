import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { count, ledgerOf, newFolder, removeFolder, runHost, startHost } from './hosts.js';

// What `host.ts` does: eight items, the one at 4 is where a host gets stuck, the one at 2 fails twice.
const ITEMS = [0, 1, 2, 3, 4, 5, 6, 7];

let folder = '';

beforeEach(async () => {
  folder = await newFolder();
});

afterEach(() => removeFolder(folder));

describe('a job that is only written down while it runs, and whose host is killed at work (S88)', () => {
  it('should be finished by another host: each item at least once, and never again what was done before', async () => {
    const host = startHost('get-stuck', folder);
    const { jobId } = await host.report;
    await host.kill();
    const killed = await ledgerOf(folder);
    const saved = killed.indexOf('saved');
    // It was at work, and stuck in it.
    expect(killed.slice(0, saved)).toContain('try 4#1');
    expect(count(killed, 'done x4 ')).toBe(0);

    const after = await runHost('finish', folder);
    expect(after).toMatchObject({ jobId, status: 'completed', pending: 0, completed: 8 });
    const ledger = await ledgerOf(folder);
    for (const item of ITEMS) expect(count(ledger, `done x${item} `)).toBeGreaterThanOrEqual(1);
    for (const line of killed.slice(0, saved).filter((each) => each.startsWith('done')))
      expect([line, count(ledger.slice(saved), line)]).toEqual([line, 0]);
    // At work were at most two tasks, and after the snapshot the host went on with the others.
    expect(count(ledger.slice(killed.length), 'try 4')).toBe(1);
    expect(after.history.filter((line) => line === 'intake:start')).toHaveLength(1);
    // An attempt that was cut off emitted nothing, since only success counts (`commit`, D13).
    expect(after.history.filter((line) => line === 'north:result')).toHaveLength(ITEMS.length);
    // The list that the slot gathers has each item once, however often its handler ran.
    expect([...new Set(ledger.filter((line) => line.startsWith('done')))].sort()).toEqual(
      ITEMS.map((n) => `done x${n} of ${n + 1}`),
    );
  });

  it('should go on from the last time that it was written down, where its host does so after each item', async () => {
    for (let round = 0; round < 3; round++) {
      await removeFolder(folder);
      folder = await newFolder();
      const host = startHost('save-each', folder);
      const { jobId } = await host.report;
      await host.kill();
      const killed = await ledgerOf(folder);
      const saved = Number(await readFile(join(folder, 'saved'), 'utf8'));
      const after = await runHost('finish', folder);
      expect(after).toMatchObject({ jobId, status: 'completed', completed: 8 });
      const ledger = await ledgerOf(folder);
      for (const item of ITEMS) expect(count(ledger, `done x${item} `)).toBeGreaterThanOrEqual(1);
      // What was noted before the last snapshot but for the one item that was at work in it is never done again.
      const done = killed.slice(0, saved).filter((line) => line.startsWith('done'));
      const again = done.filter((line) => ledger.slice(killed.length).includes(line));
      expect(again.length).toBeLessThanOrEqual(1);
      if (again.length === 1) expect(again[0]).toBe(done.at(-1));
      expect(count(ledger, 'try 2#')).toBeGreaterThanOrEqual(3);
      expect(count(ledger, 'try 2#4')).toBe(0);
    }
  });

  it('should be finished by two hosts apart where both take it up: which of them may is for its keeper to say (D23)', async () => {
    const host = startHost('get-stuck', folder);
    const { jobId } = await host.report;
    await host.kill();
    const both = await Promise.all([runHost('finish', folder), runHost('finish', folder)]);
    for (const report of both) expect(report).toMatchObject({ jobId, status: 'completed', completed: 8 });
  });
});
