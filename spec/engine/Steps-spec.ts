import { Steps } from '../../lib/engine/Steps.js';

/** Steps, and what they and their user code write down. */
const steps = (): { steps: Steps; log: string[]; say: (word: string) => () => void; step: (work: () => void) => void } => {
  const made = new Steps();
  const log: string[] = [];
  const run = (work: () => void): void => {
    work();
  };
  return {
    steps: made,
    log,
    say: (word) => () => void log.push(word),
    step: (work) => {
      made.apply(run, work, undefined);
    },
  };
};

describe('Steps (D31)', () => {
  it('should run user code at once where no step is being applied', () => {
    const { steps: made, log, say } = steps();
    made.after(say('user'));
    expect(log).toEqual(['user']);
  });

  it('should run the user code of a step when it has been applied, in the order in which it was asked for', () => {
    const { steps: made, log, say, step } = steps();
    step(() => {
      made.after(say('first'));
      log.push('applied');
      made.after(say('second'));
      log.push('whole');
    });
    expect(log).toEqual(['applied', 'whole', 'first', 'second']);
  });

  it('should wait for the outermost step: one within another is part of it', () => {
    const { steps: made, log, say, step } = steps();
    step(() => {
      step(() => {
        made.after(say('user'));
      });
      log.push('outer');
    });
    expect(log).toEqual(['outer', 'user']);
  });

  it('should run what was asked for before a step that fails, and hand the error on', () => {
    const { steps: made, log, say, step } = steps();
    const failing = (): void => {
      step(() => {
        made.after(say('user'));
        throw new Error('half');
      });
    };
    expect(failing).toThrow('half');
    made.after(say('later'));
    expect(log).toEqual(['user', 'later']);
  });

  it('should run what user code asks for by steps of its own before that call returns', () => {
    const { steps: made, log, say, step } = steps();
    step(() => {
      made.after(() => {
        step(() => {
          made.after(say('inner'));
        });
        log.push('returned');
      });
    });
    expect(log).toEqual(['inner', 'returned']);
  });

  it('should tell watchers when no step is half applied and no handler is on the stack', () => {
    const { steps: made, log, step } = steps();
    const views = {
      deliver: () => {
        log.push('told');
      },
    };
    made.isHeld = true;
    made.deliver(views);
    expect(log).toEqual([]);
    made.isHeld = false;
    step(() => {
      made.catchUp();
      expect(log).toEqual([]);
    });
    made.catchUp();
    expect(log).toEqual(['told']);
    made.catchUp();
    expect(log).toEqual(['told']);
  });
});
