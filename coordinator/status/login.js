// SPDX-License-Identifier: Apache-2.0
// The login: a token becomes a session.
import {ApiError, change} from './api.js';
import {h, said, updateChildren} from './dom.js';
import {language, nextLanguage, setLanguage, t} from './i18n.js';
import {applyTheme, isDark, toggleTheme} from './theme.js';

const byId = (id) => document.getElementById(id);

function draw() {
  document.documentElement.lang = language();
  document.title = 'kso: ' + t('login.title');
  byId('title').textContent = t('login.title');
  byId('token-label').textContent = t('login.token');
  byId('go').textContent = t('login.title');
  byId('how').textContent = t('login.how');
  updateChildren(byId('tools'), [
    h('button', {'data-act': 'language', lang: nextLanguage()},
      nextLanguage() === 'zh' ? '中文' : 'English'),
    h('button', {'data-act': 'theme'},
      isDark() ? t('page.light') : t('page.dark')),
  ]);
}

const ACTIONS = {
  language: () => setLanguage(nextLanguage()),
  theme: toggleTheme,
};

byId('tools').addEventListener('click', (event) => {
  ACTIONS[event.target.dataset.act]?.();
  draw();
});
byId('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  const problem = byId('problem');
  problem.replaceChildren();
  try {
    await change('/login', {token: byId('token').value.trim()});
    location.assign('/');
  } catch (error) {
    problem.append(error instanceof ApiError ? said(error.message) :
        t('login.silent'));
    byId('token').select();
  }
});

applyTheme();
draw();
