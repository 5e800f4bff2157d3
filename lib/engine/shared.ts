import type { LogEntry } from '../job/SharedSpace.js';
import { toLogEntry } from '../job/SharedSpace.js';
import { copyDeep } from '../prelude/plainObject.js';
import type { Attempt } from './Attempt.js';
import type { Shared } from './Context.js';

/** The shared space of a job, as one of its attempts may use it: it sees what it has set itself, also before the commit. */
export const sharedOf = (attempt: Attempt): Shared => {
  const { shared } = attempt.run.data;
  const uncommitted = new Map<string, unknown>();
  // What a failed attempt has changed in place must not be seen.
  const apart = (value: unknown): unknown => (attempt.run.commits ? copyDeep(value) : value);
  const valuesFor = (key: string): ReadonlyMap<string, unknown> =>
    attempt.isBuffering && uncommitted.has(key) ? uncommitted : shared.values;
  return {
    get: <T>(key: string, fallback?: T) => (valuesFor(key).has(key) ? apart(valuesFor(key).get(key)) : fallback) as T,
    set: (key, value) => {
      attempt.checkAlive('shared.set');
      attempt.checkSerialisable(value, () => `The shared value '${key}'`);
      const kept = apart(value);
      if (attempt.isBuffering) uncommitted.set(key, kept);
      attempt.effect(() => {
        shared.values.set(key, kept);
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
