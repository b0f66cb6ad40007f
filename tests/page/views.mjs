// SPDX-License-Identifier: Apache-2.0
// What must hold for each view, whatever it shows.
import {readFile} from 'node:fs/promises';
import {check} from './checks.mjs';
import {DESKTOP, PHONE, findings, openPage, show} from './browser.mjs';

// Each choice is met with both others somewhere; more would take minutes.
export const READERS = [
  {name: 'desktop, light, English', language: 'en-US'},
  {name: 'desktop, dark, Chinese', scheme: 'dark', language: 'zh-CN'},
  {name: 'phone, light, Chinese', viewport: PHONE, language: 'zh-CN'},
  {name: 'phone, dark, English', viewport: PHONE, scheme: 'dark',
    language: 'en-US'},
];

// The keys of words: one that is shown has no words.
async function keysOfWords() {
  const source = new URL('../../coordinator/status/words_en.js',
                         import.meta.url);
  const text = await readFile(source, 'utf8');
  return [...text.matchAll(/^ {2}'([\w.]+)':/gm)].map(([, key]) => key);
}
const KEYS = await keysOfWords();

// What a reader of the view in sight would complain about, a line each.
export async function complaints(page) {
  const {wide, text, headings, lang} = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth - innerWidth,
    text: document.body.innerText,
    headings: document.querySelectorAll('h1').length,
    lang: document.documentElement.lang,
  }));
  const words = new Set(text.split(/\s+/));
  return [
    ...await findings(page),
    ...wide > 0 ? [`the page is ${wide} pixels wider than the window`] : [],
    ...headings === 1 ? [] : [`it has ${headings} headings of the first level`],
    ...KEYS.filter((key) => words.has(key)).map((key) => 'no words for ' + key),
    ...['undefined', 'NaN', '[object', 'Invalid'].filter((each) =>
        words.has(each)).map((each) => `it says "${each}"`),
    ...lang ? [] : ['the language is not said'],
  ];
}

// Opens the view for each reader, with all that can be opened.
export async function checkView(browser, name, url, readers = READERS) {
  for (const reader of readers) {
    await check(`${name}: ${reader.name}`, async () => {
      const {page, faults, close} = await openPage(browser,
          {viewport: DESKTOP, ...reader});
      await show(page, url);
      await page.$$eval('details', (all) => all.forEach((each) => {
        each.open = true;
      }));
      const found = await complaints(page);
      await close();
      return [...found, ...faults];
    });
  }
}
