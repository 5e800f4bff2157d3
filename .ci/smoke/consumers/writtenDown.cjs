// A job is paused, written to a file, read again and finished, with values that JSON has no word for.
const assert = require('node:assert/strict');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const sent = { at: new Date(0), big: 2n ** 70n, of: new Map([['a', new Set([-0])]]), none: undefined };

module.exports = async ({ Flow, JobState, Registry, Routine }, { loadJob, saveJob }) => {
  const seen = [];
  class Source extends Routine {
    output = this.defineEvent('output');
    trigger = this.defineSlot('trigger', (_, ctx) => {
      ctx.emit('output', sent);
      void ctx.pause({ reason: 'smoke' });
    });
  }
  class Target extends Routine {
    input = this.defineSlot('input', (data) => {
      seen.push(data);
    });
  }
  const registry = new Registry().register('Source', () => new Source()).register('Target', () => new Target());
  const flow = new Flow();
  flow.addRoutine(new Source(), 'source');
  flow.addRoutine(new Target(), 'target');
  flow.connect('source', 'output', 'target', 'input');
  const job = flow.start('source');
  await new Promise((paused) => job.status$.subscribe((status) => status === 'paused' && paused()));

  const folder = mkdtempSync(join(tmpdir(), 'routilux-written-'));
  try {
    await saveJob(join(folder, 'job.json'), job);
    const state = await loadJob(join(folder, 'job.json'));
    assert(state instanceof JobState, 'the file has a JobState of its own');
    const resumed = Flow.fromJSON(JSON.stringify(flow), registry).resume(state);
    assert.equal(await resumed.done, state);
    assert.deepEqual([resumed.id, state.status, seen], [job.id, 'completed', [sent]]);
    await assert.rejects(loadJob(join(folder, 'none.json')), { code: 'NOT_FOUND' });
  } finally {
    rmSync(folder, { recursive: true });
    await flow.shutdown({ wait: false });
  }
};
