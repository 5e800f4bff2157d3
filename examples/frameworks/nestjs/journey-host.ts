// The server in a process of its own, for the journey: it tells its address, and reads no page before it is told to.
import { once } from 'node:events';
import { createApp } from './app.js';

const told = once(process, 'message');
const app = await createApp((page) => told.then(() => `page ${page}`));
await app.listen(0, '127.0.0.1');
process.send?.(await app.getUrl());
