import { type LogEntry, toLogEntry } from '../job/SharedSpace.js';
import { checkOption } from '../flow/checkOption.js';
import { copyDeep } from '../prelude/plainObject.js';
import type { Shared } from '../flow/TaskContext.js';
import type { Ledger } from '../job/Ledger.js';
import { sharedLogged, sharedSet } from '../job/noteJob.js';
import type { Effects } from './Effects.js';

/** An attempt as it shares something. */
interface Sharing {
  readonly run: { readonly parts: { readonly ledger: Ledger; readonly plan: { readonly commits: boolean } } };
  readonly routineId: string;
  readonly isBuffering: boolean;
  readonly rare: { readonly effects?: Pick<Effects, 'shared'> };
  readonly effects: Effects;
  checkAlive(call: string): void;
  checkSerialisable(value: unknown, where: () => string): void;
}

/** The shared space of a job, as one of its attempts may use it: it sees what it has set itself, also before the commit. */
export const sharedOf = (attempt: Sharing): Shared => {
  const { ledger, plan } = attempt.run.parts;
  const { shared } = ledger.data;
  // A failed attempt must not leave behind what it has changed in place.
  const apart = (value: unknown): unknown => (plan.commits ? copyDeep(value) : value);
  const valuesFor = (key: string): ReadonlyMap<string, unknown> => {
    const own = attempt.isBuffering ? attempt.rare.effects?.shared : undefined;
    return own?.has(key) === true ? own : shared.values;
  };
  return {
    get: <T>(key: string, fallback?: T) => (valuesFor(key).has(key) ? apart(valuesFor(key).get(key)) : fallback) as T,
    set: (key, value) => {
      attempt.checkAlive('shared.set');
      checkOption('key', key, typeof key === 'string', 'a string');
      attempt.checkSerialisable(value, () => `The shared value '${key}'`);
      const kept = apart(value);
      attempt.checkAlive('shared.set');
      if (attempt.isBuffering) {
        attempt.effects.shared.set(key, kept);
        attempt.effects.add({ type: 'sharedSet', key, value: kept });
      } else sharedSet(ledger, key, kept);
    },
    log: (entry) => {
      attempt.checkAlive('shared.log');
      const kept: LogEntry = toLogEntry(entry, ledger.now);
      attempt.checkSerialisable(kept, () => `The shared log entry of routine '${attempt.routineId}'`);
      attempt.checkAlive('shared.log');
      if (attempt.isBuffering) attempt.effects.add({ type: 'sharedLogged', entry: kept });
      else sharedLogged(ledger, kept);
    },
  };
};
