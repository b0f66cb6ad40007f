// SPDX-License-Identifier: Apache-2.0
// The timeline of a build: its phases, and what each worker did.
import {h, said, svg, updateChildren} from './dom.js';
import {clock, duration, number} from './format.js';
import {t, word} from './i18n.js';

const LANE = 14;
const LABEL = 18;
// More bars than that are not drawn, the shortest first.
const MOST_BARS = 1500;
const ZOOMS = [1, 2, 4, 8, 16, 32];

const start = (each) => Date.parse(each.started);
const end = (each, now) => each.ended ? Date.parse(each.ended) : now;

// The task that ended last in each phase: a phase waits for all of its tasks,
// so that one set the phase's time.
function lastOfPhases(tasks) {
  const last = new Map();
  for (const task of tasks) {
    if (!task.ended || !task.started || task.reused) continue;
    const known = last.get(task.phase);
    if (!known || Date.parse(task.ended) > Date.parse(known.ended)) {
      last.set(task.phase, task);
    }
  }
  return last;
}

// Gives each task the first lane of its worker that is free.
function lanesOf(tasks, now) {
  const workers = new Map();
  const sorted = [...tasks].sort((a, b) => start(a) - start(b));
  for (const task of sorted) {
    if (!workers.has(task.worker)) workers.set(task.worker, []);
    const lanes = workers.get(task.worker);
    let lane = lanes.find((each) => each.free <= start(task));
    if (!lane) {
      lane = {free: 0, tasks: []};
      lanes.push(lane);
    }
    lane.free = end(task, now);
    lane.tasks.push(task);
  }
  return [...workers].sort(([a], [b]) => a < b ? -1 : 1);
}

function bar(x, y, width, className, title, id) {
  return svg('rect', {
    x: x.toFixed(1), y, width: Math.max(width, 1.5).toFixed(1),
    height: LANE - 3, rx: 2, class: 'bar ' + className,
    'data-act': id ? 'task' : null, 'data-id': id,
  }, svg('title', {}, title));
}

function label(y, text) {
  return svg('text', {x: 4, y: y + 13, class: 'label'}, text);
}

function axis(from, span, width, height) {
  const parts = [];
  const marks = Math.max(2, Math.floor(width / 160));
  for (let i = 0; i <= marks; ++i) {
    const x = width * i / marks;
    parts.push(svg('line', {x1: x, x2: x, y1: 0, y2: height, class: 'grid'}));
    if (i === marks) continue;
    parts.push(svg('text', {x: x + 4, y: height + 13, class: 'mark'},
                   duration(span * i / marks / 1000)));
  }
  return parts;
}

function draw(build, tasks, width) {
  const now = build.ended ? Date.parse(build.ended) : Date.now();
  const from = Date.parse(build.created);
  const span = Math.max(now - from, 1000);
  const scale = (moment) => (moment - from) / span * width;
  const critical = new Set([...lastOfPhases(tasks).values()]
      .map((task) => task.id));
  const parts = [];
  let y = 0;
  parts.push(label(y, t('timeline.phases')));
  y += LABEL;
  for (const phase of build.phases) {
    if (!phase.started) continue;
    const from = start(phase);
    const to = end(phase, now);
    parts.push(bar(scale(from), y, scale(to) - scale(from), phase.state,
        word('phase', phase.phase) + ': ' + duration((to - from) / 1000)));
    y += LANE;
  }
  const ran = tasks.filter((task) => task.started && task.worker);
  const drawn = ran.map((task) => ({task, took: end(task, now) - start(task)}))
      .sort((a, b) => b.took - a.took).slice(0, MOST_BARS)
      .map(({task}) => task);
  for (const [worker, lanes] of lanesOf(drawn, now)) {
    parts.push(label(y, worker));
    y += LABEL;
    for (const lane of lanes) {
      for (const task of lane.tasks) {
        const from = start(task);
        const to = end(task, now);
        parts.push(bar(scale(from), y, scale(to) - scale(from),
            task.state + (critical.has(task.id) ? ' critical' : ''),
            task.name + '\n' + word('state', task.state) + ', ' +
                duration((to - from) / 1000) + ', ' + clock(from),
            task.id));
      }
      y += LANE;
    }
  }
  return {
    picture: svg('svg', {
      width, height: y + 20, viewBox: '0 0 ' + width + ' ' + (y + 20),
      role: 'img', 'aria-label': t('timeline.summary', {
        seconds: duration(span / 1000), tasks: number(drawn.length),
      }),
    }, axis(from, span, width, y), parts),
    left: ran.length - drawn.length,
  };
}

// The tasks that set the time, in words: for those who see no picture, too.
function reasons(build, tasks) {
  const last = lastOfPhases(tasks);
  const items = build.phases.filter((phase) => last.has(phase.phase))
      .map((phase) => {
        const task = last.get(phase.phase);
        return h('li', {}, h('b', {}, word('phase', phase.phase)), ': ',
            h('button', {
              class: 'link', 'data-act': 'task', 'data-id': task.id,
            }, said(task.name)),
            ' (' + (task.worker ? task.worker + ', ' : '') +
                duration((end(task) - start(task)) / 1000) + ')');
      });
  return items.length === 0 ? [] : [h('details', {},
      h('summary', {}, t('timeline.critical')), h('ul', {}, items))];
}

// Makes the timeline in `root`; update(build, tasks) draws it.
export function openTimeline(root) {
  let latest = null;
  let zoom = 0;
  const pane = h('div', {
    class: 'pane', tabindex: 0, role: 'group', 'aria-label': t('timeline.pane'),
  });
  const why = h('div');
  const smaller = h('button', {'aria-label': t('timeline.zoomOut')}, '−');
  const larger = h('button', {'aria-label': t('timeline.zoomIn')}, '+');
  const section = h('section', {'aria-labelledby': 'title-timeline'},
      h('div', {class: 'card-title'},
        h('h2', {id: 'title-timeline'}, t('timeline.title')),
        h('div', {class: 'buttons'}, smaller, larger)),
      pane, why);

  function redraw() {
    if (!latest) return;
    const {build, tasks} = latest;
    drawnWidth = pane.clientWidth;
    const width = Math.max(280, drawnWidth) * ZOOMS[zoom];
    const {picture, left} = draw(build, tasks, width);
    updateChildren(pane, [picture]);
    updateChildren(why, [
      ...left > 0 ? [h('p', {class: 'muted'}, t('timeline.left', {
        count: number(left),
      }))] : [],
      ...reasons(build, tasks)]);
    smaller.disabled = zoom === 0;
    larger.disabled = zoom === ZOOMS.length - 1;
  }

  // The middle of what is in sight stays in the middle.
  function zoomBy(step) {
    const middle = (pane.scrollLeft + pane.clientWidth / 2) / pane.scrollWidth;
    zoom = Math.min(ZOOMS.length - 1, Math.max(0, zoom + step));
    redraw();
    pane.scrollLeft = middle * pane.scrollWidth - pane.clientWidth / 2;
  }
  smaller.addEventListener('click', () => zoomBy(-1));
  larger.addEventListener('click', () => zoomBy(1));
  let drawnWidth = 0;
  // A drawing changes the height; only another width asks for another one.
  new ResizeObserver(() => {
    if (pane.clientWidth !== drawnWidth) redraw();
  }).observe(root);
  return {
    update(build, tasks) {
      latest = {build, tasks};
      if (!section.isConnected) root.append(section);
      redraw();
    },
  };
}
