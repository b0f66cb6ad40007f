// SPDX-License-Identifier: Apache-2.0
// The login, which readers meet before they are known.
import {check, expect} from './checks.mjs';
import {openPage} from './browser.mjs';
import {farm} from './farm.mjs';
import {complaints, READERS} from './views.mjs';

const isAtLogin = (page) =>
    page.waitForFunction(() => location.pathname === '/login');

async function aFarmWithIdentities(browser, url) {
  const token = await farm('make token');
  const {page, close} = await openPage(browser);
  await check('who is not known is led to the login', async () => {
    await page.goto(url + '/#/farm');
    await isAtLogin(page);
  });
  await check('a token of the farm shows the builds', async () => {
    await page.waitForSelector('#token');
    await page.type('#token', token);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.cards > li[data-key]');
  });
  await check('who logs out is not known any more', async () => {
    await page.click('[data-act="logout"]');
    await isAtLogin(page);
    await page.goto(url + '/#/builds');
    await isAtLogin(page);
  });
  await close();
}

// Ends with a farm that knows identities, and shows the page to nobody else.
export async function checkLogin(browser, url) {
  for (const reader of READERS) {
    await check(`login: ${reader.name}`, async () => {
      const {page, faults, close} = await openPage(browser, reader);
      await page.goto(url + '/login');
      const found = await complaints(page);
      const text = await page.$eval('body', (body) => body.innerText);
      const isChinese = /[\u4e00-\u9fff]{2}/.test(
          text.replace(/中文/g, ''));
      expect(isChinese === (reader.language === 'zh-CN'), text);
      await close();
      return [...found, ...faults];
    });
  }
  await check('a wrong token is refused in words', async () => {
    const {page, close} = await openPage(browser);
    await page.goto(url + '/login');
    await page.type('#token', 'not-a-token');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() =>
        document.querySelector('#problem').innerText !== '');
    await close();
  });
  await aFarmWithIdentities(browser, url);
}
