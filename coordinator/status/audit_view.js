// SPDX-License-Identifier: Apache-2.0
// The audit log: who did what.
import {read} from './api.js';
import {h, said, updateChildren} from './dom.js';
import {time} from './format.js';
import {t} from './i18n.js';
import {table} from './images.js';

export function open(root) {
  const text = h('input', {type: 'search', id: 'audit-text'});
  const filters = h('form', {class: 'filters', role: 'search'},
      h('label', {}, t('tasks.text'), ' ', text));
  const body = h('div', {}, h('p', {}, t('page.loading')));
  root.append(h('h1', {}, t('nav.audit')), filters, body);

  async function refresh() {
    const page = await read('audit', {limit: 200, text: text.value.trim()});
    updateChildren(body, [page.items.length === 0 ?
        h('p', {class: 'notice'}, t('audit.none')) :
        table(t('nav.audit'), ['time', 'who', 'what', 'on', 'outcome'].map(
            (name) => t('audit.' + name)), page.items.map((entry) => h('tr', {},
                h('td', {}, time(entry.time)),
                h('th', {scope: 'row'}, entry.who, h('br'),
                  h('small', {}, entry.by)),
                h('td', {}, h('code', {}, entry.what)),
                h('td', {}, entry.on || ''),
                h('td', {class: entry.allowed ? '' : 'bad'},
                  said(entry.outcome)))))]);
  }
  filters.addEventListener('input', () => refresh().catch(() => {}));
  filters.addEventListener('submit', (event) => event.preventDefault());
  return {refresh};
}
