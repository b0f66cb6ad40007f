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
  // Canvases are not styled: whoever has drawn one draws it again.
  document.dispatchEvent(new Event('themechange'));
}

export function toggleTheme() {
  remember('theme', isDark() ? 'light' : 'dark');
  applyTheme();
}

dark.addEventListener('change', applyTheme);
