// A job in React. `Reader` owns one: a click starts it, a button or unmounting cancels it. `JobView` only watches it: hide it
// and the job goes on, show it again and nothing is missing, since the job keeps its outputs.
import type { Flow, Job } from 'routilux';
import { useMemo, useState } from 'react';
import { combineLatest, map, startWith } from 'rxjs';
import { useJob, useObservable } from './hooks.js';

const URLS = ['/pages/1.txt', '/pages/2.txt', '/pages/3.txt', '/pages/4.txt', '/pages/5.txt'];

/** All that is shown of a job. The outputs come from its state, which has those from before the subscription as well. */
const viewOf = (job: Job) =>
  combineLatest([job.progress$, job.output$.pipe(startWith(undefined))]).pipe(
    map(([progress]) => ({ ...progress, outputs: job.state.outputLog, error: job.state.error?.message })),
  );

const JobView = ({ job }: { readonly job: Job }) => {
  const view$ = useMemo(() => viewOf(job), [job]);
  const { status, queued, active, outputs, error } = useObservable(view$, NOTHING_YET);
  return (
    <section>
      <p id="status">
        {status}: {queued} queued, {active} active
      </p>
      {error !== undefined && <p id="error">{error}</p>}
      <ul>
        {outputs.map(({ data: { url, count } }) => (
          <li key={String(url)}>
            {String(url)} has {String(count)} words
          </li>
        ))}
      </ul>
    </section>
  );
};

const NOTHING_YET = { status: 'pending', queued: 0, active: 0, done: 0, pausing: false, outputs: [], error: undefined } as const;

const Reader = ({ flow }: { readonly flow: Flow }) => {
  const { job, start, cancel } = useJob((signal) => flow.start('pages', { urls: URLS }, { signal }));
  const [shown, setShown] = useState(true);
  return (
    <>
      <button onClick={start}>Start</button>
      <button onClick={() => cancel('by hand')}>Cancel</button>
      <button onClick={() => setShown(!shown)}>{shown ? 'Hide' : 'Show'}</button>
      {job !== undefined && shown && <JobView job={job} />}
    </>
  );
};

export const App = ({ flow }: { readonly flow: Flow }) => {
  const [open, setOpen] = useState(true);
  return (
    <main>
      <button onClick={() => setOpen(!open)}>{open ? 'Close' : 'Open'}</button>
      {open && <Reader flow={flow} />}
    </main>
  );
};
