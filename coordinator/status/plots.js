// SPDX-License-Identifier: Apache-2.0
// The farm over time, as small line plots.
import {h, svg} from './dom.js';
import {bytes, clock, number, percent} from './format.js';
import {t} from './i18n.js';

const WIDTH = 400;
const HEIGHT = 110;
const MOST_READINGS = 120;

// A counter's growth a second; a coordinator that began anew counts from 0.
function rates(samples, value) {
  return samples.slice(1).map((sample, i) => {
    const seconds = (Date.parse(sample.time) - Date.parse(samples[i].time)) /
        1000;
    const grown = value(sample) - value(samples[i]);
    return {at: Date.parse(sample.time),
            value: seconds > 0 ? Math.max(grown, 0) / seconds : 0};
  });
}

function values(samples, value) {
  return samples.map((sample) => ({at: Date.parse(sample.time),
                                   value: value(sample)}))
      .filter((point) => point.value !== undefined);
}

function line(points, from, span, top, className) {
  const text = points.map((point) =>
      ((point.at - from) / span * WIDTH).toFixed(1) + ',' +
      (HEIGHT - point.value / top * (HEIGHT - 6)).toFixed(1)).join(' ');
  return svg('polyline', {points: text, class: 'line ' + className});
}

// Bars that cover the plot: the pointer on one reads the values of a moment.
function readings(series, from, span, show) {
  const {points} = series[0];
  const step = Math.ceil(points.length / MOST_READINGS);
  const width = WIDTH * step / Math.max(points.length - 1, 1);
  return points.flatMap((point, i) => i % step ? [] : [svg('rect', {
    x: ((point.at - from) / span * WIDTH - width / 2).toFixed(1), y: 0,
    width: width.toFixed(1), height: HEIGHT, class: 'reading',
    'data-tip': [clock(point.at), ...series.filter((each) => each.points[i])
        .map((each) => each.name + ': ' + show(each.points[i].value))]
        .join('\n'),
  })]);
}

// `series` are {name, points}; `show` makes a value readable; `limit` is the
// most that there can be, where that is known.
function plot(key, title, series, show, limit = 0) {
  const all = series.flatMap((each) => each.points);
  if (all.length < 2) return null;
  const from = Math.min(...all.map((point) => point.at));
  const to = Math.max(...all.map((point) => point.at));
  const span = Math.max(to - from, 1);
  const top = limit || Math.max(...all.map((point) => point.value)) || 1;
  const latest = (each) => each.name + ' ' +
      show(each.points[each.points.length - 1]?.value ?? 0);
  return h('figure', {class: 'card', 'data-key': key},
      h('figcaption', {}, h('small', {class: 'top'}, '↑ ' + show(top)),
        h('b', {}, title), h('br'),
        series.map((each, i) =>
            h('small', {class: 'key key' + i}, latest(each)))),
      svg('svg', {
        viewBox: '0 0 ' + WIDTH + ' ' + (HEIGHT + 4), role: 'img',
        class: 'plot', 'aria-label': t('plots.summary', {
          title, latest: series.map(latest).join(', '), top: show(top),
        }),
      }, [0, 0.5, 1].map((part) => svg('line', {
        x1: 0, x2: WIDTH, y1: HEIGHT - part * (HEIGHT - 6),
        y2: HEIGHT - part * (HEIGHT - 6), class: 'grid',
      })),
      series.map((each, i) => line(each.points, from, span, top, 'line' + i)),
      readings(series, from, span, show)),
      h('div', {class: 'ends'}, h('small', {}, clock(from)),
        h('small', {}, clock(to))));
}

// The share of tasks that were reused, over the last minutes before each sample
// in which any ended.
function hitRates(samples) {
  const WINDOW = 30;
  return samples.flatMap((sample, i) => {
    const before = samples[Math.max(i - WINDOW, 0)].totals;
    const reused = Math.max(sample.totals.tasksReused - before.tasksReused, 0);
    const done = Math.max(sample.totals.tasksDone - before.tasksDone, 0);
    return reused + done > 0 ?
        [{at: Date.parse(sample.time), value: reused / (reused + done)}] : [];
  });
}

// A plot for each registry that says its quota.
function quotaPlots(samples) {
  const hosts = new Map();
  for (const {quotas} of samples) {
    for (const {host, limit} of quotas) hosts.set(host, limit);
  }
  return [...hosts].map(([host, limit]) => plot(
      'quota ' + host, t('plots.quota', {host}), [{
        name: t('plots.left'),
        points: values(samples, (sample) => sample.quotas.find(
            (quota) => quota.host === host)?.remaining),
      }], number, limit));
}

export function plotsSection({samples}) {
  if (samples.length < 2) return h('p', {}, t('plots.none'));
  const ofTotals = (name) => rates(samples, (sample) => sample.totals[name]);
  const speed = (value) => bytes(value) + '/s';
  return h('div', {class: 'tiles'}, [
    plot('throughput', t('plots.throughput'), [
      {name: t('plots.fetched'), points: ofTotals('bytesFetched')},
      {name: t('plots.pushed'), points: ofTotals('bytesPushed')}], speed),
    plot('tasks', t('plots.tasks'), [
      {name: t('plots.running'),
       points: values(samples, (sample) => sample.tasksRunning)},
      {name: t('plots.waiting'),
       points: values(samples, (sample) => sample.tasksWaiting)}], number),
    plot('hits', t('plots.hits'),
         [{name: t('plots.reused'), points: hitRates(samples)}],
         (value) => percent(value, 1), 1),
    ...quotaPlots(samples),
  ]);
}
