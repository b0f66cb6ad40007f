// SPDX-License-Identifier: Apache-2.0
// One task, with its part of the build's log.
import {path, read} from './api.js';
import {h, said} from './dom.js';
import {failureItem} from './failures.js';
import {bytes, duration, secondsBetween} from './format.js';
import {t, word} from './i18n.js';
import {logLine} from './log_view.js';

const tasks = new Map();

// Views tell which tasks they show, by build.
export function knowTasks(build, items) {
  for (const task of items) tasks.set(task.id, {build, task});
}

export function forgetTasks() {
  tasks.clear();
}

function facts(task) {
  const rows = [
    ['task.state', word('state', task.state)],
    ['task.phase', word('phase', task.phase)],
    ['task.worker', task.worker],
    ['task.platform', task.platform],
    ['task.attempts', task.attempts],
    ['task.took', task.started &&
        duration(secondsBetween(task.started, task.ended))],
    ['task.fetched', task.bytesFetched && bytes(task.bytesFetched)],
    ['task.pushed', task.bytesPushed && bytes(task.bytesPushed)],
    ['task.activity', task.activity && said(task.activity)],
    ['task.waitsFor', task.waitsFor && said(task.waitsFor)],
  ];
  return h('dl', {class: 'facts'}, rows.filter(([, value]) => value)
      .map(([key, value]) => h('div', {}, h('dt', {}, t(key)),
                               h('dd', {}, value))));
}

// Opens the dialog for a task that a view shows.
export async function showTask(dialog, id) {
  const known = tasks.get(id);
  if (!known) return;
  const log = h('ol', {
    class: 'log', tabindex: 0, role: 'list', 'aria-label': t('task.log'),
  }, h('li', {}, t('page.loading')));
  const close = h('button', {type: 'button'}, t('action.close'));
  close.addEventListener('click', () => dialog.close());
  dialog.replaceChildren(
      h('h2', {id: 'dialog-title'}, said(known.task.name)), facts(known.task),
      known.task.failure ?
          h('ul', {class: 'failures'}, failureItem(known.task.failure)) : '',
      h('h3', {}, t('task.log')), log,
      h('div', {class: 'buttons'}, close));
  dialog.showModal();
  close.focus();
  try {
    const page = await read('builds/' + path(known.build) + '/logs',
                            {task: id, limit: 1000});
    log.replaceChildren(...(page.items.length > 0 ?
        page.items.map(logLine) : [h('li', {}, t('task.noLog'))]));
  } catch (error) {
    log.replaceChildren(h('li', {class: 'error'}, said(error.message)));
  }
}
