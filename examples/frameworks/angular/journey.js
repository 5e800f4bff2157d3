// What a user of the page sees: the components in a real browser, built by Vite, with the templates compiled in the page.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { launch, serve } from './site.js';

const build = () =>
  execFileSync(process.execPath, ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'error'], { stdio: 'inherit' });

const FIVE = [1, 2, 3, 4, 5].map((n) => `/pages/${n}.txt`);

describe('jobs in a page of Angular', () => {
  let [browser, site, page, complaints] = [];

  before(async () => {
    build();
    browser = await launch();
  });
  after(() => browser?.close());

  beforeEach(async () => {
    complaints = [];
    site = await serve('dist');
    page = await browser.newPage();
    page.setDefaultTimeout(20_000);
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
    await page.goto(site.url);
    await page.waitForSelector('button');
  });
  afterEach(() => {
    site.close();
    // Not for ever: a page that renders without end never answers.
    return Promise.race([page.close(), setTimeout(5_000, undefined, { ref: false })]);
  });

  const click = (name) => page.getByRole('button', { name, exact: true }).click();
  const shows = (text) => page.getByText(text, { exact: true }).waitFor();
  const jobs = () => page.evaluate(() => globalThis.flow.jobs.length);
  /** In 20 s or so, or never. */
  const until = async (fact) => {
    for (let looks = 0; !fact(); looks++) {
      assert(looks < 4_000, `never: ${fact}`);
      await setTimeout(5);
    }
  };
  const answer = async (path, text) => {
    await until(() => site.desk.waiting.has(path));
    site.desk.waiting.get(path).writeHead(200, { 'content-type': 'text/plain' }).end(text);
  };

  it('should show a job as it goes, and its outputs as they come', async () => {
    await click('Own');
    await shows('running: 3 queued, 2 active');
    await answer(FIVE[1], 'two words');
    await shows(`${FIVE[1]} has 2 words`);
    await shows('running: 2 queued, 2 active');
    await shows('2 words');
    for (const url of FIVE.filter((path) => path !== FIVE[1])) await answer(url, 'just three words');
    await shows('completed: 0 queued, 0 active');
    await shows('14 words');
    assert.deepEqual(site.desk.asked, FIVE, 'each page once, in order');
    await click('Cancel'); // too late, and no mistake
    await click('Close');
    assert.deepEqual(complaints, []);
  });

  it('should cancel on a button, and say so', async () => {
    await click('Own');
    await shows('running: 3 queued, 2 active');
    await click('Cancel');
    await shows('cancelled: 0 queued, 0 active');
    await until(() => site.desk.dropped.length === 2);
    assert.deepEqual(site.desk.asked, FIVE.slice(0, 2), 'nothing was started after that');
    assert.deepEqual(complaints, []);
  });

  it('should cancel the job of a component that is destroyed', async () => {
    await click('Own');
    await shows('running: 3 queued, 2 active');
    await click('Close');
    await until(() => site.desk.dropped.length === 2);
    assert.equal(await jobs(), 0);
    assert.deepEqual(complaints, []);
  });

  it('should let the job of a service go on without its watcher, and then show what was missed', async () => {
    await click('Watch');
    await shows('running: 3 queued, 2 active');
    await click('Close');
    await answer(FIVE[0], 'unseen');
    await until(() => site.desk.asked.length === 3);
    assert.equal(await jobs(), 1);
    await click('Watch');
    await shows(`${FIVE[0]} has 1 words`);
    await shows('running: 2 queued, 2 active');
    assert.equal(await jobs(), 1, 'the same job as before');
    assert.deepEqual(complaints, []);
  });
});
