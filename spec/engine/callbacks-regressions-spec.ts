import { NEVER, Observable } from 'rxjs';
import { feed } from '../../lib/rx/index.js';
import { emitting, flowOf, progressOf } from '../support/flows.js';
import { turn } from '../support/virtualTime.js';

const noop = (): void => undefined;

// Each was found by `simulation/callbacks-spec.ts`.
describe('found by calling back from user code (D31)', () => {
  it("should ask a getter of a payload once with isolation 'freeze', before the emission is applied", async () => {
    let reads = 0;
    const payload = {
      get v() {
        if (++reads > 1) void job.cancel();
        return 1;
      },
    };
    const sketches = { s: { slots: { trigger: emitting(payload) } }, t: { slots: { i: noop } } };
    const job = flowOf(sketches, ['s.o -> t.i'], { isolation: 'freeze' }).start('s');
    job.record$.subscribe();
    expect((await job.done).status).toBe('completed');
    expect(reads).toBe(1);
  });

  it('should show nothing active to the teardown of a task while a feed of the ended job is still to be stopped', async () => {
    let seen = '';
    const job = flowOf({
      s: {
        slots: {
          trigger: () =>
            new Observable(() => () => {
              seen = progressOf(job);
            }),
          i: noop,
        },
      },
    }).start('s');
    feed(job, 's.i', NEVER);
    await turn();
    await job.cancel();
    expect(seen).toBe('0/0');
  });
});
