import { NEVER } from 'rxjs';
import type { Flow } from '../../lib/index.js';
import { Steps } from '../../lib/engine/Steps.js';
import { emitting, flowOf } from '../support/flows.js';
import { thrown } from '../support/thrown.js';
import { until } from '../support/turns.js';

/** Steps, and words for what happens. */
const bench = () => {
  const steps = new Steps();
  const told: string[] = [];
  return {
    steps,
    told,
    say: (word: string) => () => void told.push(word),
    step: (work: () => void) => {
      steps.apply(work, undefined, undefined);
    },
    view: (word: string) => ({ deliver: () => void told.push(word) }),
  };
};

describe('Steps (D31)', () => {
  it('should tell nothing of its own accord (never)', () => {
    const { steps, told } = bench();
    steps.catchUp();
    expect(told).toEqual([]);
  });

  it('should apply a step that has nothing to tell (empty)', () => {
    const { steps } = bench();
    const work = jest.fn();
    steps.apply(work, 1, 'two');
    expect(work.mock.calls).toEqual([[1, 'two']]);
  });

  it('should run user code at once if no step is at hand (one)', () => {
    const { steps, told, say } = bench();
    steps.after(say('after'));
    expect(told).toEqual(['after']);
  });

  it('should run user code after the step at hand, in the order in which it was asked for (many)', () => {
    const { steps, told, say, step } = bench();
    step(() => {
      for (const word of ['a', 'b', 'c']) steps.after(say(word));
      told.push('step');
    });
    expect(told).toEqual(['step', 'a', 'b', 'c']);
  });

  it('should take a step within a step for a part of it (many)', () => {
    const { steps, told, say, step } = bench();
    step(() => {
      step(() => {
        steps.after(say('a'));
        told.push('inner');
      });
      steps.after(say('b'));
      told.push('outer');
    });
    expect(told).toEqual(['inner', 'outer', 'a', 'b']);
  });

  it('should take what comes between `begin` and `end` for one step (many)', () => {
    const { steps, told, say, step } = bench();
    steps.begin();
    steps.after(say('a'));
    step(() => {
      steps.after(say('b'));
    });
    told.push('step');
    steps.end();
    expect(told).toEqual(['step', 'a', 'b']);
  });

  it('should not grow the stack with each listener of very many that comes back with a step (endless)', () => {
    const { step, steps } = bench();
    let ran = 0;
    step(() => {
      for (let n = 0; n < 100_000; n++)
        steps.after(() => {
          step(() => {
            steps.after(() => ran++);
          });
        });
    });
    expect(ran).toBe(100_000);
  });

  it('should cancel a job of which a thousand handlers wait for a job of their own, and those with it (endless)', async () => {
    const flow: Flow = flowOf(
      {
        s: { slots: { trigger: emitting(...Array.from({ length: 1_000 }, (_, n) => ({ n }))) } },
        t: { slots: { i: (_, ctx) => flow.start('inner', {}, { signal: ctx.signal }).done } },
        inner: { slots: { trigger: () => NEVER } },
      },
      ['s.o -> t.i'],
      { maxWorkers: 2_000 },
    );
    const job = flow.start('s');
    expect(await until(() => flow.jobs.length === 1_001)).toBe(true);
    await job.cancel();
    expect([job.status, flow.jobs]).toEqual(['cancelled', []]);
  });

  it('should run what user code asks for before its call returns, and the rest after it (a callback that answers at once)', () => {
    const { steps, told, say, step } = bench();
    step(() => {
      steps.after(() => {
        told.push('a begins');
        step(() => {
          steps.after(say('after a'));
          told.push('step of a');
        });
        told.push('a ends');
      });
      steps.after(say('b'));
    });
    expect(told).toEqual(['a begins', 'step of a', 'after a', 'a ends', 'b']);
  });

  it('should let an error of a step go up, and tell with the next step what it had to tell (a callback that throws)', () => {
    const { steps, told, say, step } = bench();
    const error = new Error('no');
    const fail = (): never => {
      steps.after(say('told'));
      throw error;
    };
    expect(thrown(() => step(fail))).toBe(error);
    step(say('next step'));
    expect(told).toEqual(['next step', 'told']);
  });

  it('should let an error of user code go up, and run the rest the next time (a callback that throws)', () => {
    const { steps, told, say, step } = bench();
    const error = new Error('no');
    const work = (): void => {
      steps.after(() => {
        throw error;
      });
      steps.after(say('the rest'));
    };
    expect(thrown(() => step(work))).toBe(error);
    expect(told).toEqual([]);
    steps.after(say('next'));
    expect(told).toEqual(['the rest', 'next']);
  });

  // ── watchers ──────────────────────────────────────────────────────────────────────────────────────────────────────

  it('should tell watchers at once if no handler is on the stack and no step at hand', () => {
    const { steps, told, view } = bench();
    steps.deliver(view('views'));
    expect(told).toEqual(['views']);
    steps.catchUp();
    expect(told).toEqual(['views']);
  });

  it('should tell watchers when the handler has left, each in turn', () => {
    const { steps, told, view } = bench();
    steps.isHeld = true;
    for (const word of ['a', 'b']) steps.deliver(view(word));
    expect(told).toEqual([]);
    steps.catchUp();
    steps.isHeld = false;
    steps.catchUp();
    expect(told).toEqual(['a', 'b']);
  });

  it('should tell watchers nothing in the middle of a step', () => {
    const { steps, told, view, step } = bench();
    step(() => {
      steps.deliver(view('views'));
      steps.catchUp();
      told.push('step');
    });
    steps.catchUp();
    expect(told).toEqual(['step', 'views']);
  });

  it('should tell also what watchers cause while they are told (a callback that answers at once)', () => {
    const { steps, told, view } = bench();
    const cause = {
      deliver: () => {
        told.push('a');
        if (told.length === 1) steps.deliver(view('b'));
      },
    };
    steps.isHeld = true;
    for (const views of [cause, view('c')]) steps.deliver(views);
    steps.catchUp();
    expect(told).toEqual(['a', 'c', 'b']);
  });

  it('should not lose the views behind one that throws (a callback that throws)', () => {
    const { steps, told, view } = bench();
    let isBroken = true;
    const broken = {
      deliver: () => {
        if (isBroken) throw new Error('no');
      },
    };
    steps.isHeld = true;
    for (const views of [broken, view('behind')]) steps.deliver(views);
    expect(() => {
      steps.catchUp();
    }).toThrow('no');
    isBroken = false;
    steps.catchUp();
    expect(told).toEqual(['behind']);
  });
});
