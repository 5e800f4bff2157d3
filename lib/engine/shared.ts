import type { LogEntry } from '../job/SharedSpace.js';
import { toLogEntry } from '../job/SharedSpace.js';
import type { Attempt } from './Attempt.js';
import type { Shared } from './Context.js';

/** The shared space of a job, as one of its attempts may use it: it sees what it has set itself, also before the commit. */
export const sharedOf = (attempt: Attempt): Shared => {
  const { shared } = attempt.run.data;
  const uncommitted = new Map<string, unknown>();
  const valuesFor = (key: string): ReadonlyMap<string, unknown> =>
    attempt.isBuffering && uncommitted.has(key) ? uncommitted : shared.values;
  return {
    get: <T>(key: string, fallback?: T) => (valuesFor(key).has(key) ? valuesFor(key).get(key) : fallback) as T,
    set: (key, value) => {
      attempt.checkAlive('shared.set');
      attempt.checkSerialisable(value, () => `The shared value '${key}'`);
      if (attempt.isBuffering) uncommitted.set(key, value);
      attempt.effect(() => {
        shared.values.set(key, value);
        uncommitted.delete(key);
      });
    },
    log: (entry) => {
      attempt.checkAlive('shared.log');
      const kept: LogEntry = toLogEntry(entry, attempt.run.pump.now());
      attempt.checkSerialisable(kept, () => `The shared log entry of routine '${attempt.routineId}'`);
      attempt.effect(() => {
        shared.entries.push(kept);
      });
    },
  };
};
