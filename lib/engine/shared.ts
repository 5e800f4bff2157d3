import type { Attempt } from './Attempt.js';
import type { Shared } from './Context.js';

/** The shared space of a job, as one of its handlers may use it. */
export const sharedOf = (attempt: Attempt): Shared => {
  const { data } = attempt.run;
  return {
    get: <T>(key: string, fallback?: T) => (data.shared.values.has(key) ? data.shared.values.get(key) : fallback) as T,
    set: (key, value) => {
      attempt.checkAlive('shared.set');
      data.shared.values.set(key, value);
    },
    log: (entry) => {
      attempt.checkAlive('shared.log');
      data.shared.log(entry, attempt.run.pump.now());
    },
  };
};
