// SPDX-License-Identifier: Apache-2.0
// The farm: its workers, what waits and why, hosts with their quotas, and all
// of it over time.
import {actionButton} from './actions.js';
import {read, readAll} from './api.js';
import {h, said, updateChildren} from './dom.js';
import {bytes, duration, number, time} from './format.js';
import {t, word} from './i18n.js';
import {table} from './images.js';
import {openPlots} from './plots.js';
import {may} from './session.js';

function section(key, ...content) {
  return h('section', {'data-key': key, 'aria-labelledby': 'title-' + key},
           h('h2', {id: 'title-' + key}, t('farm.' + key)), content);
}

function pools(farm) {
  if (farm.platforms.length === 0) {
    return h('div', {class: 'notice'}, h('p', {}, t('farm.noWorkers')),
        h('pre', {tabindex: 0}, 'kso-worker --coordinator HOST:7070'));
  }
  return h('ul', {class: 'tiles'}, farm.platforms.map((pool) =>
      h('li', {class: 'card', 'data-key': pool.platform},
        h('h3', {}, pool.platform),
        h('progress', {
          max: Math.max(pool.slots, 1), value: pool.slotsUsed,
          'aria-label': t('farm.slotsOf', {platform: pool.platform}),
        }),
        h('p', {class: 'muted'}, t('farm.pool', {
          used: number(pool.slotsUsed), slots: number(pool.slots),
          ready: number(pool.workersReady),
          native: number(pool.workersNative),
        })))));
}

function lease(each) {
  const text = said(each.activity || each.taskName || each.taskId);
  return h('li', {}, each.buildId ?
      h('a', {href: '#/builds/' + encodeURIComponent(each.buildId)}, text) :
      text,
  each.bytesExpected ? h('small', {}, ' ', bytes(each.bytesDone) + ' / ' +
      bytes(each.bytesExpected)) : null);
}

function stateCell(worker) {
  const reason = worker.unhealthyReason || worker.cannotExecuteReason;
  return h('td', {}, h('span', {class: 'state ' + worker.state},
                       word('worker', worker.state)),
      worker.state === 'lost' ? h('small', {}, h('br'), t('workers.lastSeen'),
                                  ' ', time(worker.lastSeen)) : null,
      reason ? h('small', {}, h('br'), said(reason)) : null);
}

function slotsCell({name, leases, slots}) {
  return h('td', {class: 'figure'}, h('progress', {
    max: Math.max(slots, 1), value: leases.length, class: 'short',
    'aria-label': t('workers.slotsOf', {name}),
  }), h('small', {}, number(leases.length) + ' / ' + number(slots)));
}

function workerRow(worker) {
  const others = worker.platforms.filter((each) => !each.native);
  return h('tr', {'data-key': worker.name},
      h('th', {scope: 'row', class: 'name'}, worker.name, h('br'),
        h('small', {}, worker.version)),
      stateCell(worker),
      h('td', {}, worker.platforms.filter((each) => each.native)
          .map((each) => each.platform).join(', '),
      others.length > 0 ? h('small', {}, h('br'), t('images.emulated') + ': ' +
          others.map((each) => each.platform).join(', ')) : null),
      slotsCell(worker),
      h('td', {class: 'figure'}, bytes(worker.diskFreeBytes)),
      h('td', {class: 'figure'}, number(worker.tasksDone)),
      h('td', {class: 'long'}, worker.leases.length > 0 ?
          h('ul', {class: 'plain'}, worker.leases.map(lease)) : '–'),
      may('admin') ? h('td', {}, actionButton(
          worker.drainOrdered ? 'undrain' : 'drain', worker.name,
          worker.name)) : null);
}

const UNWELL = ['lost', 'unhealthy', 'draining', 'ready'];

// Workers by the platform that they are, those that need somebody first.
function sortWorkers(workers) {
  const home = (worker) =>
      (worker.platforms.find((each) => each.native) || {platform: ''}).platform;
  const key = (worker) => [home(worker), UNWELL.indexOf(worker.state)];
  return [...workers].sort((a, b) => {
    const [[p, u], [q, v]] = [key(a), key(b)];
    return p === q ? u - v || a.name.localeCompare(b.name) : p < q ? -1 : 1;
  });
}

function workersTable(workers) {
  const columns = ['name', 'state', 'platforms', 'slots', 'disk', 'done',
    'doing', ...may('admin') ? ['actions'] : []];
  return table(t('farm.workers'), columns.map((name) => t('workers.' + name)),
               workers.map(workerRow));
}

