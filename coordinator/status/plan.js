// SPDX-License-Identifier: Apache-2.0
// The preflight beside what came of it.
import {h, said} from './dom.js';
import {bytes, duration, number} from './format.js';
import {table} from './images.js';
import {t} from './i18n.js';

// Images that lack platforms, and what that means inside.
function missingPlatforms(plan) {
  if (plan.missingPlatforms.length === 0) return null;
  return h('details', {class: 'wait'},
      h('summary', {}, t('plan.missing', {
        count: number(plan.missingPlatforms.length),
      })),
      plan.missingPlatformsMeaning ?
          h('p', {}, said(plan.missingPlatformsMeaning)) : null,
      h('ul', {}, plan.missingPlatforms.map((each) =>
          h('li', {}, said(each)))));
}

function registries(plan) {
  if (plan.registries.length === 0) return null;
  return h('details', {}, h('summary', {}, t('plan.registries')),
      table(t('plan.registries'), [t('plan.registry'), t('plan.images'),
                                   t('plan.pulls')],
            plan.registries.map((each) => h('tr', {},
                h('th', {scope: 'row'}, each.registry),
                h('td', {class: 'figure'}, number(each.images)),
                h('td', {class: 'figure'}, number(each.manifestGets))))));
}

export function planSection(build) {
  const {plan, outcome} = build;
  const row = (key, planned, actual) => h('tr', {},
      h('th', {scope: 'row'}, t(key)), h('td', {class: 'figure'}, planned),
      h('td', {class: 'figure'}, actual));
  return [
    table(t('plan.title'), [t('plan.what'), t('plan.planned'),
                            t('plan.actual')], [
      row('plan.fetch', bytes(plan.bytesToFetch), bytes(outcome.bytesFetched)),
      row('plan.push', '≤ ' + bytes(plan.bytesToPush),
          bytes(outcome.bytesPushed)),
      row('plan.made', number(plan.layerCount - plan.layersReused),
          number(outcome.layersMade)),
      row('plan.reused', number(plan.layersReused) + ' (' +
          bytes(plan.bytesReused) + ')', number(outcome.layersReused)),
      row('plan.time', duration(plan.estimatedSeconds),
          duration(outcome.layersSeconds)),
    ]),
    plan.estimateBasis ?
        h('p', {class: 'muted'}, t('plan.basis'), ' ',
          said(plan.estimateBasis)) : null,
    h('p', {class: 'muted'}, t('plan.dead', {bytes: bytes(plan.bytesDead)}),
      ' ', t('plan.disk', {bytes: bytes(plan.workerDiskBytes)})),
    plan.previousRelease ? h('p', {}, t('plan.previous'), ' ',
        plan.previousBuild ?
            h('a', {href: '#/builds/' + encodeURIComponent(
                plan.previousBuild)}, plan.previousRelease) :
            plan.previousRelease) : null,
    plan.destinationProblem ?
        h('p', {class: 'wait'}, said(plan.destinationProblem)) : null,
    missingPlatforms(plan),
    registries(plan),
    plan.notes.length > 0 ? h('ul', {},
        plan.notes.map((each) => h('li', {}, said(each)))) : null,
  ];
}
