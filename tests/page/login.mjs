// SPDX-License-Identifier: Apache-2.0
// The login, which readers meet before they are known.
import {check, expect} from './checks.mjs';
import {openPage} from './browser.mjs';
import {complaints, READERS} from './views.mjs';

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
}
