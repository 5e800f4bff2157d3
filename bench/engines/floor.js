import { Ring } from './Ring.js';

/**
 * The bare floor for synchronous handlers: one loop takes handler and payload off a ring and calls the one with the
 * other. A task is two cells of the ring, no object.
 *
 * @type {(workers: number) => import('../types.js').Engine}
 */
export const syncFloor = () => {
  let ring = new Ring();
  return {
    push: (handler, data) => {
      ring.push(handler);
      ring.push(data);
    },
    run: (feed) => {
      ring = new Ring();
      feed();
      for (let handler = ring.shift(); handler !== undefined; handler = ring.shift()) handler(ring.shift());
    },
  };
};

/**
 * The same for handlers that give a promise, with a number of workers.
 *
 * @type {(workers: number) => import('../types.js').Engine}
 */
export const asyncFloor = (workers) => {
  let ring = new Ring();
  let busy = 0;
  const free = () => {
    busy--;
    pump();
  };
  const pump = () => {
    while (busy < workers && ring.length > 0) {
      busy++;
      ring.shift()(ring.shift()).then(free);
    }
  };
  return {
    push: (handler, data) => {
      ring.push(handler);
      ring.push(data);
    },
    run: (feed) => {
      ring = new Ring();
      feed();
      pump();
    },
  };
};
