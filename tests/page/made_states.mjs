// SPDX-License-Identifier: Apache-2.0
// The page of farms that are made up: very large ones, and those that a real
// farm becomes only by accidents.
import {openPage, settled, show} from './browser.mjs';
import {check, expect, same} from './checks.mjs';
import {madeFarm} from './made_farm.mjs';
import {PageServer} from './server.mjs';
import {checkView, closeViews, READERS} from './views.mjs';

// Scrolls what the selector names from its top to its end within two seconds,
// and tells how long the frames took.
function framesOfScrolling(page, selector) {
  return page.$eval(selector, (pane) => new Promise((done) => {
    const begun = performance.now();
    const frames = [];
    let last = begun;
    function step(now) {
      frames.push(now - last);
      last = now;
      const part = Math.min((now - begun) / 2000, 1);
      pane.scrollTop = part * (pane.scrollHeight - pane.clientHeight);
      if (part < 1) {
        requestAnimationFrame(step);
        return;
      }
      frames.sort((a, b) => a - b);
      done({
        frames: frames.length,
        median: frames[Math.floor(frames.length / 2)],
        worst: frames[frames.length - 1],
      });
    }
    requestAnimationFrame(step);
  }));
}

async function aLargeFarm(browser, coordinator, files) {
  const made = madeFarm({builds: 200, tasks: 10000, workers: 300});
  const server = await new PageServer({coordinator, files, made}).start();
  const {page, faults, close} = await openPage(browser);
  await show(page, server.url + '/#/builds');
  await check('200 builds are shown at once', async () =>
    same(await page.$$eval('.cards > li', (all) => all.length), 200));
  await check('a change of one of them leaves the reader where they are',
    async () => {
      await page.focus('[data-key="build-120"] a');
      const place = () => page.evaluate(() => {
        const link = document.activeElement;
        return [link.closest('li')?.dataset.key,
          Math.round(link.getBoundingClientRect().top)];
      });
      const before = await place();
      made.builds[80].state = 'succeeded';
      server.tell('change', {builds: [{id: 'build-120'}], removedBuilds: [],
        workers: [], hosts: false});
      await page.waitForSelector('[data-key="build-120"] .state.succeeded');
      const [row, top] = await place();
      same(row, before[0]);
      expect(Math.abs(top - before[1]) < 5,
             `it was at ${before[1]}, and is at ${top}`);
    });
  await show(page, server.url + '/#/builds/build-200');
  await page.waitForSelector('.rows .row');
  await check('of 10,000 tasks only the rows in sight exist', async () => {
    const rows = await page.$$eval('.rows .row', (all) => all.length);
    expect(rows > 5 && rows < 60, `${rows} rows exist`);
  });
  await check('they scroll to the last', async () => {
    const {frames, median, worst} = await framesOfScrolling(page, '.tasks');
    console.log(`      scrolling drew ${frames} frames in 2 s: the median ` +
        `took ${median.toFixed(1)} ms, the longest ${worst.toFixed(1)} ms`);
    await page.waitForFunction(() => document.querySelector('.rows')
        .innerText.includes('image 9999 '));
  });
  await check('they are searched', async () => {
    await page.type('#task-text', 'image 7777 ');
    await page.waitForFunction(() =>
        document.querySelectorAll('.rows .row').length === 1);
  });
  await check('nothing went wrong in the page', () => faults);
  await close();
  const [first, , third] = READERS;
  await checkView(browser, '200 builds', server.url + '/#/builds',
                  [first, third]);
  await checkView(browser, '10,000 tasks', server.url + '/#/builds/build-200',
                  READERS.slice(1, 3));
  await checkView(browser, '300 workers, some unwell, and queues',
                  server.url + '/#/farm');
  await closeViews();
  await server.stop();
}

// The part of the plot's pixels that are drawn.
function drawnOf(page, key) {
  return page.$eval(`[data-key="${key}"] canvas`, (canvas) => {
    const {data} = canvas.getContext('2d')
        .getImageData(0, 0, canvas.width, canvas.height);
    let drawn = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i] > 0) ++drawn;
    return drawn / (data.length / 4);
  });
}

