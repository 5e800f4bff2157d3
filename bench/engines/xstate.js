import { createActor, fromTransition } from 'xstate';

/** A running actor that calls a function with the number in every event; tasks are events in the mailboxes of actors, there is no queue. */
export const actor = (handle) =>
  createActor(
    fromTransition((state, { n }) => {
      handle(n);
      return state;
    }, 0),
  ).start();

export const send = (target, n) => target.send({ type: 'input', n });
