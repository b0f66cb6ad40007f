// SPDX-License-Identifier: Apache-2.0
// The timeline of a build: its phases, what each worker did, and what set the
// time.
import {criticalPath} from './critical_path.js';
import {h, said, svg, updateChildren} from './dom.js';
import {clock, duration, number, percent} from './format.js';
import {table} from './images.js';
import {t, word} from './i18n.js';

const LANE = 14;
const LABEL = 20;
// More bars than that are not drawn, the shortest first.
const MOST_BARS = 1500;
const MOST_ZOOM = 64;

const start = (each) => Date.parse(each.started);
const end = (each, now) => each.ended ? Date.parse(each.ended) : now;

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

function bar(x, y, width, className, tip, id) {
  return svg('rect', {
    x: x.toFixed(1), y, width: Math.max(width, 1.5).toFixed(1),
    height: LANE - 3, rx: 2, class: 'bar ' + className, 'data-tip': tip,
    'data-act': id ? 'task' : null, 'data-id': id,
  });
}

function label(y, text) {
  return svg('text', {x: 4, y: y + 14, class: 'label'}, text);
}

function axis(span, width, height) {
  const parts = [];
  const marks = Math.max(2, Math.floor(width / 160));
  for (let i = 0; i <= marks; ++i) {
    const x = width * i / marks;
    parts.push(svg('line', {x1: x, x2: x, y1: 0, y2: height, class: 'grid'}));
    if (i === marks) continue;
    parts.push(svg('text', {x: x + 4, y: height + 14, class: 'mark'},
                   duration(span * i / marks / 1000)));
  }
  return parts;
}

function tipOf(task, took, from) {
  return [task.name, word('state', task.state) + ', ' + duration(took / 1000),
    t('timeline.began', {time: clock(from)})].join('\n');
}

function draw(build, tasks, critical, width) {
  const now = build.ended ? Date.parse(build.ended) : Date.now();
  const origin = Date.parse(build.created);
  const span = Math.max(now - origin, 1000);
  const scale = (moment) => (moment - origin) / span * width;
  const parts = [];
  let y = 0;
  parts.push(label(y, t('timeline.phases')));
  y += LABEL;
  for (const phase of build.phases) {
    if (!phase.started) continue;
    const [from, to] = [start(phase), end(phase, now)];
    parts.push(bar(scale(from), y, scale(to) - scale(from),
        'of-' + phase.phase + ' ' + phase.state,
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
        const [from, to] = [start(task), end(task, now)];
        parts.push(bar(scale(from), y, scale(to) - scale(from),
            'of-' + task.phase + ' ' + task.state +
                (critical.has(task.id) ? ' critical' : ''),
            tipOf(task, to - from, from), task.id));
      }
      y += LANE;
    }
  }
  return {
    picture: svg('svg', {
      width, height: y + 22, viewBox: '0 0 ' + width + ' ' + (y + 22),
      role: 'img', 'aria-label': t('timeline.summary', {
        seconds: duration(span / 1000), tasks: number(drawn.length),
      }),
    }, axis(span, width, y), parts),
    left: ran.length - drawn.length,
  };
}

function reasonOf({chain, waited}) {
  if (chain.length === 0) return t('timeline.byCoordinator');
  const last = chain[chain.length - 1];
  const took = end(last, Date.now()) - start(last);
  return [
    h('button', {class: 'link', 'data-act': 'task', 'data-id': last.id},
      said(last.name)),
    h('br'), h('small', {}, [
      last.worker, duration(took / 1000),
      chain.length > 1 ? t('timeline.before', {
        count: number(chain.length - 1),
        seconds: duration((start(last) - start(chain[0])) / 1000),
      }) : '',
      waited > 1000 ? t('timeline.waited', {
        seconds: duration(waited / 1000),
      }) : '',
    ].filter(Boolean).join(' · '))];
}

