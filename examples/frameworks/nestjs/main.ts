// The server by itself: `npm start`, then
//
//   curl --json '{ "pages": 5 }' localhost:3000/jobs          gives the id of the job
//   curl --no-buffer localhost:3000/jobs/<id>/progress
//
// Stop it with Ctrl+C while the job runs: the job is finished first.
import { setTimeout as sleep } from 'node:timers/promises';
import { createApp } from './app.js';

const app = await createApp((page, signal) => sleep(2_000, `A slow page, number ${page}`, { signal }));
await app.listen(3000);
