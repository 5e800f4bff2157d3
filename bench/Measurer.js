import { fork } from 'node:child_process';

const WORKER = new URL('./worker.js', import.meta.url);

/** A process of its own that runs rounds, and is killed when one takes too long. */
export class Measurer {
  #process;

  constructor(env = {}) {
    const stdio = ['ignore', 'ignore', 'ignore', 'ipc'];
    this.#process = fork(WORKER, { execArgv: ['--expose-gc'], stdio, env: { ...process.env, ...env } });
  }

  /** One round of a contender, which is opened by its first: `{ status, value }` or `{ status, why }`. */
  round(request, capMs) {
    return new Promise((resolve) => {
      const settle = (outcome) => {
        clearTimeout(timer);
        this.#process.off('message', settle).off('exit', died);
        resolve(outcome);
      };
      const died = (code, signal) => settle({ status: 'failed', why: `its process ended (${signal ?? code})` });
      const timer = setTimeout(() => {
        settle({ status: `> ${capMs / 1_000} s`, why: 'took too long and was stopped' });
        this.close();
      }, capMs);
      this.#process.on('message', settle).on('exit', died);
      if (this.#process.connected) this.#process.send(request);
      else died(this.#process.exitCode, this.#process.signalCode);
    });
  }

  close() {
    this.#process.kill('SIGKILL');
  }
}
