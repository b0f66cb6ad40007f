// SPDX-License-Identifier: Apache-2.0
'use strict';

// So many builds are shown, the newest.
const SHOWN_BUILDS = 20;

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
  for (const phase of build.phases) {
    const progress = phase.progress;
    const state = progress.tasksDone + ' of ' + progress.tasksTotal +
        (progress.tasksRunning ? ', ' + progress.tasksRunning + ' running' :
                                 '') +
        (progress.tasksFailed ? ', ' + progress.tasksFailed + ' failed' : '');
    const li = element('li');
    const label = element('label', phase.phase + ': ' + state + ' ');
    const bar = element('progress');
    bar.max = Math.max(progress.tasksTotal, 1);
    bar.value = progress.tasksDone;
    label.append(bar);
    li.append(label);
    ul.append(li);
  }
  return ul;
}

function verdictText(image, platform) {
  return platform.variant + ' ' + platform.platform + ': ' + platform.verdict +
      (platform.worker ? ' by ' + platform.worker : '') +
      (platform.native === undefined ? '' :
           platform.native ? ', native' : ', emulated');
}

function buildCard(build) {
  const card = element('article');
  const title =
      element('h3', build.release + (build.planOnly ? ' (plan) ' : ' '));
  title.append(element('span', build.state, build.state));
  card.append(title);
  const facts = element('p');
  facts.append(element('code', build.id), element('small',
      ' since ' + new Date(build.created).toLocaleString() + ', ' +
      bytes(build.bytesFetched) + ' fetched, ' + bytes(build.bytesPushed) +
      ' pushed'));
  card.append(facts, phases(build));
  card.append(...list(build.waiting, '', 'Waiting:'));
  card.append(...list(build.failures.map(failureText), 'failures',
      'Failures:'));
  card.append(...list(build.images.map(
      (image) => image.repository + '@' + image.digest)));
  card.append(...list(build.images.flatMap((image) => image.platforms.map(
      (platform) => verdictText(image, platform)))));
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
    const row = element('tr');
    const state = element('td', worker.state, worker.state);
    if (worker.unhealthyReason) state.append(': ' + worker.unhealthyReason);
    const doing = element('td');
    doing.append(...list(worker.leases.map(
        (lease) => lease.activity || lease.taskName || lease.taskId)));
    row.append(
        element('td', worker.name), state,
        element('td', worker.platforms.map(
            (each) => each.platform + (each.native ? '' : ' (emulated)'))
            .join(', ')),
        doing, element('td', worker.tasksDone));
    table.append(row);
  }
  return table;
}

async function read(path) {
  const response = await fetch('/api/v1/' + path);
  if (response.status === 401) location.assign('/login');
  if (!response.ok) throw new Error('status ' + response.status);
  return response.json();
}

let version = '';
let plaintext = false;
let reading = false;
let again = false;

function say(text) {
  const connection = document.getElementById('connection');
  if (connection.textContent !== text) connection.textContent = text;
}

// Reads everything anew, and once more if something changed meanwhile.
async function refresh() {
  if (reading) {
    again = true;
    return;
  }
  reading = true;
  try {
    const page = await read('builds?limit=' + SHOWN_BUILDS);
    const builds = await Promise.all(page.items.map(
        (build) => read('builds/' + encodeURIComponent(build.id))));
    const workers = await read('workers?limit=1000');
    const hosts = await read('hosts');
    plaintext = (await read('session')).plaintextToOthers;
    const cards = builds.map(buildCard);
    if (cards.length === 0) {
      cards.push(element('p', 'No builds yet: ksoctl submit -f release.yaml'));
    }
    document.getElementById('builds').replaceChildren(...cards);
    document.getElementById('workers').replaceChildren(
        workerTable(workers.items));
    document.getElementById('hosts').replaceChildren(...list(
        hosts.items.map((host) => host.words).filter(Boolean), '',
        'What hosts allow:'));
    say('kso ' + version + (plaintext ?
        '. Not encrypted: whoever is on the network reads and changes ' +
        'everything.' : ''));
  } catch (error) {
    say('The coordinator does not answer; trying again. (' + error.message +
        ')');
  }
  reading = false;
  if (again) {
    again = false;
    refresh();
  }
}

const events = new EventSource('/api/v1/events');
events.addEventListener('hello', (event) => {
  version = JSON.parse(event.data).version;
  refresh();
});
events.addEventListener('change', refresh);
events.addEventListener('reset', refresh);
events.addEventListener('error', () => {
  say('The coordinator does not answer; trying again.');
  // A session that has ended is not told by the stream.
  read('session').then((session) => {
    if (session.roles.length === 0) location.assign('/login');
  }).catch(() => {});
});
