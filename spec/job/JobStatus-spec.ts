import type { JobStatus } from '../../lib/index.js';
import { checkTransition, isFinal } from '../../lib/job/JobStatus.js';
import { ours, thrown } from '../support/thrown.js';

const STATUSES: readonly JobStatus[] = ['pending', 'running', 'paused', 'completed', 'failed', 'cancelled'];

const LEGAL: readonly string[] = [
  'pending → running',
  'pending → paused',
  'pending → cancelled',
  'running → paused',
  'running → completed',
  'running → failed',
  'running → cancelled',
  'paused → running',
  'paused → completed',
  'paused → cancelled',
];

const steps = STATUSES.flatMap((from) => STATUSES.map((to): [string, JobStatus, JobStatus] => [`${from} → ${to}`, from, to]));

describe('checkTransition', () => {
  it.each(steps.filter(([step]) => LEGAL.includes(step)))('should allow %s (G52, D12)', (_, from, to) => {
    expect(() => {
      checkTransition('j', from, to);
    }).not.toThrow();
  });

  it.each(steps.filter(([step]) => !LEGAL.includes(step)))(
    'should refuse %s, naming job and both states (G52, D12)',
    (_, from, to) => {
      const error = ours(
        thrown(() => {
          checkTransition('j1', from, to);
        }),
      );
      expect(error).toMatchObject({ name: 'JobError', code: 'ILLEGAL_TRANSITION', details: { jobId: 'j1', from, to } });
      for (const part of ["'j1'", from, to]) expect(error.message).toContain(part);
    },
  );
});

describe('isFinal', () => {
  it.each<[JobStatus, boolean]>([
    ['pending', false],
    ['running', false],
    ['paused', false],
    ['completed', true],
    ['failed', true],
    ['cancelled', true],
  ])('should say of %s: %p (G50)', (status, final) => {
    expect(isFinal(status)).toBe(final);
  });
});
