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
  const {width, text, headings, lang} = await page.evaluate(() => ({
    width: document.documentElement.scrollWidth,
    text: document.body.innerText,
    headings: document.querySelectorAll('h1').length,
    lang: document.documentElement.lang,
  }));
  const wide = width - page.viewport().width;
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

// The page of each reader, which goes from view to view as people do.
const opened = new Map();

async function pageOf(browser, reader, origin) {
  const key = reader.name + ' ' + origin;
  if (!opened.has(key)) {
    opened.set(key, await openPage(browser, {viewport: DESKTOP, ...reader}));
  }
  return opened.get(key);
}

// Opens the view for each reader, with all that can be opened.
export async function checkView(browser, name, url, readers = READERS) {
  for (const reader of readers) {
    await check(`${name}: ${reader.name}`, async () => {
      const {page, faults} = await pageOf(browser, reader, new URL(url).origin);
      await show(page, url);
      await page.$$eval('details', (all) => all.forEach((each) => {
        each.open = true;
      }));
      return [...await complaints(page), ...faults.splice(0)];
    });
  }
}

// Ends the pages of checkView, before what they look at ends.
export async function closeViews() {
  for (const {close} of opened.values()) await close();
  opened.clear();
}
