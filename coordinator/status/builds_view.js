// SPDX-License-Identifier: Apache-2.0
// The list of builds, with filters that the address keeps.
import {read} from './api.js';
import {h, said, updateChildren} from './dom.js';
import {bytes, duration, number, percent, secondsBetween, time}
  from './format.js';
import {t, word} from './i18n.js';

const PAGE = 200;
const STATES = ['running', 'succeeded', 'failed', 'cancelled'];

function progressOf(build) {
  const {tasksDone, tasksTotal} = build.progress;
  const text = t('build.tasksOf', {
    done: number(tasksDone), total: number(tasksTotal),
  });
  return [h('progress', {
    max: Math.max(tasksTotal, 1), value: tasksDone,
    'aria-label': t('build.progress', {name: build.release}),
  }), h('small', {}, text + ' · ' + percent(tasksDone, tasksTotal))];
}

function card(build) {
  return h('li', {class: 'card build ' + build.state, 'data-key': build.id},
      h('div', {class: 'card-title'},
        h('h2', {}, h('a', {href: '#/builds/' + encodeURIComponent(build.id)},
                      build.release)),
        h('span', {class: 'state ' + build.state}, word('state', build.state)),
        build.planOnly ? h('span', {class: 'tag'}, t('build.planOnly')) : null,
        build.state === 'succeeded' ? null :
            h('span', {class: 'muted'}, word('phase', build.phase)),
        h('span', {class: 'when'},
          duration(secondsBetween(build.created, build.ended)), ' ',
          h('small', {}, time(build.created)))),
      h('p', {class: 'bar'}, progressOf(build)),
      h('p', {}, t('build.contents', {
        files: number(build.fileCount), images: number(build.imageCount),
        platforms: build.platforms.join(', '),
      }), ' → ', h('code', {}, build.destination)),
      h('p', {class: 'muted'}, h('code', {}, build.id),
        build.submittedBy ? ' · ' + build.submittedBy : null, ' · ',
        t('build.moved', {
          fetched: bytes(build.bytesFetched), pushed: bytes(build.bytesPushed),
        }),
        build.failureCount > 0 ?
            h('b', {class: 'bad'}, ' · ', t('build.failureCount', {
              count: number(build.failureCount),
            })) : null),
      build.waiting.length > 0 && build.state === 'running' ?
          h('p', {class: 'wait'}, t('build.waiting') + ': ',
            said(build.waiting[0])) : null);
}

function emptyNotice(filtered) {
  if (filtered) return h('p', {class: 'notice'}, t('builds.noMatch'));
  return h('div', {class: 'notice'}, h('p', {}, t('builds.none')),
           h('pre', {tabindex: 0}, 'ksoctl submit -f release.yaml --wait'));
}

// `parameters` are the filters of the address.
export function open(root, parameters) {
  let shown = PAGE;
  const state = h('select', {id: 'state'},
      h('option', {value: ''}, t('builds.anyState')),
      STATES.map((name) => h('option', {value: name}, word('state', name))));
  const text = h('input', {
    id: 'text', type: 'search', placeholder: t('builds.search'),
  });
  state.value = parameters.get('state') || '';
  text.value = parameters.get('text') || '';
  const count = h('p', {class: 'muted', role: 'status'}, t('page.loading'));
  const list = h('ul', {class: 'cards'});
  const more = h('button', {hidden: true}, t('builds.more'));
  const filters = h('form', {
    class: 'filters', role: 'search', 'aria-label': t('builds.find'),
  },
      h('label', {}, t('builds.state'), ' ', state),
      h('label', {}, t('builds.text'), ' ', text));
  root.append(h('h1', {}, t('nav.builds')), filters, count, list, more);

  async function refresh() {
    const filter = {state: state.value, text: text.value.trim()};
    const items = [];
    let page = null;
    do {
      page = await read('builds', {
        ...filter, limit: Math.min(shown, 1000),
        pageToken: page?.nextPageToken,
      });
      items.push(...page.items);
    } while (items.length < shown && page.nextPageToken);
    const filtered = Boolean(filter.state || filter.text);
    count.textContent = page.total > 0 ?
        t('builds.count', {count: number(page.total)}) : '';
    updateChildren(list, items.map(card));
    root.querySelector('.notice:not(#problem)')?.remove();
    if (items.length === 0) list.after(emptyNotice(filtered));
    more.hidden = !page.nextPageToken;
  }

  let timer = 0;
  function filterChanged() {
    const query = new URLSearchParams();
    if (state.value) query.set('state', state.value);
    if (text.value.trim()) query.set('text', text.value.trim());
    const suffix = query.toString();
    history.replaceState(null, '', '#/builds' + (suffix ? '?' + suffix : ''));
    clearTimeout(timer);
    timer = setTimeout(() => refresh().catch(() => {}), 200);
  }
  filters.addEventListener('input', filterChanged);
  filters.addEventListener('submit', (event) => event.preventDefault());
  more.addEventListener('click', () => {
    shown += PAGE;
    refresh().catch(() => {});
  });
  return {refresh};
}
