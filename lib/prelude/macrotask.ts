import { isFaked } from './faked.js';
import { RingBuffer } from './RingBuffer.js';

/**
 * Runs work after the timers and the I/O that wait: the platform's macrotask, about 10 µs on Node. (`asapScheduler`
 * lets no timer run in between, and `asyncScheduler` costs 1.1 ms a turn.)
 */
export type Macrotask = (work: () => void) => void;

type Ask = (work: () => void, ms?: number) => unknown;

interface Platform {
  readonly setImmediate?: Ask;
  readonly MessageChannel?: new () => {
    port1: { onmessage: (() => void) | null; close(): void };
    port2: { postMessage(message: null): void };
  };
  readonly setTimeout: Ask;
}

const platform = globalThis as unknown as Platform;

/** What there was when this file was loaded: a runner may have fake timers in its place by now, or had them before. */
const { setImmediate: firstImmediate, setTimeout: firstTimeout } = platform;

const realOf = (...asks: readonly (Ask | undefined)[]): Ask | undefined => asks.find((ask) => ask !== undefined && !isFaked(ask));

const byMessage = (Channel: NonNullable<Platform['MessageChannel']>): Macrotask => {
  const waiting = new RingBuffer<() => void>();
  const { port1, port2 } = new Channel();
  port1.onmessage = () => waiting.shift()?.();
  return (work) => {
    waiting.push(work);
    port2.postMessage(null);
  };
};

/** On Node a channel keeps the process, and answers up to 1,000 messages without letting a timer run: so each has one message. */
const byChannels =
  (Channel: NonNullable<Platform['MessageChannel']>): Macrotask =>
  (work) => {
    const { port1, port2 } = new Channel();
    port1.onmessage = () => {
      port1.close();
      work();
    };
    port2.postMessage(null);
  };

// Nobody advances fake timers for what does not wait: it must not need them.
const choose = ({ setImmediate, MessageChannel, setTimeout }: Platform): Macrotask => {
  const immediate = realOf(setImmediate, firstImmediate);
  if (immediate !== undefined) return (work) => void immediate(work);
  if (MessageChannel !== undefined) return (setImmediate === undefined ? byMessage : byChannels)(MessageChannel);
  const timeout = realOf(setTimeout, firstTimeout);
  if (timeout !== undefined) return (work) => void timeout(work, 0);
  return (work) => void Promise.resolve().then(work);
};

let chosen: Macrotask | undefined;
let chosenFor: Ask | undefined;

/** Chooses again if the platform has other timers than before. */
export const macrotask: Macrotask = (work) => {
  const { setImmediate: ask = platform.setTimeout } = platform;
  if (chosen === undefined || ask !== chosenFor) chosen = choose(platform);
  chosenFor = ask;
  chosen(work);
};
