// The built page on loopback, where each of its pages is held until the journey lets it go, and a browser that looks at it.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.txt': 'text/plain' };

/** What has been asked for and waits, by path; `dropped` is what the browser has given up on. */
const makeDesk = () => ({ asked: [], dropped: [], waiting: new Map() });

const hold = (desk, path, response) => {
  desk.asked.push(path);
  desk.waiting.set(path, response);
  response.on('close', () => {
    if (!response.writableEnded) desk.dropped.push(path);
    desk.waiting.delete(path);
  });
};

const sendFile = async (folder, path, response) => {
  try {
    const body = await readFile(join(folder, normalize(path)));
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(body);
  } catch {
    response.writeHead(404).end();
  }
};

export const serve = async (folder) => {
  const desk = makeDesk();
  const server = createServer(({ url }, response) => {
    const path = new URL(url, 'http://loopback').pathname;
    if (path.startsWith('/pages/')) hold(desk, path, response);
    else void sendFile(folder, path === '/' ? '/index.html' : path, response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { desk, url: `http://127.0.0.1:${server.address().port}/`, close: () => (server.closeAllConnections(), server.close()) };
};

/** Debian's Chromium, or the one that CHROMIUM names. */
export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