function queues(farm) {
  if (farm.queues.length === 0) return h('p', {}, t('farm.noQueues'));
  return h('ul', {class: 'tiles'}, farm.queues.map((queue) =>
      h('li', {class: 'card'},
        h('h3', {}, queue.platform || t('farm.anyPlatform'),
          queue.mustExecute ? h('span', {class: 'tag'},
                                t('farm.mustExecute')) : null),
        h('p', {}, t('farm.queue', {
          ready: number(queue.ready), delayed: number(queue.delayed),
          age: duration(queue.oldestSeconds),
        })),
        h('ul', {class: 'wait'},
          queue.reasons.map((each) => h('li', {}, said(each)))))));
}

function quota(host) {
  if (!host.quota) return '–';
  return [h('progress', {
    max: Math.max(host.quota.limit, 1), value: host.quota.remaining,
    'aria-label': t('hosts.quotaOf', {host: host.host}),
  }), h('small', {}, ' ' + number(host.quota.remaining) + ' / ' +
      number(host.quota.limit) + (host.quota.windowSeconds ? ', ' +
          duration(host.quota.windowSeconds) : ''))];
}

function hostsTable(hosts) {
  if (hosts.length === 0) return h('p', {}, t('farm.noHosts'));
  return table(t('farm.hosts'), ['host', 'running', 'waiting', 'received',
    'sent', 'quota', 'words'].map((name) => t('hosts.' + name)),
      hosts.map((host) => h('tr', {
        'data-key': host.host,
      }, h('th', {scope: 'row'}, host.host),
      h('td', {}, number(host.tasksRunning) +
          (host.taskLimit ? ' / ' + number(host.taskLimit) : '')),
      h('td', {}, number(host.tasksWaiting)),
      h('td', {class: 'figure'}, bytes(host.bytesReceived)),
      h('td', {class: 'figure'}, bytes(host.bytesSent)),
      h('td', {}, quota(host)),
      h('td', {}, host.words ? said(host.words) : '',
        host.pausedUntil ? h('small', {}, ' ', t('hosts.paused'), ' ',
                             time(host.pausedUntil)) : null))));
}

// How many workers there are in each state, "ready: 3".
function counts(workers) {
  return UNWELL.map((state) => [state, workers.filter(
      (worker) => worker.state === state).length])
      .filter(([, count]) => count > 0)
      .map(([state, count]) => h('span', {class: 'state ' + state},
          word('worker', state) + ': ' + number(count)));
}

export function open(root) {
  // Rows of workers that are shown at once, of those that match.
  let most = 100;
  const text = h('input', {type: 'search', id: 'worker-text'});
  const filters = h('form', {
    class: 'filters', role: 'search', 'aria-label': t('workers.find'),
  },
      h('label', {}, t('workers.search'), ' ', text));
  const more = h('button', {}, t('builds.more'));
  const head = h('div', {}, h('p', {class: 'loading'}, t('page.loading')));
  const workerCounts = h('p', {class: 'legend'});
  const workerRows = h('div');
  const workersPart = h('section', {id: 'workers', hidden: true,
                                    'aria-labelledby': 'title-workers'},
      h('h2', {id: 'title-workers'}, t('farm.workers')), workerCounts, filters,
      workerRows, more);
  const rest = h('div');
  const plotsPart = section('plots');
  plotsPart.hidden = true;
  root.append(h('h1', {}, t('nav.farm')), head, workersPart, rest, plotsPart);
  const plots = openPlots(plotsPart);
  let workers = [];

  function drawWorkers() {
    const wanted = text.value.trim().toLowerCase();
    const matching = sortWorkers(workers).filter((worker) => [
      worker.name, worker.state, word('worker', worker.state),
      ...worker.platforms.map((each) => each.platform),
    ].some((each) => each.toLowerCase().includes(wanted)));
    workersPart.hidden = workers.length === 0;
    filters.hidden = workers.length < 5;
    updateChildren(workerCounts, counts(workers));
    updateChildren(workerRows, [matching.length > 0 ?
        workersTable(matching.slice(0, most)) :
        h('p', {class: 'notice'}, t('workers.noMatch'))]);
    more.hidden = matching.length <= most;
  }

  async function refresh() {
    const [farm, all, hosts, history] = await Promise.all([
      read('farm'), readAll('workers'), readAll('hosts'),
      read('farm/history')]);
    workers = all;
    updateChildren(head, [
      h('p', {class: 'muted'}, t('farm.summary', {
        builds: number(farm.buildsRunning), running: number(farm.tasksRunning),
        waiting: number(farm.tasksWaiting), since: time(farm.started),
      })),
      section('platforms', pools(farm)),
    ]);
    drawWorkers();
    updateChildren(rest, [
      section('queues', queues(farm)),
      section('hosts', hostsTable(hosts)),
    ]);
    plotsPart.hidden = false;
    plots.update(history);
  }
  filters.addEventListener('input', drawWorkers);
  filters.addEventListener('submit', (event) => event.preventDefault());
  more.addEventListener('click', () => {
    most += 100;
    drawWorkers();
  });
  return {refresh, close: plots.close};
}
