// SPDX-License-Identifier: Apache-2.0
// The farm: its workers, what waits and why, hosts with their quotas, and all
// of it over time.
import {actionButton} from './actions.js';
import {read, readAll} from './api.js';
import {h, said, updateChildren} from './dom.js';
import {bytes, duration, number, time} from './format.js';
import {t, word} from './i18n.js';
import {table} from './images.js';
import {plotsSection} from './plots.js';
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
  return h('li', {}, each.buildId ?
      h('a', {href: '#/builds/' + encodeURIComponent(each.buildId)},
        said(each.activity || each.taskName || each.taskId)) :
      said(each.activity || each.taskName || each.taskId),
  each.bytesExpected ? h('small', {}, ' ', bytes(each.bytesDone) + ' / ' +
      bytes(each.bytesExpected)) : null);
}

function workerRow(worker) {
  const reason = worker.unhealthyReason || worker.cannotExecuteReason;
  return h('tr', {'data-key': worker.name},
      h('th', {scope: 'row'}, worker.name, h('br'),
        h('small', {}, worker.version)),
      h('td', {}, h('span', {class: 'state ' + worker.state},
                    word('worker', worker.state)),
        reason ? h('small', {}, h('br'), said(reason)) : null),
      h('td', {}, worker.platforms.map((each) => each.platform +
          (each.native ? '' : ' (' + t('images.emulated') + ')')).join(', ')),
      h('td', {}, number(worker.leases.length) + ' / ' + number(worker.slots)),
      h('td', {}, bytes(worker.diskFreeBytes)),
      h('td', {}, number(worker.tasksDone)),
      h('td', {}, worker.leases.length > 0 ?
          h('ul', {class: 'plain'}, worker.leases.map(lease)) : '–'),
      h('td', {}, !may('admin') ? null :
          actionButton(worker.drainOrdered ? 'undrain' : 'drain', worker.name,
                       worker.name)));
}

function workersTable(workers) {
  return table(t('farm.workers'), ['name', 'state', 'platforms', 'slots',
    'disk', 'done', 'doing', 'actions'].map((name) => t('workers.' + name)),
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
  return table(t('farm.hosts'), ['host', 'running', 'waiting', 'quota', 'words']
      .map((name) => t('hosts.' + name)), hosts.map((host) => h('tr', {
        'data-key': host.host,
      }, h('th', {scope: 'row'}, host.host),
      h('td', {}, number(host.tasksRunning) +
          (host.taskLimit ? ' / ' + number(host.taskLimit) : '')),
      h('td', {}, number(host.tasksWaiting)),
      h('td', {}, quota(host)),
      h('td', {}, host.words ? said(host.words) : '',
        host.pausedUntil ? h('small', {}, ' ', t('hosts.paused'), ' ',
                             time(host.pausedUntil)) : null))));
}

export function open(root) {
  const heading = h('h1', {}, t('nav.farm'));
  const body = h('div', {}, h('p', {}, t('page.loading')));
  root.append(heading, body);

  async function refresh() {
    const [farm, workers, hosts, history] = await Promise.all([
      read('farm'), readAll('workers'), readAll('hosts'),
      read('farm/history')]);
    updateChildren(body, [
      h('p', {class: 'muted'}, t('farm.summary', {
        builds: number(farm.buildsRunning), running: number(farm.tasksRunning),
        waiting: number(farm.tasksWaiting), since: time(farm.started),
      })),
      section('platforms', pools(farm)),
      workers.length > 0 ? section('workers', workersTable(workers)) : null,
      section('queues', queues(farm)),
      section('hosts', hostsTable(hosts)),
      section('plots', plotsSection(history)),
    ].filter(Boolean));
  }
  return {refresh};
}
