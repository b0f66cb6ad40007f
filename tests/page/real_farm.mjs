// SPDX-License-Identifier: Apache-2.0
// The page of a farm of the real programs, from its first minute on.
import {openPage, settled, show} from './browser.mjs';
import {check, expect, same} from './checks.mjs';
import {farm} from './farm.mjs';
import {checkView, closeViews, complaints, READERS} from './views.mjs';

const DESKTOP_ONLY = READERS.slice(0, 1);

const textOf = (page) => page.$eval('main', (main) => main.innerText);

// Waits until the page says this by itself. A build may take minutes on a
// machine that is busy.
function says(page, text, within = 'main') {
  return page.waitForFunction((wanted, where) => document.querySelector(where)
      ?.innerText.includes(wanted), {timeout: 180000}, text, within);
}

async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

// Opens the dialog of an action by the keyboard.
async function openDialog(page, act) {
  await page.focus(`[data-act="${act}"]`);
  await press(page, 'Enter');
  await page.waitForSelector('dialog[open]');
  return page.$eval('dialog', (dialog) => dialog.innerText);
}

async function anEmptyFarm(browser, url) {
  await checkView(browser, 'no build yet', url + '/#/builds', DESKTOP_ONLY);
  await checkView(browser, 'no worker yet', url + '/#/farm');
  await checkView(browser, 'no deed yet', url + '/#/audit', DESKTOP_ONLY);
}

async function aBuildThatEndsWell(page, url) {
  await show(page, url + '/#/farm');
  await check('a farm without workers says how to start one', async () =>
    expect((await textOf(page)).includes('kso-worker --coordinator'),
           await textOf(page)));
  await farm('start worker');
  await check('a worker that comes appears by itself', () =>
    says(page, 'box-1'));
  await show(page, url + '/#/builds');
  const id = await farm('submit older');
  await check('a build that is submitted appears by itself', () =>
    says(page, 'v0.1.0-2.25.1'));
  await show(page, url + '/#/builds/' + id);
  await check('its page follows it to its end', () =>
    says(page, 'succeeded', 'h1 + .state'));
  await check('each image and platform is verified', async () => {
    same(await page.$$eval('.state.verified', (all) => all.length), 6);
  });
  await check('each file and image has a verdict, and they are counted',
    async () => {
      await says(page, 'none stated: ', '#items');
      await says(page, 'as stated: ', '#items');
      const verdicts = await page.$$eval('#items tbody tr', (rows) =>
        rows.map((row) => row.children[1].textContent));
      expect(verdicts.length > 90, `only ${verdicts.length} rows`);
      for (const verdict of verdicts) {
        expect(/^(as stated|none stated)/.test(verdict), verdict);
      }
    });
  return id;
}

async function theNextRelease(browser, page, url) {
  const id = await farm('submit newer');
  await show(page, url + '/#/builds/' + id);
  await says(page, 'succeeded', 'h1 + .state');
  await check('the next release says what it changes', async () => {
    await says(page, 'v1.29.9 → v1.29.10', '#difference');
    const rows = await page.$$eval('#difference .change.changed',
                                   (all) => all.length);
    expect(rows > 5, `only ${rows} rows`);
  });
  await check('its layers are reused or moved', () =>
    page.waitForFunction(() => ['reused', 'made'].every((state) =>
      document.querySelector('.treemap .layer.' + state))));
  await check('a part of the page has an address', async () => {
    await show(page, `${url}/#/builds/${id}/layers`);
    await page.waitForFunction(() =>
      document.activeElement.id === 'title-layers');
  });
  await checkView(browser, 'the next release', url + '/#/builds/' + id);
}

