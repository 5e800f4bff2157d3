import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Data, Flow, type Job, JobState } from '../../lib/index.js';
import { clockAt, MINUTE, MORNING, registry, story } from './sample.js';
import { difference } from './values.js';
import { thrown } from '../support/thrown.js';
import type { VirtualTime } from '../support/virtualTime.js';

/*
 * What each released version has written, kept as it was. It must load for ever: a version that changes the format adds its own
 * files and a step from the one before. The files are never made anew.
 */
const FIXTURES = join(__dirname, 'fixtures');

const fixture = (name: string): string => readFileSync(join(FIXTURES, `${name}.json`), 'utf8');

const versionsOf = (kind: 'flow' | 'job'): number[] =>
  readdirSync(FIXTURES)
    .flatMap((file) => new RegExp(`^${kind}-v(\\d+)\\.json$`).exec(file)?.[1] ?? [])
    .map(Number);

const newest = { flow: new Flow().toJSON().version, job: new JobState().toJSON().version };

/** From version 2 on a job has questions: one was answered, two are open. */
const answerAll = async (job: Job, time: VirtualTime): Promise<void> => {
  expect(job.waits).toMatchObject([
    { token: 'page', slot: 'input', question: 'Which page?', data: { chapter: 3n }, schema: { type: 'string' } },
    { token: 'monday:0.0#0', event: 'row', question: new Set(['a', 'b']), timeoutEvent: 'row', until: new Date(MORNING + DAY) },
  ]);
  expect(
    thrown(() => {
      job.answer('title');
    }),
  ).toMatchObject({ code: 'ALREADY_ANSWERED' });
  job.answer('page', 'the last one');
  await time.advance(0);
  expect(job.state.outputLog.at(-1)).toMatchObject({ data: { answer: 'the last one', data: { chapter: 3n } } });
  await job.complete();
};

const DAY = 24 * 60 * MINUTE;

describe('the JSON of every version', () => {
  it.each(['flow', 'job'] as const)('should be kept here, for each version of a %s that there ever was (issue 3)', (kind) => {
    const all = Array.from({ length: newest[kind] }, (_, n) => n + 1);
    expect(versionsOf(kind).sort((a, b) => a - b)).toEqual(all);
  });

  it.each(versionsOf('flow'))('should load: the flow of version %d, as the flow that wrote it (SC092)', (version) => {
    const flow = Flow.fromJSON(fixture(`flow-v${version}`), registry);
    expect(flow.toJSON()).toEqual(story().toJSON());
    expect(flow.toJSON().version).toBe(newest.flow);
  });

  it.each(versionsOf('job'))('should load: the job of version %d, with all that it holds (SC095)', (version) => {
    const state = JobState.fromJSON(fixture(`job-v${version}`));
    expect([state.jobId, state.flowId, state.status, state.currentRoutineId]).toEqual(['monday', 'log', 'paused', 'writer']);
    expect([state.createdAt, state.updatedAt]).toEqual([new Date(MORNING), new Date(MORNING)]);
    expect(state.pendingTasks).toMatchObject([
      { taskId: 'monday:7.0', routineId: 'writer', slot: 'input', data: { n: 3, sum: 6 }, attempt: 1 },
      { taskId: 'monday:2.0', routineId: 'parser', attempt: 2, retryCount: 1, dueAt: new Date(MORNING + MINUTE) },
    ]);
    expect(state.pendingTasks.map(({ connection }) => connection?.mapping)).toEqual([{ n: 'row' }, undefined]);
    expect(difference(state.sharedData['limits'], { total: 10n ** 20n, ratio: -0, open: undefined, rest: [NaN, Infinity] })).toBe(
      undefined,
    );
    expect(Object.entries(state.routineState('reader') ?? {}).slice(0, 3)).toEqual([
      ['files', new Set(['a.log', 'b.log'])],
      ['__proto__', 'own'],
      ['$', 'mine'],
    ]);
    expect(state.pausePoints).toMatchObject([{ reason: 'lunch', checkpoint: new Map([['row', 1n]]), pendingTasks: 2 }]);
    const left = [{ routineId: 'reader', event: 'line', data: { n: 9, at: new Date(NaN) } }];
    expect(difference(state.deferredEvents, left)).toBeUndefined();
    expect(state.history()).toHaveLength(9);
  });

  it.each(versionsOf('job'))(
    'should be taken up and come to its end: the job of version %d, on the flow of its time',
    async (version) => {
      const time = clockAt(MORNING + 30_000);
      const flow = Flow.fromJSON(fixture(`flow-v${Math.min(version, newest.flow)}`), registry, { scheduler: time.scheduler });
      const job = flow.resume(JobState.fromJSON(fixture(`job-v${version}`)));
      const outputs = (): Data[] => job.state.outputLog.map(({ data }) => data).filter((data) => 'row' in data);
      const rows = (): unknown[] => outputs().map((data) => data['row']);
      await time.advance(29_999);
      expect([job.status, rows()]).toEqual(['running', [1, 3, 9]]);
      await time.advance(1);
      if (version > 1) await answerAll(job, time);
      expect([job.id, job.status, rows()]).toEqual(['monday', 'completed', [1, 3, 9, 2]]);
      expect(outputs()).toEqual([
        { row: 1, sum: 1, page: 7n },
        { row: 3, sum: 6, page: 7n },
        { row: 9, sum: 15, page: 7n },
        { row: 2, sum: 3, page: 7n },
      ]);
      expect(job.state.history().map(({ routineId, eventName }) => `${routineId}:${eventName}`)).toEqual([
        ...['reader:start', 'reader:line', 'reader:line', 'reader:line', 'parser:row', 'audit:error_continued'],
        ...['audit:error_continued', 'parser:row', 'audit:error_continued'],
        ...['reader:line', 'parser:row', 'audit:error_continued', 'parser:row', 'parser:completed'],
      ]);
      expect(job.state.metrics.routine('audit')).toMatchObject({ failed: 4 });
      expect(job.state.metrics.routine('parser')).toMatchObject({ completed: 4, retried: 1, emitted: { row: 4 } });
    },
  );

  it('should be what this version writes, key by key: who changes the format makes a new version (G74)', () => {
    const [flow, job] = [fixture(`flow-v${newest.flow}`), fixture(`job-v${newest.job}`)].map((text) =>
      JSON.stringify(JSON.parse(text)),
    );
    expect(JSON.stringify(Flow.fromJSON(flow, registry))).toBe(flow);
    expect(JSON.stringify(JobState.fromJSON(job).toJSON())).toBe(job);
  });
});
