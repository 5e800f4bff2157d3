import { startOn } from './deeds.js';
import { flowOn } from './flow.js';
import { Ground } from './Ground.js';
import type { Mess } from './Mess.js';

/** Jobs are started again, since most of them are ended soon. */
const WAVES = 3;

/** Plays a mess to its end: then callbacks do nothing any more, what is paused goes on, and every job has to end. */
export const play = async (mess: Mess): Promise<Ground> => {
  const ground = new Ground(mess);
  flowOn(ground);
  for (let wave = 0; wave < WAVES; wave++) await playWave(ground);
  ground.calm = true;
  for (const work of ground.atEnd) work();
  await ground.settle();
  // One may have asked for its pause before.
  for (let left = 3; left > 0 && ground.live.length > 0; left--) await goOn(ground);
  return ground;
};

const playWave = async (ground: Ground): Promise<void> => {
  const [flow] = ground.flows;
  for (let left = ground.mess.jobs; left > 0 && flow !== undefined; left--)
    ground.attempt(() => {
      startOn(ground, flow, left === 2 ? 'r1' : 'r0');
    });
  await ground.settle();
  await goOn(ground);
};

const goOn = async (ground: Ground): Promise<void> => {
  for (const { job } of ground.live) if (job.status === 'paused') job.resume();
  await ground.settle();
};
