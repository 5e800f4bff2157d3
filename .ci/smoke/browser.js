// Serves a built page on loopback, loads it in the system's Chromium and looks at what ran in it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

const serve = async (folder) => {
  const server = createServer(async ({ url }, response) => {
    const path = new URL(url, 'http://loopback').pathname;
    try {
      const body = await readFile(join(folder, normalize(path === '/' ? '/index.html' : path)));
      response.writeHead(200, { 'content-type': TYPES[extname(path) || '.html'] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
};

const launch = () =>
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

const check = ({ written, byContext, atOnce, afterAwait }) => {
  const facts = [byContext, atOnce, afterAwait].map(({ status, seen, cause }) => [status, seen, cause]);
  assert.deepEqual(facts, [
    ['completed', [1, 2], undefined],
    ['completed', [1], undefined],
    ['failed', [], 'NO_CONTEXT'],
  ]);
  assert.match(afterAwait.error, /ctx\.emit/);
  assert.deepEqual(written, { status: 'completed', negativeZero: true, types: [] });
};

export const checkInBrowser = async (folder) => {
  const server = await serve(folder);
  const browser = await launch();
  try {
    const page = await browser.newPage();
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.waitForFunction(() => 'outcome' in globalThis, undefined, { timeout: 30_000 });
    check(await page.evaluate(() => globalThis.outcome));
    assert.deepEqual(complaints, []);
    return browser.version();
  } finally {
    await browser.close();
    server.close();
  }
};
