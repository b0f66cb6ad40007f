// SPDX-License-Identifier: Apache-2.0
// The preflight beside what came of it.
import {h, said} from './dom.js';
import {bytes, duration, number} from './format.js';
import {table} from './images.js';
import {t} from './i18n.js';

export function planSection(build) {
  const {plan, outcome} = build;
  const row = (key, planned, actual) => h('tr', {},
      h('th', {scope: 'row'}, t(key)), h('td', {}, planned),
      h('td', {}, actual));
  const missing = plan.missingPlatforms.length > 0 ? h('div', {class: 'wait'},
      h('p', {}, t('plan.missing'), ' ',
        said(plan.missingPlatformsMeaning || '')),
      h('ul', {}, plan.missingPlatforms.map((each) => h('li', {},
          said(typeof each === 'string' ? each : Object.values(each).flat()
              .join(' ')))))) : null;
  return [
    table(t('plan.title'), [t('plan.what'), t('plan.planned'),
                            t('plan.actual')], [
      row('plan.fetch', bytes(plan.bytesToFetch), bytes(outcome.bytesFetched)),
      row('plan.push', '≤ ' + bytes(plan.bytesToPush),
          bytes(outcome.bytesPushed)),
      row('plan.made', number(plan.layerCount - plan.layersReused),
          number(outcome.layersMade)),
      row('plan.reused', number(plan.layersReused),
          number(outcome.layersReused)),
      row('plan.time', duration(plan.estimatedSeconds),
          duration(outcome.layersSeconds)),
    ]),
    h('p', {class: 'muted'}, t('plan.dead', {bytes: bytes(plan.bytesDead)}),
      ' ', t('plan.disk', {bytes: bytes(plan.workerDiskBytes)})),
    plan.previousRelease ? h('p', {}, t('plan.previous'), ' ',
        plan.previousBuild ?
            h('a', {href: '#/builds/' + encodeURIComponent(
                plan.previousBuild)}, plan.previousRelease) :
            plan.previousRelease) : null,
    plan.destinationProblem ?
        h('p', {class: 'wait'}, said(plan.destinationProblem)) : null,
    missing,
    plan.notes.length > 0 ? h('ul', {},
        plan.notes.map((each) => h('li', {}, said(each)))) : null,
  ];
}
