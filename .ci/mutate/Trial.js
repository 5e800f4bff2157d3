// One mutation after the other in a copy of the project, and the specs that reach it until the first one notices.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstFailure, textOf } from '../jest/firstFailure.js';

/** How long no spec may end, at least; more if the spec takes longer without the mutation. */
const QUIET_MS = 30_000;

/** How many times as long as without the mutation a spec may take until it counts as hanging. */
const PATIENCE = 4;

const SEQUENCER = fileURLToPath(new URL('sequencer.cjs', import.meta.url));
const OPTIONS = ['--runInBand', '--testTimeout', '60000', '--testSequencer', SEQUENCER, '--runTestsByPath'];

/** Seeded, and a tenth of the runs of a property: what only a rare world shows is not shown. */
const ENV = { ROUTILUX_SEED: '20261128', ROUTILUX_RUNS: '100' };

/** Stops what is quiet for too long, and keeps the longest quiet. */
const listening = (limitMs, heard) => (stop) => {
  let file;
  let last;
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop({ type: 'hang', file, spec: `hangs, and is killed after ${limitMs / 1_000} s` }), limitMs);
  };
  return {
    // Until its first report jest is on its way.
    hear: (report) => {
      const now = performance.now();
      file = report.file;
      heard.longestMs = Math.max(heard.longestMs, now - (last ?? now));
      last = now;
      wait();
    },
    end: () => clearTimeout(timer),
  };
};

const run = async (folder, specs, limitMs) => {
  const heard = { longestMs: 0 };
  const env = { ...ENV, ROUTILUX_ORDER: specs.join(' ') };
  const failure = await firstFailure({ folder, specs, options: OPTIONS, env, heapMb: 3_000 }, listening(limitMs, heard));
  return { failure, longestMs: heard.longestMs };
};

/** What specs do without a mutation, each asked once. */
export class Normal {
  #known = new Map();

  constructor(folder) {
    this.folder = folder;
  }

  /** How long it is quiet at most, in ms. @throws if it fails: then it would notice anything */
  of(spec) {
    if (!this.#known.has(spec)) this.#known.set(spec, this.#ask(spec));
    return this.#known.get(spec);
  }

  async #ask(spec) {
    const { failure, longestMs } = await run(this.folder, [spec], 10 * QUIET_MS);
    if (failure !== undefined) throw new Error(`Nothing is mutated, and yet: ${textOf(failure)}`);
    return longestMs;
  }
}

export class Trial {
  constructor(folder, normal, quietMs = QUIET_MS) {
    this.folder = folder;
    this.normal = normal;
    this.quietMs = quietMs;
  }

  /** What notices the mutation, as a line; undefined if nothing does. */
  async of({ file, text }, specs) {
    const path = join(this.folder, file);
    const whole = readFileSync(path, 'utf8');
    writeFileSync(path, text);
    try {
      return await this.#noticed(specs, this.quietMs);
    } finally {
      writeFileSync(path, whole);
    }
  }

  async #noticed(specs, limitMs) {
    const { failure } = await run(this.folder, specs, limitMs);
    if (failure === undefined) return undefined;
    if (failure.file === undefined) throw new Error(textOf(failure));
    const enoughMs = PATIENCE * (await this.normal.of(failure.file));
    if (failure.type !== 'hang' || enoughMs <= limitMs) return textOf(failure);
    return this.#noticed(specs.slice(specs.indexOf(failure.file)), enoughMs);
  }
}
