// SPDX-License-Identifier: Apache-2.0
'use strict';

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function list(items, className, title) {
  const parts = [];
  if (!items || items.length === 0) return parts;
  if (title) parts.push(element('p', title, className));
  const ul = element('ul', undefined, className);
  for (const item of items) ul.append(element('li', item));
  parts.push(ul);
  return parts;
}

function bytes(count) {
  let value = Number(count);
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (value < 1024) return value.toFixed(unit === 'B' ? 0 : 1) + ' ' + unit;
    value /= 1024;
  }
  return value.toFixed(1) + ' TiB';
}

function failureText(failure) {
  return [failure.item, failure.reason, failure.advice]
      .filter(Boolean).join(': ') +
      (failure.location ? ' (' + failure.location + ')' : '');
}

function phases(build) {
  const ul = element('ul', undefined, 'phases');
  for (const phase of build.progress || []) {
    const name = phase.phase.toLowerCase();
    const state = phase.done + ' of ' + phase.total +
        (phase.running ? ', ' + phase.running + ' running' : '') +
        (phase.failed ? ', ' + phase.failed + ' failed' : '');
    const li = element('li');
    const label = element('label', name + ': ' + state + ' ');
    const bar = element('progress');
    bar.max = Math.max(phase.total, 1);
    bar.value = phase.done;
    label.append(bar);
    li.append(label);
    ul.append(li);
  }
  return ul;
}

function buildCard(build) {
  const card = element('article');
  const title = element('h3', build.name + (build.planOnly ? ' (plan) ' : ' '));
  title.append(element('span', build.state.toLowerCase(), build.state));
  card.append(title);
  const facts = element('p');
  facts.append(element('code', build.buildId), element('small',
      ' since ' + new Date(build.created).toLocaleString() + ', ' +
      bytes(build.bytesFetched) + ' fetched, ' + bytes(build.bytesPushed) +
      ' pushed'));
  card.append(facts, phases(build));
  card.append(...list(build.waiting, '', 'Waiting:'));
  card.append(...list((build.failures || []).map(failureText), 'failures',
      'Failures:'));
  card.append(...list((build.images || []).map(
      (image) => image.repository + '@' + (image.index || {}).digest)));
  card.append(...list((build.verifications || []).map(
      (done) => done.image + ' ' + done.platform.os + '/' +
          done.platform.architecture + ' verified by ' + done.worker +
          (done.native ? ', native' : ', emulated'))));
  return card;
}

function workerTable(workers) {
  if (workers.length === 0) {
    return element('p', 'No worker is connected. Start one with kso-worker.');
  }
  const table = element('table');
  const head = element('tr');
  for (const title of ['Name', 'State', 'Platforms', 'Doing', 'Done']) {
    const cell = element('th', title);
    cell.scope = 'col';
    head.append(cell);
  }
  table.append(head);
  for (const worker of workers) {
    const info = worker.info;
    const row = element('tr');
    const state = element('td', worker.state.toLowerCase(), worker.state);
    if (info.unhealthyReason) state.append(': ' + info.unhealthyReason);
    const doing = element('td');
    doing.append(...list((worker.leases || []).map(
        (lease) => lease.activity || lease.taskId)));
    row.append(
        element('td', info.name), state,
        element('td', (info.platforms || []).map(
            (each) => each.platform.os + '/' + each.platform.architecture +
                (each.native ? '' : ' (emulated)')).join(', ')),
        doing, element('td', worker.tasksDone));
    table.append(row);
  }
  return table;
}

async function refresh() {
  const connection = document.getElementById('connection');
  let text = '';
  try {
    const response = await fetch('api/status.json', {cache: 'no-store'});
    if (!response.ok) throw new Error('status ' + response.status);
    const status = await response.json();
    const cards = status.builds.map(buildCard);
    if (cards.length === 0) {
      cards.push(element('p', 'No builds yet: ksoctl submit -f release.yaml'));
    }
    document.getElementById('builds').replaceChildren(...cards);
    document.getElementById('workers').replaceChildren(
        workerTable(status.workers));
    document.getElementById('hosts').replaceChildren(...list(
        (status.hosts || []).map((host) => host.words), '',
        'What hosts allow:'));
    text = 'kso ' + status.version;
  } catch (error) {
    text = 'The coordinator does not answer; trying again. (' + error.message +
        ')';
  }
  if (connection.textContent !== text) connection.textContent = text;
  setTimeout(refresh, 2000);
}

refresh();
