// SPDX-License-Identifier: Apache-2.0
// What must hold for each view, whatever it shows.
import chinese from '../../coordinator/status/words_zh.js';
import english from '../../coordinator/status/words_en.js';
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

// A key of words that is shown has no words.
const KEYS = Object.keys(english);

// English that a reader of Chinese must not meet, but where it is marked as such:
// phrases, since single words may be names.
const PHRASES = Object.entries(english).filter(([key, words]) =>
    / /.test(words) && !words.includes('{') && words !== chinese[key])
    .map(([, words]) => words);

// The text in sight that is not said to be in another language, or code.
function ownText(page) {
  return page.evaluate(() => {
    const own = document.documentElement.lang.slice(0, 2);
    const walker = document.createTreeWalker(document.body,
                                             NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      if (parent.closest('code, pre, script, noscript')) continue;
      if (parent.closest('[lang]').lang.slice(0, 2) !== own) continue;
      if (parent.getClientRects().length === 0) continue;
      found.push(walker.currentNode.data);
    }
    return found.join('\n');
  });
}

async function inTheWrongLanguage(page, lang) {
  const text = await ownText(page);
  const found = lang === 'en' ? text.match(/[\u4e00-\u9fff]+/g) || [] :
      PHRASES.filter((phrase) => text.includes(phrase));
  return found.map((words) => `"${words}" is in another language than ${lang}`);
}

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
    ...await inTheWrongLanguage(page, lang),
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
