// SPDX-License-Identifier: Apache-2.0
// Dark or light: as the system has it, until the reader chooses.
import {recall, remember} from './preferences.js';

const dark = matchMedia('(prefers-color-scheme: dark)');

export function isDark() {
  const chosen = recall('theme');
  return chosen ? chosen === 'dark' : dark.matches;
}

export function applyTheme() {
  document.documentElement.dataset.theme = isDark() ? 'dark' : 'light';
  // What is drawn and not styled is drawn again.
  document.dispatchEvent(new Event('themechange'));
}

export function toggleTheme() {
  remember('theme', isDark() ? 'light' : 'dark');
  applyTheme();
}

dark.addEventListener('change', applyTheme);
