// SPDX-License-Identifier: Apache-2.0
// A build's images: digests, what was compared for each platform, and whether
// a processor of that platform did it.
import {h, said} from './dom.js';
import {bytes, number, shortDigest} from './format.js';
import {t, word} from './i18n.js';

function digest(text) {
  return h('code', {title: text}, shortDigest(text));
}

function nativeWord(platform) {
  if (platform.native === undefined) return null;
  return h('span', {class: 'tag ' + (platform.native ? 'good' : 'wait')},
           t(platform.native ? 'images.native' : 'images.emulated'));
}

function checksOf(platform) {
  const checks = platform.checks.length === 0 ? null :
      h('details', {}, h('summary', {}, t('images.checks', {
        count: number(platform.checks.length),
      })), h('ul', {}, platform.checks.map((each) => h('li', {}, said(each)))));
  const fences = platform.missingFences || [];
  return [checks,
    platform.reason ? h('p', {class: 'bad'}, said(platform.reason)) : null,
    platform.verifiedInBuild ? h('p', {}, t('images.verifiedIn'), ' ',
        h('a', {href: '#/builds/' + encodeURIComponent(
            platform.verifiedInBuild)}, platform.verifiedInBuild)) : null,
    fences.length > 0 ? h('div', {class: 'wait'},
        h('p', {}, t('images.missingFences')),
        h('ul', {}, fences.map((each) => h('li', {}, said(each))))) : null];
}

function platformRow(platform) {
  return h('tr', {'data-key': platform.variant + ' ' + platform.platform},
      h('th', {scope: 'row'}, platform.platform,
        h('br'), h('small', {}, platform.variant)),
      h('td', {}, h('span', {class: 'state ' + platform.verdict},
                    word('verdict', platform.verdict)), ' ',
        nativeWord(platform), platform.worker ?
            h('small', {}, ' ', platform.worker) : null),
      h('td', {}, platform.digest ? digest(platform.digest) : null,
        checksOf(platform)));
}

export function table(name, columns, rows) {
  return h('div', {class: 'pane', tabindex: 0, role: 'group',
                   'aria-label': name},
      h('table', {}, h('caption', {class: 'unseen'}, name),
        h('thead', {}, h('tr', {}, columns.map(
            (column) => h('th', {scope: 'col'}, column)))),
        h('tbody', {}, rows)));
}

export function imagesSection(build) {
  return build.images.map((image) => h('div', {class: 'card',
                                               'data-key': image.digest},
      h('h3', {}, image.repository || image.name),
      h('p', {}, h('code', {}, image.digest)),
      h('p', {class: 'muted'}, t('images.tags'), ' ',
        image.tags.map((tag) => [h('code', {}, tag), ' '])),
      table(image.name, [t('images.platform'), t('images.verdict'),
                         t('images.compared')],
            image.platforms.map(platformRow))));
}

// Items that are not simply in order come first; all are behind a click.
export function verdictsSection(build) {
  const counts = new Map();
  for (const {verdict} of build.verdicts) {
    counts.set(verdict, (counts.get(verdict) || 0) + 1);
  }
  const sorted = [...build.verdicts].sort((a, b) =>
      Number(a.verdict === 'matched') - Number(b.verdict === 'matched'));
  return [
    h('p', {}, [...counts].map(([verdict, count]) =>
        word('item', verdict) + ': ' + number(count)).join(' · ')),
    h('details', {}, h('summary', {}, t('verdicts.all')),
      table(t('verdicts.title'), [t('verdicts.item'), t('verdicts.verdict'),
                                  t('verdicts.digest'), t('verdicts.size')],
            sorted.map((item) => h('tr', {'data-key': item.name},
                h('th', {scope: 'row', class: 'long'}, item.name),
                h('td', {}, word('item', item.verdict),
                  item.remark ? [h('br'), h('small', {}, said(item.remark))] :
                                null),
                h('td', {}, digest(item.digest)),
                h('td', {}, bytes(item.bytes)))))),
  ];
}
