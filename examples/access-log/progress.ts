import { Presets, SingleBar } from 'cli-progress';

/** Shows how far the reading is, on standard error. */
export interface Progress {
  show(bytes: number, lines: number): void;
  /** The reading is over: to the end, or not. */
  end(finished: boolean): void;
}

const EVERY_MS = 5_000;
const FORMAT = '{bar} {percentage} %  {lines} lines';

const count = (lines: number): string => lines.toLocaleString('en');

/** A bar on a terminal where the size is known, else a plain line now and then. */
export const showProgress = (size: number): Progress => (process.stderr.isTTY && size > 0 ? bar(size) : plainLines());

const bar = (size: number): Progress => {
  const shown = new SingleBar({ format: FORMAT, clearOnComplete: true }, Presets.shades_classic);
  shown.start(size, 0, { lines: 0 });
  return {
    show: (bytes, lines) => {
      shown.update(bytes, { lines: count(lines) });
    },
    end: () => {
      shown.stop();
    },
  };
};

const plainLines = (): Progress => {
  let [last, seen] = [Date.now(), 0];
  const tell = (): void => {
    last = Date.now();
    console.error(`${count(seen)} lines read`);
  };
  return {
    show: (_, lines) => {
      seen = lines;
      if (Date.now() - last >= EVERY_MS) tell();
    },
    end: (finished) => {
      if (finished) tell();
    },
  };
};
