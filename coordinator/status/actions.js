// SPDX-License-Identifier: Apache-2.0
// The actions that change the farm. Each asks first, in a dialog that names
// what it does.
import {change, path} from './api.js';
import {h, said, updateChildren} from './dom.js';
import {t} from './i18n.js';
import {showTask} from './task_dialog.js';

const dialog = document.getElementById('dialog');

const PATHS = {
  cancel: (id) => '/api/v1/builds/' + path(id) + '/cancel',
  retry: (id) => '/api/v1/builds/' + path(id) + '/retry',
  priority: (id) => '/api/v1/builds/' + path(id) + '/priority',
  drain: (id) => '/api/v1/workers/' + path(id) + '/drain',
  undrain: (id) => '/api/v1/workers/' + path(id) + '/undrain',
};

function announce(text) {
  document.getElementById('announcement').textContent = text;
}

function priorityField(value) {
  return h('p', {}, h('label', {}, t('action.priority.label'), ' ',
      h('input', {
        id: 'priority', type: 'number', min: -100, max: 100, step: 1,
        value: value || 0, required: true,
      })));
}

function confirmAction(act, id, name, value, done) {
  const problem = h('p', {class: 'bad', role: 'alert'});
  const go = h('button', {class: 'primary'}, t('action.' + act + '.go'));
  const stop = h('button', {type: 'button'}, t('action.leave'));
  const form = h('form', {},
      h('h2', {id: 'dialog-title'}, t('action.' + act + '.title', {name})),
      h('p', {}, t('action.' + act + '.effect')),
      act === 'priority' ? priorityField(value) : null,
      problem, h('div', {class: 'buttons'}, stop, go));
  stop.addEventListener('click', () => dialog.close());
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    go.disabled = true;
    try {
      const field = document.getElementById('priority');
      await change(PATHS[act](id),
                   field ? {priority: Number(field.value)} : undefined);
      dialog.close();
      announce(t('action.' + act + '.done', {name}));
      done();
    } catch (error) {
      updateChildren(problem, [said(error.message)]);
      go.disabled = false;
    }
  });
  dialog.replaceChildren(form);
  dialog.showModal();
  const input = form.querySelector('input');
  (input || stop).focus();
  // A typed value replaces the one that is there.
  input?.select();
}

async function logOut() {
  await change('/logout');
  location.assign('/login');
}

// Does what the button's data names: `data-act` to `data-id`, which people
// know as `data-name`; calls done() when the farm has been changed.
export function actOn(button, done) {
  const {act, id, name, value} = button.dataset;
  if (act in PATHS) confirmAction(act, id, name, value, done);
  else if (act === 'task') showTask(dialog, id);
  else if (act === 'logout') logOut();
}

// The button for an action.
export function actionButton(act, id, name, value) {
  return h('button', {
    'data-act': act, 'data-id': id, 'data-name': name, 'data-value': value,
    'data-key': act,
    'aria-label': t('action.' + act + '.title', {name}),
  }, t('action.' + act));
}
