import { FlowError, type Handler, JobError, RoutiluxError, TimeoutError } from '../../lib/index.js';
import { describeMismatch } from '../../lib/flow/Codec.js';
import { jobError } from '../../lib/job/JobError.js';
import { flowOf } from '../support/flows.js';
import { ours, thrown } from '../support/thrown.js';
import { turn } from '../support/virtualTime.js';

const mismatch = (path: string, value: unknown): string =>
  jobError('PAYLOAD_MISMATCH', { routineId: 'r', slot: 'i', mismatches: [{ path, expected: 'a string', value }] }).message;

describe('JobError', () => {
  it('should be an error of this library with code, details and cause (GOALS, STYLE)', () => {
    const cause = new Error('broken');
    const error = jobError('TASK_FAILED', { jobId: 'j', routineId: 'r', slot: 'i', attempts: 1, reason: 'broken' }, cause);
    expect(error).toBeInstanceOf(JobError);
    expect(error).toBeInstanceOf(RoutiluxError);
    expect(error).not.toBeInstanceOf(FlowError);
    expect(error).toMatchObject({ name: 'JobError', code: 'TASK_FAILED', retriable: true, cause });
    expect(error.details).toMatchObject({ jobId: 'j', routineId: 'r', slot: 'i' });
    expect(error.message).toBe("Routine 'r' failed in slot 'i': broken");
  });

  it('should keep a cause that is undefined apart from no cause', () => {
    const details = { jobId: 'j', routineId: 'r', slot: 'i', attempts: 3, reason: 'undefined' };
    expect('cause' in jobError('TASK_FAILED', details, undefined)).toBe(true);
    expect('cause' in jobError('TASK_FAILED', details)).toBe(false);
    expect(jobError('TASK_FAILED', details).message).toContain('after 3 attempts');
  });

  it('should be a TimeoutError at a timeout, which names the limit (S34)', () => {
    const error = jobError('TIMEOUT', { jobId: 'j', timeoutMs: 100 });
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'TIMEOUT', retriable: true });
    expect(error.message).toMatch(/100 ms.*raise executionTimeoutMs/);
    expect(jobError('CANCELLED', { jobId: 'j', reason: undefined })).not.toBeInstanceOf(TimeoutError);
  });

  it.each([
    ['no need', ': no need'],
    ['', ': '],
    [undefined, ''],
  ])('should say why a job or a task was cancelled, if a reason was given: %j', (reason, end) => {
    expect(jobError('CANCELLED', { jobId: 'j', reason }).message).toBe(`Job 'j' was cancelled${end}`);
    expect(jobError('TASK_CANCELLED', { taskId: 'j:1.0', reason }).message).toBe(`Task 'j:1.0' was cancelled${end}`);
  });

  const circular: Record<string, unknown> = {};
  circular['self'] = circular;

  it.each<[string, unknown, string]>([
    ['a.0.b', 7, 'a.0.b is 7, expected a string'],
    ['', [1], 'the payload is [1], expected a string'],
    ['a', undefined, 'a is undefined, expected a string'],
    ['a', 10n, 'a is a bigint, expected a string'],
    ['a', circular, 'a is a object, expected a string'],
    ['a', 'x'.repeat(500), `a is "${'x'.repeat(99)}, expected a string`],
  ])('should say a mismatch as path, value and expectation: %s', (path, value, expected) => {
    expect(mismatch(path, value)).toMatch(
      new RegExp(`: ${expected.replace(/[[\].]/g, '\\$&').replace('a object', 'an? object')}$`),
    );
  });

  it('should say how much a paused job keeps, and how to keep more (issue 3)', async () => {
    let late: () => void = () => undefined;
    const trigger: Handler = (_, ctx) => {
      late = () => {
        ctx.emit('o', { n: 1 });
      };
      void ctx.pause();
    };
    const flow = flowOf({ s: { slots: { trigger } }, t: { slots: { i: undefined } } }, ['s.o -> t.i'], { pausedLimit: 2 });
    const job = flow.start('s', {}, { jobId: 'j' });
    await turn();
    late();
    late();
    const error = thrown(late);
    expect(error).toBeInstanceOf(JobError);
    expect(error).toMatchObject({ code: 'PAUSED_FULL', retriable: false, details: { jobId: 'j', call: 'emit', limit: 2 } });
    expect(ours(error).message).toMatch(/^emit .*'j'.*at most 2 .*resume it, or raise pausedLimit/);
    expect(job.state.pendingTasks).toHaveLength(2);
    await job.cancel();
  });

  it('should say a mismatch in the words that JSON which is refused is told in, too', () => {
    expect(describeMismatch('it', { path: '', expected: 'a number', value: 'x' })).toBe('it is "x", expected a number');
    expect(mismatch('a.b', 'x')).toContain(describeMismatch('the payload', { path: 'a.b', expected: 'a string', value: 'x' }));
  });

  it('should hold what the handler threw, so that nothing is lost to the caller (G49)', async () => {
    class Declined extends Error {
      readonly card = '42';
    }
    const flow = flowOf({
      s: {
        slots: {
          trigger: () => {
            throw new Declined('no money');
          },
        },
      },
    });
    const { error } = await flow.execute('s');
    expect(error).toMatchObject({ code: 'TASK_FAILED', details: { routineId: 's', slot: 'trigger' }, cause: { card: '42' } });
    expect(error?.cause).toBeInstanceOf(Declined);
    expect(error?.message).toContain('no money');
  });
});
