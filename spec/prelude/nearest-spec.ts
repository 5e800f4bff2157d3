import { nearest } from '../../lib/prelude/nearest.js';

describe('nearest', () => {
  it.each<[string, readonly string[], string | undefined]>([
    ['maxWorker', ['maxWorkers', 'maxJobs'], 'maxWorkers'],
    ['MAXJOBS', ['maxWorkers', 'maxJobs'], 'maxJobs'],
    ['timeout', ['timeoutMs', 'output'], 'timeoutMs'],
    ['merg', ['merge', 'emits'], 'merge'],
    ['emtis', ['merge', 'emits'], 'emits'],
    ['colour', ['flowId', 'history'], undefined],
    ['', ['flowId'], undefined],
    ['x', [], undefined],
    ['x'.repeat(65), ['x'.repeat(65)], undefined],
  ])('should find for %p among %p: %p', (name, known, meant) => {
    expect(nearest(name, known)).toBe(meant);
  });
});
