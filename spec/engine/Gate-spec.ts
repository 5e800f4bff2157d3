import { Gate } from '../../lib/engine/Gate.js';
import { JobState } from '../../lib/index.js';
import { turn } from '../support/virtualTime.js';

/** What a pause has been answered with so far. */
const answersOf = (...pauses: Promise<JobState>[]): JobState[] => {
  const answers: JobState[] = [];
  for (const pause of pauses) void pause.then((state) => answers.push(state));
  return answers;
};

describe('Gate', () => {
  it('should be closed until it is opened: a job that has not begun starts nothing', () => {
    const gate = new Gate();
    expect([gate.isOpen, gate.asked]).toEqual([false, undefined]);
  });

  it('should close at once for a pause, and show what was asked until it is answered', async () => {
    const gate = new Gate();
    gate.isOpen = true;
    const options = { reason: 'lunch', checkpoint: 1 };
    const answers = answersOf(gate.pause(options));
    expect([gate.isOpen, gate.asked]).toEqual([false, options]);
    await turn();
    expect(answers).toEqual([]);
    const state = new JobState();
    gate.answer(state);
    expect([gate.isOpen, gate.asked]).toEqual([false, undefined]);
    await turn();
    expect(answers[0]).toBe(state);
  });

  it('should let a second pause join the first: the same promise, and the reason of the first (D19)', () => {
    const gate = new Gate();
    const first = gate.pause({ reason: 'one' });
    expect(gate.pause({ reason: 'two' })).toBe(first);
    expect(gate.asked).toEqual({ reason: 'one' });
  });

  it('should stay closed where a second pause comes behind its back', () => {
    const gate = new Gate();
    void gate.pause({});
    gate.isOpen = true;
    void gate.pause({});
    expect(gate.isOpen).toBe(false);
  });

  it('should take a pause after an answer for a new one', async () => {
    const gate = new Gate();
    const states = [new JobState(), new JobState()] as const;
    const first = gate.pause({ reason: 'one' });
    gate.answer(states[0]);
    const second = gate.pause({ reason: 'two' });
    expect(second).not.toBe(first);
    expect(gate.asked).toEqual({ reason: 'two' });
    gate.answer(states[1]);
    expect([await first, await second].map((state) => states.indexOf(state))).toEqual([0, 1]);
  });

  it('should answer once, and nobody where nobody asked', async () => {
    const gate = new Gate();
    gate.answer(new JobState());
    const answers = answersOf(gate.pause({}));
    const state = new JobState();
    gate.answer(state);
    gate.answer(new JobState());
    await turn();
    expect(answers).toEqual([state]);
    expect(answers[0]).toBe(state);
  });

  it('should not open by an answer: that is for whoever resumes', () => {
    const gate = new Gate();
    gate.isOpen = true;
    void gate.pause({});
    gate.answer(new JobState());
    expect(gate.isOpen).toBe(false);
  });
});
