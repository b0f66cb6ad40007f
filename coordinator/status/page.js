// SPDX-License-Identifier: Apache-2.0
// The page: finds the view that the address names, and keeps it up to date.
import {read} from './api.js';
import {actOn} from './actions.js';
import * as auditView from './audit_view.js';
import * as buildView from './build_view.js';
import * as buildsView from './builds_view.js';
import {h, said, updateChildren} from './dom.js';
import * as farmView from './farm_view.js';
import {language, nextLanguage, setLanguage, t} from './i18n.js';
import {follow} from './live.js';
import {session, setSession} from './session.js';
import {applyTheme, isDark, toggleTheme} from './theme.js';
import {showTips} from './tips.js';

// Views are read again at most this often.
const PAUSE_MS = 700;
// A view that could not be read is read again after this time, without an event.
const TRY_AGAIN_MS = 5000;

const byId = (id) => document.getElementById(id);
const content = byId('content');

// The view that is open; null before the first:
//   refresh(change)  reads what it shows again
//   goTo(part)       brings a part of it into sight; where it has parts
//   close()          ends what it watches; where it watches anything
let view = null;
// The parts of the address that the view shows: ['builds', 'ID'].
let shown = [];
let connection = 'connecting';
let refreshing = false;
// The changes since the last refresh; null: none.
let pending = null;
// The next reading of a view that could not be read.
let retryTimer = 0;

// A part of an address that somebody typed may be anything.
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

// "#/builds/ID?text=x" as {parts: ['builds', 'ID'], parameters}.
function address() {
  const [where, query] = location.hash.slice(1).split('?');
  return {
    parts: where.split('/').filter(Boolean).map(decoded),
    parameters: new URLSearchParams(query || ''),
  };
}

function openView() {
  const {parts, parameters} = address();
  view?.close?.();
  shown = parts.slice(0, 2);
  content.replaceChildren();
  content.dataset.state = 'loading';
  content.dataset.address = location.hash;
  if (parts[0] === 'farm') {
    view = farmView.open(content);
  } else if (parts[0] === 'audit') {
    view = auditView.open(content);
  } else if (parts[0] === 'builds' && parts[1]) {
    view = buildView.open(content, parts[1], parts[2]);
  } else {
    view = buildsView.open(content, parameters);
  }
  drawFrame();
  refresh('all');
}

// Merges two changes; 'all' is whatever there is.
function merge(a, b) {
  if (a === null) return b;
  if (a === 'all' || b === 'all') return 'all';
  return {
    builds: [...a.builds, ...b.builds],
    removedBuilds: [...a.removedBuilds, ...b.removedBuilds],
    workers: [...a.workers, ...b.workers],
    hosts: a.hosts || b.hosts,
  };
}

async function refresh(change) {
  pending = merge(pending, change);
  if (refreshing) return;
  refreshing = true;
  while (pending !== null) {
    const now = pending;
    const begun = performance.now();
    const shown = view;
    pending = null;
    clearTimeout(retryTimer);
    try {
      await shown.refresh(now);
      if (shown === view) content.dataset.state = 'ready';
      showProblem('');
    } catch (error) {
      if (shown === view) {
        showProblem(error.message);
        tryAgainLater(error);
      }
    }
    // A view that takes long to read is read less often.
    const took = performance.now() - begun;
    if (shown === view) {
      await new Promise((done) => setTimeout(done, Math.max(PAUSE_MS, took)));
    }
  }
  refreshing = false;
}

// A refusal stays one until an event says otherwise; all else may pass.
function tryAgainLater({status}) {
  if (status >= 400 && status < 500) return;
  retryTimer = setTimeout(() => refresh('all'), TRY_AGAIN_MS);
}

function showProblem(message) {
  const old = byId('problem');
  if (!message) {
    old?.remove();
    return;
  }
  content.dataset.state = 'failed';
  const fresh = h('p', {id: 'problem', class: 'notice bad', role: 'alert'},
                  t('page.cannotRead'), ' ', said(message));
  if (old) old.replaceWith(fresh);
  else content.prepend(fresh);
}

function navigationLink(name, current) {
  return h('a', {
    href: '#/' + name, 'aria-current': name === current ? 'page' : null,
  }, t('nav.' + name));
}

function drawFrame() {
  const current = address().parts[0] || 'builds';
  document.documentElement.lang = language();
  // A view that knows a better title sets it.
  if (!address().parts[1]) document.title = 'kso: ' + t('nav.' + current);
  byId('skip').textContent = t('page.skip');
  byId('navigation').setAttribute('aria-label', t('page.navigation'));
  const names = ['builds', 'farm'];
  if (session().roles.includes('admin')) names.push('audit');
  updateChildren(byId('navigation'),
                 names.map((name) => navigationLink(name, current)));
  updateChildren(byId('tools'), [
    h('button', {'data-act': 'language', lang: nextLanguage()},
      nextLanguage() === 'zh' ? '中文' : 'English'),
    h('button', {'data-act': 'theme'},
      isDark() ? t('page.light') : t('page.dark')),
    session().principal && session().authentication === 'required' ?
        h('button', {'data-act': 'logout', title: session().principal},
          t('page.logout')) : '',
  ].filter(Boolean));
  byId('licenses').textContent = t('page.licenses');
  const state = byId('connection');
  state.className = 'connection ' + connection;
  const text = t('connection.' + connection, {version: session().version});
  if (state.textContent !== text) state.textContent = text;
  byId('warning').hidden = !session().plaintextToOthers;
  byId('warning').textContent = t('page.plaintext');
}

async function readSession() {
  const answer = await read('session');
  if (answer.roles.length === 0) location.assign('/login');
  setSession(answer);
}

function onEvent(name, data) {
  if (name === 'lost') {
    connection = 'lost';
    drawFrame();
    // A session that has ended is not told by the stream.
    readSession().catch(() => {});
    return;
  }
  if (name === 'hello') {
    connection = 'live';
    readSession().then(() => {
      drawFrame();
      refresh('all');
    }).catch(() => {});
    return;
  }
  refresh(name === 'change' ? data : 'all');
}

const OWN_ACTIONS = {
  language: () => {
    setLanguage(nextLanguage());
    openView();
  },
  theme: () => {
    toggleTheme();
    drawFrame();
  },
};

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-act]');
  if (!button) return;
  const own = OWN_ACTIONS[button.dataset.act];
  if (own) own();
  else actOn(button, () => refresh('all'));
});
byId('skip').addEventListener('click', (event) => {
  event.preventDefault();
  content.focus();
});
addEventListener('hashchange', () => {
  const {parts} = address();
  const isThisView = shown.every((each, i) => each === parts[i]);
  if (parts[2] && view?.goTo && isThisView) {
    content.dataset.address = location.hash;
    view.goTo(parts[2]);
    return;
  }
  openView();
  content.focus();
  scrollTo(0, 0);
});

applyTheme();
showTips();
drawFrame();
// Views offer what the reader may do, so they come after the session.
await readSession().catch(() => {});
openView();
follow(onEvent);