async function theFarmOverTime(browser, coordinator, files) {
  const made = madeFarm({builds: 3, tasks: 20, workers: 2});
  const server = await new PageServer({coordinator, files, made}).start();
  const {page, faults, close} = await openPage(browser);
  await show(page, server.url + '/#/farm');
  await check('hosts say how many bytes went each way', async () => {
    const hosts = await page.$eval('[data-key="docker.io"]',
                                   (row) => row.innerText);
    for (const part of ['700 MiB', '3.0 MiB']) {
      expect(hosts.replaceAll('\u00a0', ' ').includes(part), hosts);
    }
  });
  await check('there is a plot of throughput, tasks, hits and each quota',
    async () => {
      const keys = await page.$$eval('.plot', (all) => all.map((each) =>
        each.closest('figure').dataset.key));
      same(keys, ['throughput', 'tasks', 'hits', 'quota docker.io',
                  'quota quay.io']);
      for (const key of keys) {
        const drawn = await drawnOf(page, key);
        expect(drawn > 0.01, `${key}: ${drawn} of the pixels are drawn`);
      }
    });
  const moment = () => page.$eval('[data-key="tasks"] .moment',
                                  (each) => each.textContent);
  await check('the pointer reads a moment, in all plots', async () => {
    same(await moment(), '');
    await (await page.$('[data-key="throughput"] .u-over')).hover();
    await page.waitForFunction(() => document.querySelector(
        '[data-key="tasks"] .moment').textContent !== '');
  });
  await check('a plot is drawn in the colours of the theme', async () => {
    const colourOf = () => page.$eval('[data-key="tasks"] canvas', (canvas) =>
      canvas.toDataURL());
    const before = await colourOf();
    await page.click('[data-act="theme"]');
    await settled(page);
    expect(await colourOf() !== before, 'it is as before');
  });
  await check('the licences of the libraries are there', async () => {
    const where = await page.$eval('#licenses', (link) => link.href);
    const answer = await page.evaluate((url) => fetch(url).then((response) =>
      response.text()), where);
    for (const name of ['uplot', '@tanstack/virtual-core', 'MIT']) {
      expect(answer.includes(name), answer.slice(0, 100));
    }
  });
  await check('nothing went wrong in the page', () => faults);
  await close();
  await server.stop();
}

async function accidents(browser, coordinator, files) {
  const made = madeFarm({builds: 3, tasks: 20, workers: 2});
  const server = await new PageServer({coordinator, files, made}).start();
  const {page, close} = await openPage(browser);
  const notice = () => page.waitForSelector('#problem').then((node) =>
    node.evaluate((each) => each.innerText));
  await page.goto(server.url + '/#/builds/gone');
  await check('a build that is gone is said, with a way back', async () => {
    const text = await notice();
    expect(text.includes('there is no build gone'), text);
    expect(await page.$('main a[href="#/builds"]'), 'there is no way back');
  });
  made.fails.farm = made.problem(503, 'the engine is stopping');
  await page.goto(server.url + '/#/farm');
  await check('what cannot be read is said', async () => {
    const text = await notice();
    expect(text.includes('the engine is stopping'), text);
  });
  delete made.fails.farm;
  server.tell('change', {builds: [], removedBuilds: [], workers: [], hosts: true});
  await check('and is gone when it can be read again', async () => {
    await settled(page);
    expect(!await page.$('#problem'), 'the notice is still there');
  });
  server.setDown(true);
  await check('a broken connection is said', () => page.waitForFunction(() =>
    document.querySelector('#connection').matches('.lost')));
  server.setDown(false);
  await check('one that is back is, too', () => page.waitForFunction(() =>
    document.querySelector('#connection').matches('.live')));
  await check('nothing matches a filter, and that is said', async () => {
    await show(page, server.url + '/#/builds?text=nothing-like-this');
    await page.waitForSelector('.notice');
  });
  await check('an action that is refused says why, and stays open', async () => {
    await show(page, server.url + '/#/builds/build-3');
    made.fails['builds/build-3/cancel'] =
        made.problem(409, 'the build has ended');
    await page.click('[data-act="cancel"]');
    await page.click('dialog button.primary');
    await page.waitForFunction(() => document.querySelector('dialog[open]')
        .innerText.includes('the build has ended'));
  });
  await close();
  await server.stop();
}

async function aReaderWhoMayOnlyLook(browser, coordinator, files) {
  const made = madeFarm({builds: 3, tasks: 20, workers: 2, roles: ['view']});
  const server = await new PageServer({coordinator, files, made}).start();
  const {page, close} = await openPage(browser);
  await check('who may only look is offered nothing else', async () => {
    for (const where of ['#/builds/build-3', '#/farm']) {
      await show(page, server.url + '/' + where);
      same(await page.$$('main [data-act]:not([data-act="task"])')
          .then((all) => all.length), 0);
    }
  });
  await close();
  await server.stop();
}

// `coordinator` has the page's files, unless they are in `files`.
export async function checkMadeStates(browser, coordinator, files) {
  await aLargeFarm(browser, coordinator, files);
  await theFarmOverTime(browser, coordinator, files);
  await accidents(browser, coordinator, files);
  await aReaderWhoMayOnlyLook(browser, coordinator, files);
}
