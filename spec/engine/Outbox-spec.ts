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

  it('should hold back what comes after a letter, until it is told to go on', () => {
    const { steps, sent, outbox } = bench();
    let goOn = (): void => undefined;
    const letter = (): void => {
      goOn = outbox.holdRest();
    };
    steps.begin();
    for (const each of ['a', letter, 'b', 'c']) outbox.post(each);
    steps.end();
    steps.catchUp();
    expect(sent).toEqual(['a']);
    outbox.post('d');
    expect(sent).toEqual(['a', 'd']);
    goOn();
    expect(sent).toEqual(['a', 'd', 'b', 'c']);
  });

  it('should say at which place each letter was posted, also one that was held back, and how many were (D46)', () => {
    const { steps, outbox, listener } = bench();
    const seen: unknown[] = [];
    let goOn = (): void => undefined;
    listener.next = (each) => seen.push([each, outbox.place]);
    const letter = (): void => {
      goOn = outbox.holdRest();
    };
    expect([outbox.posted, outbox.isEmpty]).toEqual([0, true]);
    steps.begin();
    for (const each of ['a', letter, 'b', 'c']) outbox.post(each);
    expect([outbox.posted, outbox.isEmpty]).toEqual([4, false]);
    steps.end();
    steps.catchUp();
    expect([outbox.posted, outbox.isEmpty]).toEqual([4, false]);
    outbox.post('d');
    goOn();
    outbox.post('e');
    expect(seen).toEqual([
      ['a', 0],
      ['d', 4],
      ['b', 2],
      ['c', 3],
      ['e', 7],
    ]);
    expect([outbox.posted, outbox.isEmpty]).toEqual([8, true]);
  });
});
