// SPDX-License-Identifier: Apache-2.0
// One build: how far it is, what failed, where the time went, its tasks, its
// layers, and its images with their verdicts.
import {actionButton} from './actions.js';
import {path, read, readAll} from './api.js';
import {h, said, updateChildren} from './dom.js';
import {failureItem} from './failures.js';
import {bytes, duration, number, percent, secondsBetween, time}
  from './format.js';
import {t, word} from './i18n.js';
import {imagesSection, verdictsSection} from './images.js';
import {layersSection} from './layers.js';
import {planSection} from './plan.js';
import {may} from './session.js';
import {forgetTasks, knowTasks, logLine} from './task_dialog.js';
import {openTasks} from './tasks.js';
import {openTimeline} from './timeline.js';

function actions(build) {
  if (!may('submit')) return null;
  const running = build.state === 'running';
  const again = build.state === 'failed' || build.state === 'cancelled';
  return h('div', {class: 'buttons'},
      running ? actionButton('priority', build.id, build.release,
                             build.priority) : null,
      running ? actionButton('cancel', build.id, build.release) : null,
      again ? actionButton('retry', build.id, build.release) : null);
}

function fact(key, ...value) {
  return h('div', {}, h('dt', {}, t(key)), h('dd', {}, value));
}

function headline(build) {
  return h('div', {'data-key': 'headline'},
      h('div', {class: 'card-title'}, h('h1', {}, build.release),
        h('span', {class: 'state ' + build.state}, word('state', build.state)),
        build.planOnly ? h('span', {class: 'tag'}, t('build.planOnly')) : null,
        build.fresh ? h('span', {class: 'tag'}, t('build.fresh')) : null,
        actions(build)),
      h('dl', {class: 'facts'},
        fact('build.id', h('code', {}, build.id)),
        fact('build.created', time(build.created)),
        fact('build.took',
             duration(secondsBetween(build.created, build.ended))),
        fact('build.destination', h('code', {}, build.destination)),
        fact('build.platforms', build.platforms.join(', ')),
        fact('build.fetched', bytes(build.bytesFetched)),
        fact('build.pushed', bytes(build.bytesPushed)),
        fact('build.priority', build.priority),
        build.submittedBy ? fact('build.by', build.submittedBy) : null));
}

function phase(each) {
  const {tasksDone, tasksTotal, tasksRunning, tasksFailed} = each.progress;
  return h('li', {class: 'phase ' + each.state, 'data-key': each.phase},
      h('b', {}, word('phase', each.phase)), ' ',
      h('span', {class: 'muted'}, word('phaseState', each.state)),
      h('progress', {
        max: Math.max(tasksTotal, 1),
        value: tasksTotal === 0 && each.state === 'done' ? 1 : tasksDone,
        'aria-label': word('phase', each.phase),
      }),
      h('small', {}, t('build.tasksOf', {
        done: number(tasksDone), total: number(tasksTotal),
      }) + ' · ' + percent(tasksDone, tasksTotal),
      tasksRunning ? ' · ' + t('build.running', {count: tasksRunning}) : null,
      tasksFailed ? h('b', {class: 'bad'}, ' · ', t('build.failed',
                                                   {count: tasksFailed})) :
                    null,
      each.started ? ' · ' + duration(secondsBetween(each.started,
                                                     each.ended)) : null));
}

function section(key, title, ...content) {
  return h('section', {'data-key': key, 'aria-labelledby': 'title-' + key},
           h('h2', {id: 'title-' + key}, title), content);
}

function summary(build) {
  const parts = [headline(build),
    section('phases', t('build.phases'),
            h('ol', {class: 'phases'}, build.phases.map(phase)))];
  if (build.failures.length > 0) {
    parts.push(section('failures', t('build.failures'),
        h('ul', {class: 'failures'}, build.failures.map(failureItem))));
  }
  if (build.waiting.length > 0 && build.state === 'running') {
    parts.push(section('waiting', t('build.waiting'),
        h('ul', {class: 'wait'},
          build.waiting.map((text) => h('li', {}, said(text))))));
  }
  if (build.notes.length > 0) {
    parts.push(section('notes', t('build.notes'),
        h('ul', {}, build.notes.map((text) => h('li', {}, said(text))))));
  }
  return parts;
}

function results(build) {
  const parts = [];
  if (build.images.length > 0) {
    parts.push(section('images', t('images.title'), imagesSection(build)));
  }
  if (build.layers.length > 0) {
    parts.push(section('layers', t('layers.title'), layersSection(build)));
  }
  if (build.plan) {
    parts.push(section('plan', t('plan.title'), planSection(build)));
  }
  if (build.verdicts.length > 0) {
    parts.push(section('verdicts', t('verdicts.title'),
                       verdictsSection(build)));
  }
  parts.push(section('log', t('build.log'),
      build.events.length > 0 ?
          h('ol', {class: 'log', tabindex: 0, 'aria-label': t('build.log'),
                   role: 'list'}, build.events.map(logLine)) :
          h('p', {}, t('task.noLog'))));
  return parts;
}

// The view of the build with this id.
export function open(root, id) {
  forgetTasks();
  const top = h('div', {}, h('p', {}, t('page.loading')));
  const timelinePlace = h('div');
  const tasksPlace = h('div');
  const bottom = h('div');
  root.append(h('p', {}, h('a', {href: '#/builds'}, t('build.all'))), top,
              timelinePlace, tasksPlace, bottom);
  const timeline = openTimeline(timelinePlace);
  const tasks = openTasks(tasksPlace);
  const where = 'builds/' + path(id);

  function concerns(change) {
    return change === 'all' || change.removedBuilds.includes(id) ||
        change.builds.some((build) => build.id === id);
  }

  async function refresh(change) {
    if (!concerns(change)) return;
    const build = await read(where);
    updateChildren(top, summary(build));
    // There may be many tasks: what the build is like is shown before them.
    updateChildren(bottom, results(build));
    const items = await readAll(where + '/tasks');
    knowTasks(id, items);
    timeline.update(build, items);
    tasks.update(items);
  }
  return {refresh};
}
