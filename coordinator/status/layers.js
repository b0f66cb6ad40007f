// SPDX-License-Identifier: Apache-2.0
// A build's layers as a treemap: an area is a layer's bytes, a colour what
// became of it, and the hatched part what no image wants any more.
import {h, svg} from './dom.js';
import {bytes, number, shortDigest} from './format.js';
import {t, word} from './i18n.js';
import {table} from './images.js';

// The sides of the picture, in which letters are as large as around it. One that
// is scaled down to a phone could not be read.
const WIDE = {width: 1000, height: 340};
const NARROW = {width: 400, height: 520};
const narrow = matchMedia('(max-width: 40rem)');

const sizeOf = (layer) => Math.max(layer.bytes ?? layer.encodedBytes ?? 0, 1);

// The worst ratio of sides if these sizes share a strip of this length.
function worstRatio(sizes, length) {
  const sum = sizes.reduce((a, b) => a + b, 0);
  const side = sum / length;
  return Math.max(...sizes.map((size) =>
      Math.max(side * side / size, size / (side * side))));
}

// Squarified treemap (Bruls, Huizing, van Wijk 2000): places items, the
// largest first, in strips along the shorter side. place(item, x, y, w, h).
export function squarify(items, size, box, place) {
  const total = items.reduce((sum, item) => sum + size(item), 0);
  if (total <= 0) return;
  const scale = box.width * box.height / total;
  const rest = [...items].sort((a, b) => size(b) - size(a));
  let {x, y, width, height} = box;
  while (rest.length > 0) {
    const length = Math.max(Math.min(width, height), 1e-6);
    const strip = [];
    let sizes = [];
    while (rest.length > 0) {
      const more = [...sizes, size(rest[0]) * scale];
      if (strip.length > 0 &&
          worstRatio(more, length) > worstRatio(sizes, length)) {
        break;
      }
      sizes = more;
      strip.push(rest.shift());
    }
    const side = sizes.reduce((a, b) => a + b, 0) / length;
    let along = 0;
    strip.forEach((item, i) => {
      const extent = sizes[i] / side;
      if (width >= height) place(item, x, y + along, side, extent);
      else place(item, x + along, y, extent, side);
      along += extent;
    });
    if (width >= height) {
      x += side;
      width -= side;
    } else {
      y += side;
      height -= side;
    }
  }
}

function describe(layer) {
  return [
    layer.image + ': ' + layer.name,
    word('layer', layer.state) + ', ' + bytes(layer.bytes) + ', ' +
        t('layers.memberCount', {count: number(layer.members)}),
    layer.deadBytes > 0 ?
        t('layers.dead', {bytes: bytes(layer.deadBytes)}) : '',
    layer.worker || '',
  ].filter(Boolean).join('\n');
}

// As much of the name as the width has room for.
function labelOf(name, width) {
  const most = Math.floor((width - 10) / 6.6);
  return name.length <= most ? name : name.slice(0, most - 1) + '…';
}

function tile(layer, x, y, width, height) {
  const dead = Math.min(layer.deadBytes / sizeOf(layer), 1) * width;
  const text = {x: x + 6, y: y + 17};
  return svg('g', {class: 'layer ' + layer.state, 'data-tip': describe(layer)},
      svg('rect', {x, y, width, height, rx: 3}),
      dead > 0 ? svg('rect', {
        x: x + width - dead, y, width: dead, height, class: 'dead', rx: 3,
      }) : null,
      width > 60 && height > 24 ?
          svg('text', text, labelOf(layer.name, width)) : null,
      width > 60 && height > 42 ?
          svg('text', {...text, y: y + 33, class: 'size'},
              bytes(layer.bytes)) : null);
}

function treemap(layers) {
  const parts = [];
  const {width, height} = narrow.matches ? NARROW : WIDE;
  squarify(layers, sizeOf, {x: 0, y: 0, width, height},
      (...where) => parts.push(tile(...where)));
  return svg('svg', {
    viewBox: '0 0 ' + width + ' ' + height, class: 'treemap', role: 'img',
    'aria-label': t('layers.summary', {count: number(layers.length)}),
  }, svg('defs', {}, svg('pattern', {
    id: 'hatch', width: 6, height: 6, patternUnits: 'userSpaceOnUse',
    patternTransform: 'rotate(45)',
  }, svg('line', {x1: 0, y1: 0, x2: 0, y2: 6, class: 'hatch'}))), parts);
}

// Tells for each state how many layers there are and how large they are.
function legend(layers) {
  const groups = new Map();
  let dead = 0;
  for (const layer of layers) {
    const known = groups.get(layer.state) || {count: 0, bytes: 0};
    groups.set(layer.state, {
      count: known.count + 1, bytes: known.bytes + (layer.bytes || 0),
    });
    dead += layer.deadBytes;
  }
  return h('p', {class: 'legend'},
      [...groups].map(([state, {count, bytes: sum}]) =>
          h('span', {class: 'layer ' + state}, word('layer', state) + ': ' +
              number(count) + ' (' + bytes(sum) + ')')),
      dead > 0 ? h('span', {class: 'layer unused'},
                   t('layers.dead', {bytes: bytes(dead)})) : null);
}

export function layersSection(build) {
  return [
    legend(build.layers),
    treemap(build.layers),
    h('details', {}, h('summary', {}, t('layers.table')),
      table(t('layers.title'), [t('layers.name'), t('layers.state'),
                                t('layers.members'), t('layers.size'),
                                t('layers.fetch'), t('layers.digest')],
            build.layers.map((layer) => h('tr', {},
                h('th', {scope: 'row', class: 'long'}, layer.name,
                  h('br'), h('small', {}, layer.image)),
                h('td', {}, word('layer', layer.state)),
                h('td', {class: 'figure'}, number(layer.members)),
                h('td', {class: 'figure'}, bytes(layer.bytes),
                  layer.deadBytes > 0 ?
                    h('small', {}, ' ', t('layers.dead', {
                      bytes: bytes(layer.deadBytes),
                    })) : null),
                h('td', {class: 'figure'}, bytes(layer.bytesToFetch)),
                h('td', {}, h('code', {title: layer.digest},
                              shortDigest(layer.digest))))))),
  ];
}
