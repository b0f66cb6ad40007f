// SPDX-License-Identifier: Apache-2.0
// A build's tasks: a table with search, of which only the rows in sight exist.
import {Virtualizer, elementScroll, observeElementOffset, observeElementRect}
  from '@tanstack/virtual-core';
import {h} from './dom.js';
import {bytes, duration, number, secondsBetween} from './format.js';
import {t, word} from './i18n.js';

// As --row in page.css.
const ROW = 36;
// Rows that exist above and below those in sight.
const SPARE = 8;
const STATES = ['running', 'ready', 'delayed', 'shared', 'failed', 'done',
  'stopped'];
const COLUMNS = ['name', 'state', 'phase', 'worker', 'took', 'bytes'];

function bytesOf(task) {
  if (task.state === 'running') {
    return bytes(task.bytesDone || 0) +
        (task.bytesExpected ? ' / ' + bytes(task.bytesExpected) : '');
  }
  if (task.reused) return t('task.reused');
  return task.state === 'done' ?
      bytes((task.bytesFetched || 0) + (task.bytesPushed || 0)) : '';
}

function row(task, index, top) {
  const cell = (name, ...content) =>
      h('div', {role: 'cell', class: 'cell ' + name}, content);
  const made = h('div', {
    role: 'row', class: 'row', 'aria-rowindex': index + 2, 'data-key': task.id,
  },
  cell('name', h('button', {
    class: 'link', 'data-act': 'task', 'data-id': task.id, lang: 'en',
    title: task.name,
  }, task.name)),
  cell('state', h('span', {class: 'state ' + task.state},
                  word('state', task.state))),
  cell('phase', word('phase', task.phase)),
  cell('worker', task.worker || ''),
  cell('took', task.started ?
      duration(secondsBetween(task.started, task.ended)) : ''),
  cell('bytes', bytesOf(task)));
  made.style.transform = 'translateY(' + top + 'px)';
  return made;
}

// Makes the table in `root`; update(tasks) shows these.
export function openTasks(root) {
  let all = [];
  let shown = [];
  // The rows that exist, 'FIRST LAST'; empty when they are to be made again.
  let drawn = '';
  const text = h('input', {
    type: 'search', id: 'task-text', placeholder: t('tasks.search'),
  });
  const state = h('select', {id: 'task-state'},
      h('option', {value: ''}, t('builds.anyState')),
      STATES.map((name) => h('option', {value: name}, word('state', name))));
  const count = h('p', {class: 'muted', role: 'status'}, t('page.loading'));
  const body = h('div', {class: 'rows', role: 'rowgroup'});
  const table = h('div', {
    class: 'tasks', role: 'table', tabindex: 0, 'aria-label': t('tasks.title'),
    hidden: true,
  },
  h('div', {role: 'rowgroup', class: 'head'},
    h('div', {role: 'row', class: 'row', 'aria-rowindex': 1},
      COLUMNS.map((name) => h('div', {
        role: 'columnheader', class: 'cell ' + name,
      }, t('tasks.' + name))))), body);
  const filters = h('form', {
    class: 'filters', role: 'search', 'aria-label': t('tasks.find'),
  },
      h('label', {}, t('tasks.text'), ' ', text),
      h('label', {}, t('builds.state'), ' ', state));
  root.append(h('section', {'aria-labelledby': 'title-tasks'},
      h('h2', {id: 'title-tasks'}, t('tasks.title')), filters, count, table));

  const virtualizer = new Virtualizer(options());
  const letGo = virtualizer._didMount();

  function options() {
    return {
      count: shown.length, overscan: SPARE, estimateSize: () => ROW,
      getScrollElement: () => table, scrollToFn: elementScroll,
      observeElementRect, observeElementOffset, onChange: draw,
    };
  }

  function draw() {
    const items = virtualizer.getVirtualItems();
    const range = items.length > 0 ?
        items[0].index + ' ' + items[items.length - 1].index : 'none';
    if (drawn === range) return;
    drawn = range;
    const focused = document.activeElement?.dataset?.id;
    body.style.height = virtualizer.getTotalSize() + 'px';
    body.replaceChildren(...items.map(({index, start}) =>
      row(shown[index], index, start)));
    // The row that has the focus was made anew.
    if (focused && document.activeElement === document.body) {
      body.querySelector('[data-id="' + CSS.escape(focused) + '"]')
          ?.focus({preventScroll: true});
    }
  }

  function filter() {
    const wanted = text.value.trim().toLowerCase();
    shown = all.filter((task) =>
        (!state.value || task.state === state.value) &&
        (!wanted || [task.name, task.worker, task.host, task.platform]
            .some((each) => each && each.toLowerCase().includes(wanted))));
    count.textContent = all.length === 0 ? t('tasks.none') :
        t('tasks.count', {
          shown: number(shown.length), total: number(all.length),
        });
    table.hidden = all.length === 0;
    table.setAttribute('aria-rowcount', String(shown.length + 1));
    virtualizer.setOptions(options());
    virtualizer._willUpdate();
    drawn = '';
    draw();
  }

  filters.addEventListener('input', filter);
  filters.addEventListener('submit', (event) => event.preventDefault());
  return {
    update(tasks) {
      all = tasks;
      filter();
    },
    close: letGo,
  };
}
