/**
 * Runs work after the timers and the I/O that wait: the platform's macrotask, about 10 µs on Node. (`asapScheduler`
 * lets no timer run in between, and `asyncScheduler` costs 1.1 ms a turn.)
 */
export type Macrotask = (work: () => void) => void;

interface Platform {
  readonly setImmediate?: (work: () => void) => unknown;
  readonly MessageChannel?: new () => { port1: { onmessage: (() => void) | null }; port2: { postMessage(message: null): void } };
  readonly setTimeout: (work: () => void, ms: number) => unknown;
}

const byMessage = (Channel: NonNullable<Platform['MessageChannel']>): Macrotask => {
  const waiting: (() => void)[] = [];
  const { port1, port2 } = new Channel();
  port1.onmessage = () => waiting.shift()?.();
  return (work) => {
    waiting.push(work);
    port2.postMessage(null);
  };
};

const choose = ({ setImmediate, MessageChannel, setTimeout }: Platform): Macrotask => {
  if (setImmediate !== undefined) return (work) => void setImmediate(work);
  if (MessageChannel !== undefined) return byMessage(MessageChannel);
  return (work) => void setTimeout(work, 0);
};

let chosen: Macrotask | undefined;

export const macrotask: Macrotask = (work) => (chosen ??= choose(globalThis as unknown as Platform))(work);
