// SPDX-License-Identifier: Apache-2.0
// The audit log: who did what.
import {read} from './api.js';
import {h, said, updateChildren} from './dom.js';
import {time} from './format.js';
import {t} from './i18n.js';
import {table} from './images.js';

const PAGE = 200;

function row(entry) {
  return h('tr', {},
      h('td', {}, time(entry.time)),
      h('th', {scope: 'row'}, entry.who, h('br'), h('small', {}, entry.by)),
      h('td', {}, h('code', {}, entry.what)),
      h('td', {class: 'long'}, entry.on || ''),
      h('td', {}, h('span', {class: 'state ' + (entry.allowed ?
          'verified' : 'failed')}, t(entry.allowed ? 'audit.allowed' :
                                                     'audit.refused')),
      h('br'), h('small', {}, said(entry.outcome))));
}

export function open(root) {
  let shown = PAGE;
  const text = h('input', {type: 'search', id: 'audit-text'});
  const filters = h('form', {
    class: 'filters', role: 'search', 'aria-label': t('audit.find'),
  },
      h('label', {}, t('tasks.text'), ' ', text));
  const body = h('div', {}, h('p', {class: 'loading'}, t('page.loading')));
  const more = h('button', {hidden: true}, t('builds.more'));
  root.append(h('h1', {}, t('nav.audit')), filters, body, more);

  async function refresh() {
    const page = await read('audit', {
      limit: Math.min(shown, 1000), text: text.value.trim(),
    });
    updateChildren(body, [page.items.length === 0 ?
        h('p', {class: 'notice'},
          t(text.value.trim() ? 'audit.noMatch' : 'audit.none')) :
        table(t('nav.audit'), ['time', 'who', 'what', 'on', 'outcome'].map(
            (name) => t('audit.' + name)), page.items.map(row))]);
    more.hidden = !page.nextPageToken || shown >= 1000;
  }
  filters.addEventListener('input', () => refresh().catch(() => {}));
  filters.addEventListener('submit', (event) => event.preventDefault());
  more.addEventListener('click', () => {
    shown += PAGE;
    refresh().catch(() => {});
  });
  return {refresh};
}
