import { Outbox } from '../../lib/engine/Outbox.js';
import { Steps } from '../../lib/engine/Steps.js';

const bench = () => {
  const steps = new Steps();
  const sent: string[] = [];
  const listener = { next: (_: string): void => undefined };
  const outbox = new Outbox<string>(steps, (letter) => {
    sent.push(letter);
    listener.next(letter);
  });
  return { steps, sent, outbox, listener };
};

describe('Outbox', () => {
  it('should deliver at once if nothing is at work, and each letter once', () => {
    const { sent, outbox } = bench();
    outbox.post('a');
    expect(sent).toEqual(['a']);
    outbox.post('b');
    expect(sent).toEqual(['a', 'b']);
  });

  it('should keep the order of records and calls', () => {
    const { steps, sent, outbox } = bench();
    steps.begin();
    outbox.post('a');
    outbox.post(() => void sent.push('called'));
    outbox.post('b');
    expect(sent).toEqual([]);
    steps.end();
    steps.catchUp();
    expect(sent).toEqual(['a', 'called', 'b']);
  });

  it('should tell nobody anything while a handler is on the stack', () => {
    const { steps, sent, outbox } = bench();
    steps.isHeld = true;
    outbox.post('a');
    expect(sent).toEqual([]);
    steps.isHeld = false;
    steps.catchUp();
    expect(sent).toEqual(['a']);
  });

  it('should deliver what is posted meanwhile after what was there before, and not within it', () => {
    const { steps, sent, outbox, listener } = bench();
    listener.next = (letter) => {
      if (letter === 'a') {
        outbox.post('c');
        steps.catchUp();
        sent.push('end of a');
      }
    };
    steps.begin();
    outbox.post('a');
    outbox.post('b');
    steps.end();
    steps.catchUp();
    expect(sent).toEqual(['a', 'end of a', 'b', 'c']);
  });

  it('should give out what comes after a letter, which then is not delivered', () => {
    const { steps, sent, outbox } = bench();
    let taken: readonly unknown[] = [];
    const letter = (): void => {
      taken = outbox.takeAfter(letter);
    };
    steps.begin();
    for (const each of ['a', letter, 'b', 'c']) outbox.post(each);
    steps.end();
    steps.catchUp();
    expect([sent, taken]).toEqual([['a'], ['b', 'c']]);
    outbox.post('d');
    expect(sent).toEqual(['a', 'd']);
  });
});
