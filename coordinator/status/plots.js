// SPDX-License-Identifier: Apache-2.0
// The farm over time, as small line plots.
import {h, svg} from './dom.js';
import {bytes, clock, number, percent} from './format.js';
import {t} from './i18n.js';

const WIDTH = 400;
const HEIGHT = 110;

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

// `series` are {name, points}; `show` makes a value readable.
function plot(key, title, series, show) {
  const all = series.flatMap((each) => each.points);
  if (all.length < 2) return null;
  const from = Math.min(...all.map((point) => point.at));
  const to = Math.max(...all.map((point) => point.at));
  const top = Math.max(...all.map((point) => point.value)) || 1;
  const latest = series.map((each) =>
      each.name + ' ' + show(each.points[each.points.length - 1].value))
      .join(', ');
  return h('figure', {class: 'card', 'data-key': key},
      h('figcaption', {}, h('b', {}, title), h('br'),
        series.map((each, i) => h('small', {class: 'key key' + i},
            each.name + ' ' +
            show(each.points[each.points.length - 1].value)))),
      svg('svg', {
        viewBox: '0 0 ' + WIDTH + ' ' + (HEIGHT + 4), role: 'img',
        class: 'plot',
        'aria-label': t('plots.summary', {title, latest, top: show(top)}),
      }, svg('line', {x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT, class: 'grid'}),
      svg('text', {x: 2, y: 14, class: 'mark'}, show(top)),
      series.map((each, i) => line(each.points, from, Math.max(to - from, 1),
                                   top, 'line' + i))),
      h('div', {class: 'ends'}, h('small', {}, clock(from)),
        h('small', {}, clock(to))));
}

function quotaSeries(samples) {
  const hosts = new Set(samples.flatMap(
      (sample) => sample.quotas.map((quota) => quota.host)));
  return [...hosts].slice(0, 4).map((host) => ({
    name: host,
    points: values(samples, (sample) => sample.quotas.find(
        (quota) => quota.host === host)?.remaining),
  }));
}

export function plotsSection({samples}) {
  if (samples.length < 2) return h('p', {}, t('plots.none'));
  const ofTotals = (name) => rates(samples, (sample) => sample.totals[name]);
  const speed = (value) => bytes(value) + '/s';
  const hits = values(samples, ({totals}) => {
    const count = totals.tasksReused + totals.tasksDone;
    return count > 0 ? totals.tasksReused / count : 0;
  });
  return h('div', {class: 'tiles'}, [
    plot('throughput', t('plots.throughput'), [
      {name: t('plots.fetched'), points: ofTotals('bytesFetched')},
      {name: t('plots.pushed'), points: ofTotals('bytesPushed')}], speed),
    plot('tasks', t('plots.tasks'), [
      {name: t('plots.running'),
       points: values(samples, (sample) => sample.tasksRunning)},
      {name: t('plots.waiting'),
       points: values(samples, (sample) => sample.tasksWaiting)}], number),
    plot('hits', t('plots.hits'), [{name: t('plots.reused'), points: hits}],
         (value) => percent(value, 1)),
    plot('quota', t('plots.quota'), quotaSeries(samples), number),
  ]);
}
