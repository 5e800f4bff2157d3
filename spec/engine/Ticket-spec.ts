import { AsyncLocalStorage } from 'node:async_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Wanted } from '../../lib/flow/ExecuteOptions.js';
import type { Run } from '../../lib/engine/JobParts.js';
import { Ticket } from '../../lib/engine/Ticket.js';
import type { Plan, Slot } from '../../lib/plan/Plan.js';

/** Made here: a promise keeps the stores of its place. */
const DONE = Promise.resolve({});

/** A ticket, and the job that is made of it. */
const ticketFor = ({ carries = true } = {}) => {
  const run = { hasPlace: true, status: 'running', scope: undefined, parts: {}, done: DONE } as unknown as Run;
  const made: Ticket[] = [];
  const redeem = (ticket: Ticket): Run => {
    made.push(ticket);
    return run;
  };
  const ticket = new Ticket({ redeem }, 'a', { carries } as Plan, {} as Slot, {}, {} as Wanted, 7);
  return { ticket, run, made };
};

describe('Ticket (D35)', () => {
  it('should make nothing for what everybody knows of a job that waits', () => {
    const { ticket, made } = ticketFor();
    expect([ticket.jobId, ticket.status, ticket.hasPlace, ticket.createdAt]).toEqual(['a', 'pending', false, 7]);
    expect([ticket.done === ticket.done, ticket.held === ticket, made]).toEqual([true, true, []]);
  });

  it('should make the job once, and be that job from then on', () => {
    const { ticket, run, made } = ticketFor();
    expect([ticket.parts === run.parts, ticket.run === run, made]).toEqual([true, true, [ticket]]);
    expect([ticket.status, ticket.hasPlace, ticket.done === run.done]).toEqual(['running', true, true]);
  });

  const storage = new AsyncLocalStorage<object>();

  it('should give the job the async context of its start, if its flow carries one', () => {
    const store = {};
    const seen: unknown[] = [];
    for (const carries of [true, false]) {
      const { ticket } = storage.run(store, () => ticketFor({ carries }));
      ticket.run.scope?.runInAsyncScope(() => seen.push(storage.getStore()), undefined);
    }
    expect(seen).toEqual([store]);
  });

  it('should keep that in memory no longer than the job does: users hold tickets', async () => {
    const store = new WeakRef({});
    const { ticket, run } = storage.run(store.deref() as object, () => ticketFor());
    expect(ticket.run).toBe(run);
    run.scope = undefined;
    await new Promise((resolve) => void setTimeout(resolve, 5));
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    expect([ticket.status, store.deref()]).toEqual(['running', undefined]);
  });
});