async function tasksAndTimeline(page, url, id) {
  await show(page, `${url}/#/builds/${id}`);
  await page.waitForSelector('.rows .row');
  await check('tasks are searched', async () => {
    await page.type('#task-text', 'kubectl kubelet');
    await page.waitForFunction(() => [...document.querySelectorAll(
        '.rows .cell.name')].every((cell) => cell.innerText.includes(
        'kubectl kubelet')));
  });
  await check('a task shows its log, and Escape closes it', async () => {
    await page.focus('.rows [data-act="task"]');
    await press(page, 'Enter');
    await says(page, 'kubectl kubelet', 'dialog h2');
    await page.waitForFunction(() => document.querySelectorAll(
        'dialog .log time').length > 0);
    await press(page, 'Escape');
    await page.waitForSelector('dialog[open]', {hidden: true});
    same(await page.evaluate(() => document.activeElement.dataset.act), 'task');
  });
  await check('the timeline zooms', async () => {
    const width = () => page.$eval('#timeline svg', (svg) => svg.clientWidth);
    const before = await width();
    await page.click('#timeline [data-zoom="in"]');
    expect(await width() > before, 'it is as wide as before');
  });
  await check('the log is searched', async () => {
    await page.type('#log-text', 'no such line');
    await says(page, 'No line', '#log');
  });
}

async function actions(browser, page, url) {
  const id = await farm('submit slow');
  await show(page, url + '/#/builds/' + id);
  await check('a priority is changed, by the keyboard alone', async () => {
    const asked = await openDialog(page, 'priority');
    expect(asked.includes('twice the share'), asked);
    await press(page, '7', 'Enter');
    await page.waitForFunction(() => [...document.querySelectorAll('dd')].some(
        (each) => each.innerText === '7'));
  });
  await check('a dialog is in order', () => openDialog(page, 'cancel').then(
      () => complaints(page)));
  await check('what it would do is left undone on request', async () => {
    await press(page, 'Escape');
    expect((await textOf(page)).includes('running'), await textOf(page));
  });
  await checkView(browser, 'a build that runs', url + '/#/builds/' + id,
                  READERS.slice(1, 3));
  await check('a build is cancelled', async () => {
    const asked = await openDialog(page, 'cancel');
    expect(asked.includes('no tag is pushed'), asked);
    await page.click('dialog button.primary');
    await says(page, 'cancelled', 'h1 + .state');
  });
  await check('and retried', async () => {
    await openDialog(page, 'retry');
    await page.click('dialog button.primary');
    await says(page, 'running', 'h1 + .state');
    await openDialog(page, 'cancel');
    await page.click('dialog button.primary');
    await says(page, 'cancelled', 'h1 + .state');
  });
  await show(page, url + '/#/farm');
  await check('a worker drains, and works again', async () => {
    for (const [act, then] of [['drain', 'draining'], ['undrain', 'ready']]) {
      await openDialog(page, act);
      await page.click('dialog button.primary');
      await says(page, then, 'tbody');
    }
  });
  await show(page, url + '/#/audit');
  await check('the audit log says who did what', async () => {
    for (const deed of ['/cancel', '/drain']) await says(page, deed);
  });
}

async function aBuildThatFails(browser, page, url) {
  const id = await farm('submit failing');
  await show(page, url + '/#/builds/' + id);
  await check('a failure names the item, the reason and what to do', async () => {
    await says(page, 'failed', 'h1 + .state');
    for (const part of ['404', 'no-such-file', 'What to do']) {
      await says(page, part, '#failures');
    }
  });
  await checkView(browser, 'a build that failed', url + '/#/builds/' + id,
                  [READERS[0], READERS[3]]);
}

async function aCoordinatorThatStops(page, url, id) {
  await show(page, url + '/#/builds/' + id);
  await farm('stop coordinator');
  await check('a coordinator that is gone is said, above what was known',
    async () => {
      await says(page, 'does not answer', '#connection');
      expect((await textOf(page)).includes('v0.1.0-2.25.1'), 'it is gone');
      return complaints(page);
    });
  await farm('start coordinator');
  await check('one that is back is followed again', async () => {
    await says(page, 'Live', '#connection');
    await settled(page);
  });
}

export async function checkRealFarm(browser, url) {
  await anEmptyFarm(browser, url);
  const {page, faults, close} = await openPage(browser);
  const id = await aBuildThatEndsWell(page, url);
  await check('nothing went wrong in the page', () => faults);
  await theNextRelease(browser, page, url);
  for (const [name, where] of [['builds', '#/builds'], ['farm', '#/farm'],
    ['audit log', '#/audit']]) {
    await checkView(browser, name, url + '/' + where);
  }
  await tasksAndTimeline(page, url, id);
  await actions(browser, page, url);
  await aBuildThatFails(browser, page, url);
  await closeViews();
  await aCoordinatorThatStops(page, url, id);
  await close();
}
