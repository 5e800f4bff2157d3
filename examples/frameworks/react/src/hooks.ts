// All the glue there is between routilux and React: two hooks.
import type { Job } from 'routilux';
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { Observable } from 'rxjs';

/**
 * What a stream said last. Pass the same `view$` each time, from `useMemo` or from outside the component: `job.progress$`
 * is a new observable whenever it is asked for. The last value is kept, since React asks for it again and again and takes
 * another object for a change.
 */
export const useObservable = <T>(view$: Observable<T>, initial: T): T => {
  const [subscribe, getSnapshot] = useMemo(() => {
    let last = initial;
    const subscribe = (changed: () => void) => {
      const subscription = view$.subscribe((value) => {
        last = value;
        changed();
      });
      return () => subscription.unsubscribe();
    };
    return [subscribe, () => last];
  }, [view$]);
  return useSyncExternalStore(subscribe, getSnapshot, getSnapshot);
};

/**
 * A job that this component owns: it ends with the component, and a new one takes the place of the one before. A job starts
 * in an event, never while rendering, so StrictMode cannot start it twice; and aborting a signal is no mistake where the job
 * has ended, while `job.cancel()` would be rejected.
 */
export const useJob = (begin: (signal: AbortSignal) => Job) => {
  const [job, setJob] = useState<Job>();
  const owner = useRef<AbortController>(undefined);
  const cancel = (reason: string) => owner.current?.abort(reason);
  const start = () => {
    cancel('started again');
    owner.current = new AbortController();
    setJob(begin(owner.current.signal));
  };
  useEffect(() => () => cancel('unmounted'), []);
  return { job, start, cancel };
};
