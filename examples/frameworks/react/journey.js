// The journey of a user: the page as it is shipped, and as it is developed, where StrictMode mounts everything twice.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { launch, serve } from './site.js';

const build = (mode) =>
  execFileSync(
    process.execPath,
    ['node_modules/vite/bin/vite.js', 'build', '--mode', mode, '--outDir', `dist/${mode}`, '--logLevel', 'warn'],
    { env: { ...process.env, NODE_ENV: mode }, stdio: 'inherit' },
  );

const FIVE = [1, 2, 3, 4, 5].map((n) => `/pages/${n}.txt`);

/** Counts the watchers of every job that is watched from now on, in the page. */
const countWatchers = () => {
  globalThis.watchers = 0;
  const job = globalThis.flow.start('pages', { urls: [] });
  for (const view of ['output$', 'progress$']) {
    const { get } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(job), view);
    const counted = (view$) =>
      new view$.constructor((observer) => {
        globalThis.watchers++;
        const subscription = view$.subscribe(observer);
        return () => {
          globalThis.watchers--;
          subscription.unsubscribe();
        };
      });
    Object.defineProperty(Object.getPrototypeOf(job), view, {
      get() {
        return counted(get.call(this));
      },
    });
  }
};

for (const mode of ['production', 'development'])
  describe(`a job in React, built for ${mode}`, () => {
    let [browser, site, page, complaints] = [];

    before(async () => {
      build(mode);
      browser = await launch();
    });
    after(() => browser?.close());

    beforeEach(async () => {
      complaints = [];
      site = await serve(`dist/${mode}`);
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
    const shown = () => page.locator('li').allTextContents();
    const jobs = () => page.evaluate(() => globalThis.flow.jobs.length);
    const watchers = () => page.evaluate(() => globalThis.watchers);
    /** In 20 s or so, or never. */
    const until = async (fact) => {
      for (let looks = 0; !fact(); looks++) {
        assert(looks < 4_000, `never: ${fact}`);
        await setTimeout(5);
      }
    };
    const answer = async (path, text, status = 200) => {
      await until(() => site.desk.waiting.has(path));
      site.desk.waiting.get(path).writeHead(status, { 'content-type': 'text/plain' }).end(text);
    };

    it('should start one job on a click, show it as it goes, and show its outputs as they come', async () => {
      assert.equal(await page.locator('#status').count(), 0);
      await click('Start');
      await shows('running: 3 queued, 2 active');
      assert.equal(await jobs(), 1);
      await answer(FIVE[1], 'two words');
      await shows(`${FIVE[1]} has 2 words`);
      await shows('running: 2 queued, 2 active');
      for (const url of FIVE.filter((path) => path !== FIVE[1])) await answer(url, 'just three words');
      await shows('completed: 0 queued, 0 active');
      assert.equal((await shown()).length, 5);
      assert.deepEqual(site.desk.asked, FIVE, 'each page once, in order');
      await click('Cancel'); // too late, and no mistake
      await click('Hide');
      assert.deepEqual(complaints, []);
    });

    it('should cancel on a button, and say so', async () => {
      await click('Start');
      await shows('running: 3 queued, 2 active');
      await click('Cancel');
      await shows('cancelled: 0 queued, 0 active');
      await until(() => site.desk.dropped.length === 2);
      await click('Cancel');
      assert.deepEqual(site.desk.asked, FIVE.slice(0, 2), 'nothing was started after that');
      assert.deepEqual(complaints, []);
    });

    it('should cancel when the owner is unmounted, and leave nothing behind', async () => {
      await page.evaluate(countWatchers);
      await click('Start');
      await shows('running: 3 queued, 2 active');
      await click('Close');
      await until(() => site.desk.dropped.length === 2);
      assert.deepEqual([await jobs(), await watchers()], [0, 0]);
      await click('Open');
      assert.equal(await page.locator('#status').count(), 0);
      assert.deepEqual(complaints, []);
    });

    it('should go on while its view is hidden, and then show what was missed', async () => {
      await page.evaluate(countWatchers);
      await click('Start');
      await shows('running: 3 queued, 2 active');
      assert.equal(await watchers(), 2, 'the progress and the outputs, once each');
      await click('Hide');
      assert.deepEqual([await jobs(), await watchers()], [1, 0]);
      await answer(FIVE[0], 'unseen');
      await until(() => site.desk.asked.length === 3);
      await click('Show');
      await shows(`${FIVE[0]} has 1 words`);
      await shows('running: 2 queued, 2 active');
      assert.deepEqual(complaints, []);
    });

    it('should end the job before when started again', async () => {
      await click('Start');
      await shows('running: 3 queued, 2 active');
      await click('Start');
      await until(() => site.desk.asked.length === 4);
      assert.equal(await jobs(), 1);
      await shows('running: 3 queued, 2 active');
      assert.deepEqual(complaints, []);
    });

    it('should say why a job failed', async () => {
      await click('Start');
      await answer(FIVE[0], 'out of order', 500);
      await shows('failed: 0 queued, 0 active');
      assert.match(await page.locator('#error').textContent(), /pages\/1\.txt: 500/);
      await page.waitForFunction(() => globalThis.flow.jobs.length === 0);
      assert.deepEqual(
        complaints.filter((text) => !/the server responded with a status of 500/.test(text)),
        [],
      );
    });
  });
