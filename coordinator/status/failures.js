// SPDX-License-Identifier: Apache-2.0
// Why a build or a task did not succeed, and how to mend it.
import {h, said} from './dom.js';
import {t, word} from './i18n.js';

export function failureItem(failure) {
  return h('li', {},
      h('p', {}, h('b', {}, word('failure', failure.kind)), ' ',
        h('code', {}, failure.item),
        failure.location ? h('small', {}, ' ', failure.location) : null),
      h('p', {}, said(failure.reason)),
      failure.advice ?
          h('p', {}, h('b', {}, t('failure.advice')), ' ',
            said(failure.advice)) : null);
}
