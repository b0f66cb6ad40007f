// SPDX-License-Identifier: Apache-2.0
// One build: how far it is, what failed, where the time went, its tasks, its
// layers, and its images with their verdicts.
import {actionButton} from './actions.js';
import {path, read, readAll} from './api.js';
import {differenceSection} from './difference.js';
import {h, said, updateChildren} from './dom.js';
import {failureItem} from './failures.js';
import {bytes, duration, number, percent, secondsBetween, time}
  from './format.js';
import {t, word} from './i18n.js';
import {imagesSection, verdictsSection} from './images.js';
import {layersSection} from './layers.js';
import {openLog} from './log_view.js';
import {planSection} from './plan.js';
import {may} from './session.js';
import {forgetTasks, knowTasks} from './task_dialog.js';
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
      h('p', {class: 'muted'}, t('build.contents', {
        files: number(build.fileCount), images: number(build.imageCount),
        platforms: build.platforms.join(', '),
      }), ' → ', h('code', {}, build.destination)),
      h('dl', {class: 'facts'},
        fact('build.id', h('code', {}, build.id)),
        fact('build.created', time(build.created)),
        build.submittedBy ? fact('build.by', build.submittedBy) : null,
        fact('build.priority', build.priority)));
}

// How many of the images' platforms are verified, "5 / 6", and natively.
function verified(build) {
  const platforms = build.images.flatMap((image) => image.platforms);
  const good = platforms.filter((each) => each.verdict === 'verified');
  if (platforms.length === 0) return ['–', ''];
  return [number(good.length) + ' / ' + number(platforms.length),
    t('build.natively', {
      count: number(good.filter((each) => each.native).length),
    })];
}

function figure(key, value, remark) {
  return h('div', {class: 'tile'}, h('dt', {}, t(key)),
           h('dd', {}, h('b', {}, value), remark ?
               h('small', {}, remark) : null));
}

function figures(build) {
  const {plan, outcome} = build;
  const took = secondsBetween(build.created, build.ended);
  return h('dl', {class: 'figures', 'data-key': 'figures'},
      figure('build.took', duration(took),
             plan?.estimatedSeconds && !build.ended ? t('build.estimated', {
               seconds: duration(plan.estimatedSeconds),
             }) : word('phase', build.phase)),
      figure('build.fetched', bytes(build.bytesFetched),
             plan?.bytesToFetch !== undefined ? t('build.ofPlanned', {
               planned: bytes(plan.bytesToFetch),
             }) : ''),
      figure('build.pushed', bytes(build.bytesPushed),
             plan?.bytesToPush !== undefined ? t('build.ofPlanned', {
               planned: '≤ ' + bytes(plan.bytesToPush),
             }) : ''),
      figure('build.layers', plan ? number(outcome.layersReused) + ' / ' +
          number(plan.layerCount) : '–',
      plan ? t('build.reusedBytes', {bytes: bytes(plan.bytesReused)}) : ''),
      figure('build.verified', ...verified(build)));
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
  return h('section', {id: key, 'data-key': key,
                       'aria-labelledby': 'title-' + key},
           h('h2', {id: 'title-' + key, tabindex: -1}, title), content);
}

function summary(build) {
  const parts = [headline(build), figures(build),
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
  return parts;
}

function results(build, before) {
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
  const earlier = build.plan?.previousRelease;
  if (before) {
    parts.push(section('difference', t('difference.title'),
                       differenceSection(before, build)));
  } else if (earlier && !build.plan.previousBuild) {
    parts.push(section('difference', t('difference.title'),
                       h('p', {class: 'muted'}, t('difference.gone', {
                         release: earlier,
                       }))));
  }
  if (build.verdicts.length > 0) {
    parts.push(section('items', t('verdicts.title'), verdictsSection(build)));
  }
  if (build.notes.length > 0) {
    parts.push(section('notes', t('build.notes'),
        h('ul', {}, build.notes.map((text) => h('li', {}, said(text))))));
  }
  return parts;
}

// Links to the sections that are there, so that nobody scrolls through all.
function contents(root, id) {
  return [...root.querySelectorAll('section > h2, .card-title > h2')].map(
      (heading) => h('a', {
        href: '#/builds/' + encodeURIComponent(id) + '/' +
            heading.closest('section').id,
      }, heading.textContent));
}

// The view of the build with this id; `part` is the section to begin with.
export function open(root, id, part) {
  forgetTasks();
  const top = h('div', {}, h('p', {class: 'loading'}, t('page.loading')));
  const links = h('nav', {
    class: 'sections', 'aria-label': t('build.sections'),
  });
  const [timelinePlace, tasksPlace, bottom, logPlace] =
      ['div', 'div', 'div', 'div'].map((tag) => h(tag));
  root.append(h('p', {}, h('a', {href: '#/builds'}, t('build.all'))), links,
              top, timelinePlace, tasksPlace, bottom, logPlace);
  const timeline = openTimeline(timelinePlace);
  const tasks = openTasks(tasksPlace);
  const log = openLog(logPlace, id);
  const where = 'builds/' + path(id);
  let wanted = part;
  // The build of the release before; null while it is not known.
  let before = null;

  function concerns(change) {
    return change === 'all' || change.removedBuilds.includes(id) ||
        change.builds.some((build) => build.id === id);
  }

  function goTo(name) {
    const heading = document.getElementById('title-' + name);
    heading?.scrollIntoView();
    heading?.focus({preventScroll: true});
  }

  // A build that is over does not change, so it is read once.
  async function readBefore(build) {
    const earlier = build.plan?.previousBuild;
    if (before || !earlier || build.verdicts.length === 0) return;
    before = await read('builds/' + path(earlier)).catch(() => null);
  }

  async function refresh(change) {
    if (!concerns(change)) return;
    const build = await read(where);
    document.title = `kso: ${build.release}, ${word('state', build.state)}`;
    await readBefore(build);
    updateChildren(top, summary(build));
    // There may be many tasks: what the build is like is shown before them.
    updateChildren(bottom, results(build, before));
    const items = await readAll(where + '/tasks');
    knowTasks(id, items);
    timeline.update(build, items);
    tasks.update(items);
    await log.update(build);
    updateChildren(links, contents(root, id));
    if (wanted) goTo(wanted);
    wanted = null;
  }
  return {refresh, goTo, close: () => [timeline, tasks].forEach((each) => each.close())};
}
