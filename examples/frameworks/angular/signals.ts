// What a job is as signals, in Node, without a page: an injector is all that Angular needs.
import '@angular/compiler';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createEnvironmentInjector, type EnvironmentInjector, Injector, runInInjectionContext } from '@angular/core';
import { Flow, type Job, Routine } from 'routilux';
import { ownJob, watchJob } from './src/jobSignals.js';

/** A flow of one routine, which says two things and waits between them until the test lets it go on. */
const makeFlow = (): { flow: Flow; goOn: () => void } => {
  let goOn = (): void => undefined;
  const wait = new Promise<void>((resolve) => (goOn = resolve));
  const [routine, flow] = [new Routine(), new Flow()];
  routine.defineSlot('trigger', async (_, ctx) => {
    ctx.output('said', { text: 'first' });
    await wait;
    ctx.output('said', { text: 'second' });
  });
  flow.addRoutine(routine, 'speaker');
  return { flow, goOn };
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a job as signals', () => {
  let flow: Flow;
  let goOn: () => void;
  let injector: EnvironmentInjector & { destroy(): void };

  beforeEach(() => {
    ({ flow, goOn } = makeFlow());
    injector = createEnvironmentInjector([], Injector.NULL as EnvironmentInjector);
  });

  afterEach(() => flow.shutdown({ wait: false }));

  const watch = (job: Job) => runInInjectionContext(injector, () => watchJob(job));
  const texts = ({ outputs }: ReturnType<typeof watchJob>) => outputs().map(({ data }) => data['text']);

  it('should have a value from the first moment on, and follow the job to its end', async () => {
    const job = flow.start('speaker');
    const view = watch(job);
    assert.deepEqual([view.status(), view.progress().queued, texts(view)], ['pending', 1, []]);
    await turn();
    assert.deepEqual([view.status(), view.progress().active, texts(view)], ['running', 1, ['first']]);
    goOn();
    await job.done;
    assert.deepEqual([view.status(), view.progress().active, texts(view)], ['completed', 0, ['first', 'second']]);
  });

  it('should have the same value when it is read again, so that nothing is computed in vain', async () => {
    const view = watch(flow.start('speaker'));
    await turn();
    assert.equal(view.progress(), view.progress());
    assert.equal(view.outputs(), view.outputs());
  });

  it('should show a late watcher everything, also of a job that has ended', async () => {
    const job = flow.start('speaker');
    await turn();
    assert.deepEqual(texts(watch(job)), ['first']);
    goOn();
    await job.done;
    const view = watch(job);
    assert.deepEqual([view.status(), texts(view)], ['completed', ['first', 'second']]);
  });

  it('should stand still when its injector is destroyed, while the job goes on', async () => {
    const job = flow.start('speaker');
    const view = watch(job);
    await turn();
    injector.destroy();
    goOn();
    const { status } = await job.done;
    assert.deepEqual([status, view.status(), view.progress().active, texts(view)], ['completed', 'running', 1, ['first']]);
  });

  it('should end with the injector of its owner', async () => {
    const { job } = runInInjectionContext(injector, () => ownJob((signal) => flow.start('speaker', {}, { signal })));
    await turn();
    injector.destroy();
    assert.deepEqual([job.status, job.state.reason, flow.jobs], ['cancelled', 'destroyed', []]);
  });

  it('should leave a job alone that ended before its owner', async () => {
    goOn();
    const { job } = runInInjectionContext(injector, () => ownJob((signal) => flow.start('speaker', {}, { signal })));
    await job.done;
    injector.destroy();
    assert.equal(job.status, 'completed');
  });
});
