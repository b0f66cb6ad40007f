// SPDX-License-Identifier: Apache-2.0
// The farm over time, as small line plots by uPlot.
import uPlot from 'uplot';
import {h} from './dom.js';
import {bytes, clock, clockMinutes, number, percent} from './format.js';
import {t} from './i18n.js';

const HEIGHT = 150;
const MINUTE_MS = 60000;
// As .key in page.css: the colours of the first and the second line.
const LINES = ['--fill', '--own'];

// The distances at which the axis of bytes may be marked.
const POWERS_OF_TWO = Array.from({length: 50}, (_, i) => 2 ** i);

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
function quotas(samples) {
  const hosts = new Map();
  for (const {quotas: all} of samples) {
    for (const {host, limit} of all) hosts.set(host, limit);
  }
  return [...hosts].map(([host, limit]) => ({
    key: 'quota ' + host, title: t('plots.quota', {host}), show: number, limit,
    series: [{
      name: t('plots.left'),
      points: values(samples, (sample) => sample.quotas.find(
          (quota) => quota.host === host)?.remaining),
    }],
  }));
}

// The plots that the samples allow: `series` are {name, points}, all of the same
// times; `show` makes a value readable; `limit` is the most that there can be,
// where that is known; `steps` are the distances of marks, where they are
// special.
function plotsOf(samples) {
  const ofTotals = (name) => rates(samples, (sample) => sample.totals[name]);
  return [{
    key: 'throughput', title: t('plots.throughput'),
    show: (value) => bytes(value) + '/s', steps: POWERS_OF_TWO,
    series: [{name: t('plots.fetched'), points: ofTotals('bytesFetched')},
             {name: t('plots.pushed'), points: ofTotals('bytesPushed')}],
  }, {
    key: 'tasks', title: t('plots.tasks'), show: number,
    series: [{name: t('plots.running'),
              points: values(samples, (sample) => sample.tasksRunning)},
             {name: t('plots.waiting'),
              points: values(samples, (sample) => sample.tasksWaiting)}],
  }, {
    key: 'hits', title: t('plots.hits'), limit: 1,
    show: (value) => percent(value, 1),
    series: [{name: t('plots.reused'), points: hitRates(samples)}],
  }, ...quotas(samples)].filter(({series}) => series[0].points.length > 1);
}

function dataOf({series}) {
  return [series[0].points.map((point) => point.at),
          ...series.map((each) => each.points.map((point) => point.value))];
}

// Colours are read whenever a plot is drawn, since they are the theme's.
function colour(name) {
  return () => getComputedStyle(document.documentElement)
      .getPropertyValue(name);
}

function axis(more) {
  return {
    stroke: colour('--muted'), font: '12px system-ui', ticks: {show: false},
    grid: {stroke: colour('--line'), width: 1}, ...more,
  };
}

// Room for the longest label.
function widthOf(plot, labels) {
  return 14 + 7 * Math.max(0, ...(labels || []).map((each) => each.length));
}

class Plot {
  constructor(what) {
    this.moment = h('small', {class: 'moment'});
    this.keys = h('span');
    this.frame = h('div', {class: 'plot', role: 'img'});
    this.figure = h('figure', {class: 'card', 'data-key': what.key},
        h('figcaption', {}, h('b', {}, what.title), h('br'), this.keys),
        this.frame, this.moment);
    this.what = what;
    this.chart = new uPlot(this.#options(), dataOf(what), this.frame);
    this.observer = new ResizeObserver(() => this.#fit());
    this.observer.observe(this.frame);
    this.#describe();
  }

  update(what) {
    const {min, max} = this.chart.scales.x;
    const [times] = this.chart.data;
    const isZoomed = min > times[0] || max < times[times.length - 1];
    this.what = what;
    this.chart.setData(dataOf(what), !isZoomed);
    if (isZoomed) this.chart.redraw();
    this.#describe();
  }

  drawAgain() {
    this.chart.redraw();
  }

  close() {
    this.observer.disconnect();
    this.chart.destroy();
    this.figure.remove();
  }

  #options() {
    const {series} = this.what;
    return {
      width: 300, height: HEIGHT, ms: 1, legend: {show: false},
      padding: [8, 26, 0, 0],
      // The reader's pointer is on the same moment in all plots.
      cursor: {y: false, sync: {key: 'farm', scales: ['x', null]}},
      scales: {y: {range: (_, least, most) =>
        [0, this.what.limit || most || 1]}},
      series: [{}, ...series.map((_, i) => ({
        stroke: colour(LINES[i]), width: 2, points: {show: false},
      }))],
      axes: [
        axis({size: 26, space: 90, values: (_, splits, __, ___, step) =>
          splits.map(step < MINUTE_MS ? clock : clockMinutes)}),
        axis({size: widthOf, space: 34,
              ...this.what.steps ? {incrs: this.what.steps} : {},
              values: (_, splits) => splits.map((each) =>
                this.what.show(each))}),
      ],
      hooks: {setCursor: [() => this.#tell()]},
    };
  }

  #fit() {
    const width = this.frame.clientWidth;
    if (width > 0) this.chart.setSize({width, height: HEIGHT});
  }

  // The values at the pointer, or the latest.
  #tell() {
    const last = this.what.series[0].points.length - 1;
    const pointed = this.chart?.cursor.idx ?? null;
    const at = pointed ?? last;
    this.moment.textContent = pointed === null ? '' :
        clock(this.what.series[0].points[at].at);
    this.keys.replaceChildren(...this.#readings(at).map((text, i) =>
      h('small', {class: 'key key' + i}, text)));
  }

  #readings(at) {
    return this.what.series.map(({name, points}) =>
      name + ' ' + this.what.show(points[at]?.value ?? 0));
  }

  #describe() {
    const {series, title, show, limit} = this.what;
    const top = limit || Math.max(...series.flatMap((each) =>
      each.points.map((point) => point.value)));
    this.frame.setAttribute('aria-label', t('plots.summary', {
      title, top: show(top),
      latest: this.#readings(series[0].points.length - 1).join(', '),
    }));
    this.#tell();
  }
}

// Makes the plots in `root`; update(history) shows these samples.
export function openPlots(root) {
  const plots = new Map();
  const words = h('p', {class: 'muted'});
  const tiles = h('div', {class: 'tiles'});
  const drawAgain = () => plots.forEach((plot) => plot.drawAgain());
  root.append(words, tiles);
  document.addEventListener('themechange', drawAgain);
  return {
    update({samples}) {
      const wanted = samples.length < 2 ? [] : plotsOf(samples);
      for (const [key, plot] of plots) {
        if (wanted.some((what) => what.key === key)) continue;
        plot.close();
        plots.delete(key);
      }
      for (const what of wanted) {
        if (plots.has(what.key)) {
          plots.get(what.key).update(what);
          continue;
        }
        const plot = new Plot(what);
        plots.set(what.key, plot);
        tiles.append(plot.figure);
      }
      const text = t(wanted.length > 0 ? 'plots.zoom' : 'plots.none');
      if (words.textContent !== text) words.textContent = text;
    },
    close() {
      document.removeEventListener('themechange', drawAgain);
      plots.forEach((plot) => plot.close());
    },
  };
}
