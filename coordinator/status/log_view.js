// SPDX-License-Identifier: Apache-2.0
// A build's log, with search. The newest lines come first when it is long.
import {path, read} from './api.js';
import {h, said, updateChildren} from './dom.js';
import {clock, number} from './format.js';
import {t, word} from './i18n.js';

const LEVELS = ['info', 'warning', 'error'];
// The lines that a search shows at most.
const MOST = 1000;

export function logLine(line) {
  return h('li', {class: line.level, 'data-key': line.sequence},
      h('time', {datetime: line.time}, clock(Date.parse(line.time))), ' ',
      line.worker ? h('b', {}, line.worker + ' ') : null, said(line.text));
}

// The lines that match, and no more than MOST of them, the oldest first.
async function search(build, filter) {
  const page = await read('builds/' + path(build) + '/logs',
                          {...filter, limit: MOST});
  return page.items;
}

// Makes the log of the build in `root`; update(build) shows it.
export function openLog(root, id) {
  let latest = null;
  const text = h('input', {type: 'search', id: 'log-text',
                           placeholder: t('log.search')});
  const level = h('select', {id: 'log-level'},
      h('option', {value: ''}, t('builds.anyState')),
      LEVELS.map((name) => h('option', {value: name}, word('level', name))));
  const filters = h('form', {
    class: 'filters', role: 'search', 'aria-label': t('log.find'),
  },
      h('label', {}, t('tasks.text'), ' ', text),
      h('label', {}, t('log.level'), ' ', level));
  const count = h('p', {class: 'muted', role: 'status'});
  const lines = h('ol', {class: 'log', tabindex: 0, role: 'list',
                         'aria-label': t('build.log')});
  root.append(h('section', {id: 'log', 'aria-labelledby': 'title-log'},
      h('h2', {id: 'title-log', tabindex: -1}, t('build.log')), filters, count,
      lines));

  async function show() {
    const wanted = text.value.trim();
    const isFiltered = Boolean(wanted || level.value);
    // The build brings its newest lines along.
    const items = isFiltered ?
        await search(id, {text: wanted, level: level.value}) : latest.events;
    updateChildren(lines, items.map(logLine));
    lines.hidden = items.length === 0;
    const words = items.length === 0 ?
        t(isFiltered ? 'log.noMatch' : 'task.noLog') :
        t(isFiltered ? 'log.matches' : 'log.newest',
          {count: number(items.length)});
    if (count.textContent !== words) count.textContent = words;
  }

  let timer = 0;
  filters.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => show().catch(() => {}), 200);
  });
  filters.addEventListener('submit', (event) => event.preventDefault());
  return {
    update(build) {
      latest = build;
      return show();
    },
  };
}
