import { Pausing } from '../../lib/engine/Pausing.js';
import { JobState } from '../../lib/index.js';
import { turn } from '../support/virtualTime.js';

/** What a pause has been answered with so far. */
const answersOf = (...pauses: Promise<JobState>[]): JobState[] => {
  const answers: JobState[] = [];
  for (const pause of pauses) void pause.then((state) => answers.push(state));
  return answers;
};

describe('Pausing', () => {
  it('should show what was asked until it is answered', async () => {
    const pausing = new Pausing();
    expect(pausing.asked).toBeUndefined();
    const options = { reason: 'lunch', checkpoint: 1 };
    const answers = answersOf(pausing.ask(options));
    expect(pausing.asked).toEqual(options);
    await turn();
    expect(answers).toEqual([]);
    const state = new JobState();
    pausing.answer(state);
    expect(pausing.asked).toBeUndefined();
    await turn();
    expect(answers[0]).toBe(state);
  });

  it('should let a second pause join the first: the same promise, and the reason of the first (D19)', () => {
    const pausing = new Pausing();
    const first = pausing.ask({ reason: 'one' });
    expect(pausing.ask({ reason: 'two' })).toBe(first);
    expect(pausing.asked).toEqual({ reason: 'one' });
  });

  it('should take a pause after an answer for a new one', async () => {
    const pausing = new Pausing();
    const states = [new JobState(), new JobState()] as const;
    const first = pausing.ask({ reason: 'one' });
    pausing.answer(states[0]);
    const second = pausing.ask({ reason: 'two' });
    expect(second).not.toBe(first);
    expect(pausing.asked).toEqual({ reason: 'two' });
    pausing.answer(states[1]);
    expect([await first, await second].map((state) => states.indexOf(state))).toEqual([0, 1]);
  });

  it('should answer once, and nobody if nobody asked', async () => {
    const pausing = new Pausing();
    pausing.answer(new JobState());
    const answers = answersOf(pausing.ask({}));
    const state = new JobState();
    pausing.answer(state);
    pausing.answer(new JobState());
    await turn();
    expect(answers).toEqual([state]);
    expect(answers[0]).toBe(state);
  });
});
