// SPDX-License-Identifier: Apache-2.0
// The page's languages. Each has a file of words with the same keys.
import english from './words_en.js';
import chinese from './words_zh.js';
import {recall, remember} from './preferences.js';

const WORDS = {en: english, zh: chinese};

function preferred() {
  const chosen = recall('language');
  if (chosen in WORDS) return chosen;
  for (const tag of navigator.languages || []) {
    const base = tag.toLowerCase().split('-')[0];
    if (base in WORDS) return base;
  }
  return 'en';
}

let current = preferred();

// The tag for `lang` and Intl.
export function language() {
  return current === 'zh' ? 'zh-CN' : current;
}

export function nextLanguage() {
  return current === 'zh' ? 'en' : 'zh';
}

export function setLanguage(name) {
  current = name;
  remember('language', name);
}

// The words of a key, with {name} filled in. A key without words shows itself.
export function t(key, values = {}) {
  const words = WORDS[current][key] ?? english[key] ?? key;
  return words.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

// A word of the API's enumerations: "running". Those of later versions show
// themselves.
export function word(kind, value) {
  const key = kind + '.' + value;
  return key in english ? t(key) : value;
}
