// SPDX-License-Identifier: Apache-2.0
// The changes of a release since the one before: files and images that it adds,
// drops and has in other versions.
import {h} from './dom.js';
import {bytes, number} from './format.js';
import {table} from './images.js';
import {t} from './i18n.js';
import {withoutVersion} from './versions.js';

// Compares items {name, digest, bytes}: first by name, then by name without
// versions. `changed` are {from, to}.
export function compare(before, after) {
  const old = new Map(before.map((item) => [item.name, item]));
  const rest = [];
  const changed = [];
  let same = 0;
  for (const item of after) {
    const known = old.get(item.name);
    if (!known) {
      rest.push(item);
      continue;
    }
    old.delete(item.name);
    if (known.digest === item.digest) ++same;
    else changed.push({from: known, to: item});
  }
  const byKey = new Map();
  for (const item of old.values()) {
    const {key} = withoutVersion(item.name);
    byKey.set(key, [...byKey.get(key) || [], item]);
  }
  const added = [];
  for (const item of rest) {
    const from = byKey.get(withoutVersion(item.name).key)?.shift();
    if (from) changed.push({from, to: item});
    else added.push(item);
  }
  return {added, changed, same, dropped: [...byKey.values()].flat()};
}

function versionCell({from, to}) {
  const [a, b] = [from, to].map(({name}) => withoutVersion(name).version);
  return a === b ? t('difference.content') : a + ' → ' + b;
}

function row(kind, item, version, before, after) {
  return h('tr', {'data-key': kind + ' ' + item.name},
      h('td', {class: 'change ' + kind}, t('difference.' + kind)),
      h('th', {scope: 'row', class: 'long'}, item.name),
      h('td', {}, version),
      h('td', {class: 'figure'}, before ? bytes(before.bytes) : '–'),
      h('td', {class: 'figure'}, after ? bytes(after.bytes) : '–'));
}

// `before` is the build that made the release before.
export function differenceSection(before, build) {
  const {added, changed, dropped, same} =
      compare(before.verdicts, build.verdicts);
  const versionOf = ({name}) => withoutVersion(name).version;
  const rows = [
    ...added.map((item) => row('added', item, versionOf(item), null, item)),
    ...changed.map((pair) => row('changed', pair.to, versionCell(pair),
                                 pair.from, pair.to)),
    ...dropped.map((item) => row('dropped', item, versionOf(item), item, null)),
  ];
  return [
    h('p', {}, t('difference.from'), ' ',
      h('a', {href: '#/builds/' + encodeURIComponent(before.id)},
        before.release), ': ',
      t('difference.summary', {
        added: number(added.length), changed: number(changed.length),
        dropped: number(dropped.length), same: number(same),
      })),
    rows.length === 0 ? null :
        table(t('difference.title'),
              ['change', 'item', 'version', 'before', 'after'].map(
                  (name) => t('difference.column.' + name)), rows),
  ];
}