// The tasks that set the time, in words: for those who see no picture, too.
function reasons(path) {
  const whole = path.reduce((sum, part) => sum + part.milliseconds, 0);
  if (whole === 0) return [];
  const most = path.reduce((a, b) => b.milliseconds > a.milliseconds ? b : a);
  return [
    h('h3', {}, t('timeline.critical')),
    h('p', {}, t('timeline.most', {
      phase: word('phase', most.phase),
      seconds: duration(most.milliseconds / 1000),
      whole: duration(whole / 1000), share: percent(most.milliseconds, whole),
    })),
    table(t('timeline.critical'), [t('tasks.phase'), t('tasks.took'),
                                   t('timeline.endedWith')],
          path.map((part) => h('tr', {'data-key': part.phase},
              h('th', {scope: 'row'}, h('span', {
                class: 'swatch of-' + part.phase}), word('phase', part.phase)),
              h('td', {class: 'figure'},
                duration(part.milliseconds / 1000), ' ',
                h('small', {}, percent(part.milliseconds, whole))),
              h('td', {class: 'long'}, reasonOf(part))))),
  ];
}

// Makes the timeline in `root`; update(build, tasks) draws it, and close() ends
// its watch over the width.
export function openTimeline(root) {
  let latest = null;
  let zoom = 1;
  let drawnWidth = 0;
  const pane = h('div', {
    class: 'pane timeline', tabindex: 0, role: 'group',
    'aria-label': t('timeline.pane'),
  });
  const why = h('div');
  const button = (key, text) =>
      h('button', {'data-zoom': key, 'aria-label': t('timeline.zoom.' + key)},
        text);
  const [smaller, whole, larger] =
      [button('out', '−'), button('all', '⤢'), button('in', '+')];
  const section = h('section', {id: 'timeline',
                                'aria-labelledby': 'title-timeline'},
      h('div', {class: 'card-title'},
        h('h2', {id: 'title-timeline', tabindex: -1}, t('timeline.title')),
        h('small', {}, t('timeline.hint')),
        h('div', {class: 'buttons'}, smaller, whole, larger)),
      pane, why);

  function redraw() {
    if (!latest) return;
    const {build, tasks, path} = latest;
    drawnWidth = pane.clientWidth;
    const width = Math.round(Math.max(280, drawnWidth) * zoom);
    const critical = new Set(path.flatMap(({chain}) =>
        chain.map((task) => task.id)));
    const {picture, left} = draw(build, tasks, critical, width);
    updateChildren(pane, [picture]);
    updateChildren(why, [
      ...left > 0 ? [h('p', {class: 'muted'}, t('timeline.left', {
        count: number(left),
      }))] : [],
      ...reasons(path)]);
    smaller.disabled = whole.disabled = zoom <= 1;
    larger.disabled = zoom >= MOST_ZOOM;
  }

  // The point of the timeline that is at `x` of the pane stays there.
  function zoomTo(wanted, x = pane.clientWidth / 2) {
    const place = (pane.scrollLeft + x) / pane.scrollWidth;
    zoom = Math.min(MOST_ZOOM, Math.max(1, wanted));
    redraw();
    pane.scrollLeft = place * pane.scrollWidth - x;
  }
  const steps = {out: () => zoomTo(zoom / 2), all: () => zoomTo(1),
    in: () => zoomTo(zoom * 2)};
  section.addEventListener('click', (event) => {
    steps[event.target.dataset.zoom]?.();
  });
  pane.addEventListener('keydown', (event) => {
    const step = {'+': 'in', '=': 'in', '-': 'out', '0': 'all'}[event.key];
    if (!step || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    steps[step]();
  });
  // Two fingers on a touch pad are this event, too.
  pane.addEventListener('wheel', (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoomTo(zoom * Math.exp(-event.deltaY / 200),
           event.clientX - pane.getBoundingClientRect().left);
  }, {passive: false});
  // A drawing changes the height; only another width asks for another one.
  const observer = new ResizeObserver(() => {
    if (pane.clientWidth !== drawnWidth) redraw();
  });
  observer.observe(root);
  return {
    update(build, tasks) {
      const now = build.ended ? Date.parse(build.ended) : Date.now();
      latest = {build, tasks, path: criticalPath(build, tasks, now)};
      if (!section.isConnected) root.append(section);
      redraw();
    },
    close() {
      observer.disconnect();
    },
  };
}
