// SPDX-License-Identifier: Apache-2.0
// The page of farms that are made up: very large ones, and those that a real
// farm becomes only by accidents.
import {openPage, settled, show} from './browser.mjs';
import {check, expect, same} from './checks.mjs';
import {madeFarm} from './made_farm.mjs';
import {PageServer} from './server.mjs';
import {checkView, closeViews, READERS} from './views.mjs';

// The time that the page's own thread has worked, in milliseconds: not that of
// the clock, which goes on while a busy machine does other things.
async function watchWork(page) {
  const session = await page.createCDPSession();
  await session.send('Performance.enable', {timeDomain: 'threadTicks'});
  return async () => {
    const {metrics} = await session.send('Performance.getMetrics');
    return 1000 * metrics.find(({name}) => name === 'TaskDuration').value;
  };
}

// Scrolls what the selector names from its top to its end within two seconds,
// and tells how long the frames took, and how much work each was.
async function framesOfScrolling(page, selector) {
  const work = await watchWork(page);
  const before = await work();
  const frames = await scrollThrough(page, selector);
  return {...frames, work: (await work() - before) / frames.frames};
}

function scrollThrough(page, selector) {
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
  await check('builds are filtered by state and text, and the address says so',
    async () => {
      const ids = () => page.$$eval('.cards > li', (all) =>
        all.map((each) => each.dataset.key));
      await page.select('#state', 'failed');
      await page.waitForFunction(() =>
        document.querySelectorAll('.cards > li').length === 1);
      same(await ids(), ['build-2']);
      await page.select('#state', '');
      await page.type('#text', 'v1.2.77-');
      await page.waitForFunction(() =>
        document.querySelector('.cards > li')?.dataset.key === 'build-77');
      same(await ids(), ['build-77']);
      await page.reload({waitUntil: 'domcontentloaded'});
      await settled(page);
      same(await ids(), ['build-77']);
    });
  await show(page, server.url + '/#/builds/build-200');
  await page.waitForSelector('.rows .row');
  await check('of 10,000 tasks only the rows in sight exist', async () => {
    const rows = await page.$$eval('.rows .row', (all) => all.length);
    expect(rows > 5 && rows < 60, `${rows} rows exist`);
  });
  await check('they scroll smoothly to the last', async () => {
    const {frames, median, worst, work} =
        await framesOfScrolling(page, '.tasks');
    console.log(`      scrolling drew ${frames} frames in 2 s: the median ` +
        `took ${median.toFixed(1)} ms, the longest ${worst.toFixed(1)} ms; ` +
        `each was ${work.toFixed(1)} ms of work`);
    await page.waitForFunction(() => document.querySelector('.rows')
        .innerText.includes('image 9999 '));
    // The time that a screen of 60 Hz leaves for a frame.
    expect(work < 16, `a frame is ${work} ms of work`);
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

// What the selector names, as it can be read, a blank for each space.
const wordsOf = (page, selector) => page.$eval(selector, (node) =>
    node.innerText.replace(/\s+/g, ' '));

function expectWords(text, ...parts) {
  for (const part of parts) {
    expect(text.includes(part), `"${part}" is not in: ${text}`);
  }
}

// Moves the pointer there. What is scrolled after that would hide words that are
// shown beside it.
async function pointAt(page, selector) {
  await page.$eval(selector, (node) => node.scrollIntoView({block: 'center'}));
  await settled(page);
  await page.hover(selector);
}

const widthOfTimeline = (page) =>
    page.$eval('#timeline svg', (svg) => svg.clientWidth);

async function aTimeline(page) {
  await check('the pointer reads a task of the timeline', async () => {
    await pointAt(page, '#timeline rect[data-act="task"]');
    await page.waitForFunction(() => document.querySelector(
        '.tip:not([hidden])')?.innerText.includes('layer kubespray-images'));
    expectWords(await wordsOf(page, '.tip'), 'done', ' s', 'began at');
  });
  await check('it says what set the time, by phase, and marks it', async () => {
    expectWords(await wordsOf(page, '#timeline'), 'Most of the time went into',
                'layers', 'It ended with', 'The coordinator does it by itself.');
    expect(await page.$('#timeline rect.critical'), 'no bar is marked');
  });
  await check('it zooms by keys', async () => {
    const before = await widthOfTimeline(page);
    await page.focus('#timeline .pane');
    await page.keyboard.press('+');
    same(await widthOfTimeline(page), 2 * before);
    await page.keyboard.press('0');
    same(await widthOfTimeline(page), before);
  });
  await check('it zooms by Ctrl and the wheel', async () => {
    const before = await widthOfTimeline(page);
    await pointAt(page, '#timeline .pane');
    await page.keyboard.down('Control');
    await page.mouse.wheel({deltaY: -300});
    await page.keyboard.up('Control');
    await page.waitForFunction((width) => document.querySelector(
        '#timeline svg').clientWidth > width, {}, before);
  });
}

// A build with each verdict, each kind of layer, and a plan to compare it with.
async function aBuildInAllItsParts(browser, coordinator, files) {
  const made = madeFarm({builds: 3, tasks: 20, workers: 2});
  const server = await new PageServer({coordinator, files, made}).start();
  const url = server.url + '/#/builds/build-1';
  const {page, faults, close} = await openPage(browser);
  await show(page, url);
  await page.waitForSelector('.rows .row');
  await aTimeline(page);
  await check('a verdict says what was compared, where, and whether natively',
    async () => {
      await page.$$eval('#images details', (all) => all.forEach((each) => {
        each.open = true;
      }));
      expectWords(await wordsOf(page, '#images'), 'verified native box-0',
                  'verified emulated box-1', '88 files, each by its checksum',
                  'no limit of memory', 'failed',
                  'it did not answer within 60 s', 'to come');
    });
  await check('the preflight is beside what came of it', async () => {
    const rows = await page.$$eval('#plan tbody tr', (all) => all.map((row) =>
      row.innerText.replace(/\s+/g, ' ').trim()));
    for (const row of ['Fetched 5.0 GiB 4.9 GiB', 'Layers made 72 72',
      'Layers reused 18 (900 MiB) 18', 'Time of the layers 11 min 40 s ' +
        '10 min 40 s']) {
      expect(rows.includes(row), `"${row}" is not in: ${rows.join('; ')}`);
    }
    expectWords(await wordsOf(page, '#plan'), '42.0 MiB',
                'Images that lack platforms: 1');
  });
  await check('layers say what was reused, moved and is dead', async () => {
    expectWords(await wordsOf(page, '#layers .legend'), 'reused, not moved: 18',
                'made and moved: 18', 'dead');
    expect(await page.$('.treemap .reused rect.dead'), 'nothing is hatched');
    await pointAt(page, '.treemap .made rect');
    await page.waitForFunction(() => document.querySelector(
        '.tip:not([hidden])')?.innerText.includes('made and moved'));
  });
  await check('files and images have verdicts, the odd ones first', async () => {
    expectWords(await wordsOf(page, '#items'), 'as stated: 10',
                'none stated: 5', 'waived: 5');
    await page.$eval('#items details', (each) => {
      each.open = true;
    });
    expect(!(await wordsOf(page, '#items tbody tr')).includes('as stated'),
           'one that is in order is the first');
  });
  await check('a release whose build is gone is not compared, and that is said',
    async () => expectWords(await wordsOf(page, '#difference'),
                            'v1.2.0-2.28.0', 'not kept any more'));
  await check('the log is filtered by level', async () => {
    await page.select('#log-level', 'error');
    await page.waitForFunction(() => document.querySelectorAll(
        '#log .log li').length === 5);
    same(await page.$$eval('#log .log li', (all) => all.every((each) =>
      each.matches('.error'))), true);
  });
  await check('nothing went wrong in the page', () => faults);
  await close();
  await checkView(browser, 'a build in all its parts', url);
  await closeViews();
  await check('on a phone the letters of the treemap can be read', async () => {
    const phone = await openPage(browser, READERS[3]);
    await show(phone.page, url);
    await phone.page.waitForSelector('.treemap text');
    const heights = await phone.page.$$eval('.treemap text', (all) =>
      all.map((each) => each.getBoundingClientRect().height));
    expect(Math.min(...heights) > 9, `they are ${Math.min(...heights)} high`);
    await phone.close();
  });
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

async function workersAndQueues(page) {
  const rowsOf = () => page.$$eval('#workers tbody tr', (all) => all.map(
      (row) => [row.dataset.key, row.innerText.replace(/\s+/g, ' ')]));
  await check('workers stand by platform, those that need somebody first',
    async () => {
      same((await rowsOf()).map(([name]) => name), [
        'box-10', 'box-4', 'box-0', 'box-2', 'box-6', 'box-8',
        'box-11', 'box-5', 'box-3', 'box-9', 'box-1', 'box-7']);
    });
  await check('a worker says its health, slots, disk and what it does',
    async () => {
      const rows = new Map(await rowsOf());
      expectWords(rows.get('box-4'), 'lost', 'last seen');
      expectWords(rows.get('box-5'), 'unhealthy', 'its disk is full');
      expectWords(rows.get('box-3'), 'draining', 'Take work again');
      expectWords(rows.get('box-0'), 'ready', 'linux/amd64', '1 / 4', '5.0 GiB',
                  'fetching registry.k8s.io/pause:3.9', '1.0 MiB / 4.0 MiB',
                  'Drain');
    });
  await check('workers are found', async () => {
    await page.type('#worker-text', 'unhealthy');
    same((await rowsOf()).map(([name]) => name), ['box-11', 'box-5']);
  });
  await check('a queue says its age and why it waits', async () => {
    expectWords(await wordsOf(page, '[data-key="queues"]'), 'linux/arm64',
                'Ready: 3', 'oldest waits 5 min 40 s',
                'no ready worker runs linux/arm64 images');
  });
}

async function theFarmOverTime(browser, coordinator, files) {
  const made = madeFarm({builds: 3, tasks: 20, workers: 12});
  const server = await new PageServer({coordinator, files, made}).start();
  const {page, faults, close} = await openPage(browser);
  await show(page, server.url + '/#/farm');
  await workersAndQueues(page);
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
  await page.goto(server.url + '/#/builds/%');
  await check('an address that means nothing is said to be so', async () =>
    expectWords(await notice(), 'there is no build'));
  await page.goto(server.url + '/#/builds/gone');
  await page.waitForSelector('#content[data-address="#/builds/gone"]');
  await check('a build that is gone is said, with a way back', async () => {
    const text = await notice();
    expect(text.includes('there is no build gone'), text);
    expect(await page.$('main a[href="#/builds"]'), 'there is no way back');
  });
  made.fails.farm = made.problem(503, 'the engine is stopping');
  await page.goto(server.url + '/#/farm');
  await page.waitForSelector('#content[data-address="#/farm"]');
  await check('what cannot be read is said', async () => {
    const text = await notice();
    expect(text.includes('the engine is stopping'), text);
  });
  delete made.fails.farm;
  // Nothing happens at the farm, so no event says that it may be read again.
  await check('and is read by itself when it can be', async () => {
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

// The actions that the page offers in these views.
async function offered(page, url, ...views) {
  const found = [];
  for (const where of views) {
    await show(page, url + '/' + where);
    found.push(...await page.$$eval('main [data-act]:not([data-act="task"])',
                                    (all) => all.map((each) => each.dataset.act)));
  }
  return [...new Set(found)].sort();
}

async function actionsAreForThoseWhoMay(browser, coordinator, files) {
  const views = ['#/builds/build-3', '#/builds/build-2', '#/farm'];
  for (const [who, roles, acts] of [
    ['who may only look is offered nothing else', ['view'], []],
    ['who may submit is offered what concerns builds', ['view', 'submit'],
     ['cancel', 'priority', 'retry']],
    ['an admin is offered workers, too', ['view', 'submit', 'admin'],
     ['cancel', 'drain', 'priority', 'retry', 'undrain']],
  ]) {
    const made = madeFarm({builds: 3, tasks: 20, workers: 6, roles});
    const server = await new PageServer({coordinator, files, made}).start();
    const {page, close} = await openPage(browser);
    await check(who, async () =>
      same(await offered(page, server.url, ...views), acts));
    await close();
    await server.stop();
  }
}

// Every action asks first, by words that name what it acts on and what it does;
// what came of it is said to those who do not see it.
async function confirmations(browser, coordinator, files) {
  const made = madeFarm({builds: 3, tasks: 20, workers: 6});
  const server = await new PageServer({coordinator, files, made}).start();
  const {page, close} = await openPage(browser);
  for (const [where, act, name, effect, deed] of [
    ['#/builds/build-3', 'cancel', 'v1.2.3-2.28.1', 'no tag is pushed',
     'builds/build-3/cancel'],
    ['#/farm', 'drain', 'box-4', 'is given nothing more', 'workers/box-4/drain'],
    ['#/builds/build-3', 'priority', 'v1.2.3-2.28.1', 'twice the share',
     'builds/build-3/priority'],
    ['#/farm', 'undrain', 'box-3', 'is given tasks again',
     'workers/box-3/undrain'],
    ['#/builds/build-2', 'retry', 'v1.2.2-2.28.1', 'What failed runs again',
     'builds/build-2/retry'],
  ]) {
    await check(`${act} says what it does, and that it was done`, async () => {
      made.deeds.length = 0;
      await show(page, server.url + '/' + where);
      await page.click(`main [data-act="${act}"]`);
      expectWords(await wordsOf(page, 'dialog[open]'), name, effect);
      same(made.deeds, []);
      await page.click('dialog button.primary');
      await page.waitForSelector('dialog[open]', {hidden: true});
      same(made.deeds, [deed]);
      expectWords(await wordsOf(page, '#announcement'), name);
    });
  }
  await check('by keyboard, the content is the first thing to go to', async () => {
    await page.reload({waitUntil: 'domcontentloaded'});
    await settled(page);
    await page.keyboard.press('Tab');
    same(await page.evaluate(() => document.activeElement.id), 'skip');
    await page.keyboard.press('Enter');
    same(await page.evaluate(() => document.activeElement.id), 'content');
  });
  await close();
  await server.stop();
}

// `coordinator` has the page's files, unless they are in `files`.
export async function checkMadeStates(browser, coordinator, files) {
  await aLargeFarm(browser, coordinator, files);
  await aBuildInAllItsParts(browser, coordinator, files);
  await theFarmOverTime(browser, coordinator, files);
  await accidents(browser, coordinator, files);
  await actionsAreForThoseWhoMay(browser, coordinator, files);
  await confirmations(browser, coordinator, files);
}
