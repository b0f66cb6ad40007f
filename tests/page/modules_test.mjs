// SPDX-License-Identifier: Apache-2.0
// The page's modules that need no browser: node --test modules_test.mjs
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {test} from 'node:test';
import english from '../../coordinator/status/words_en.js';
import chinese from '../../coordinator/status/words_zh.js';
import {criticalPath} from '../../coordinator/status/critical_path.js';
import {withoutVersion} from '../../coordinator/status/versions.js';
import {madeFarm} from './made_farm.mjs';
import {compare, schemaOf} from './schema.mjs';

const STATUS = new URL('../../coordinator/status/', import.meta.url);
const at = (seconds) => new Date(seconds * 1000).toISOString();

function ran(id, worker, from, to) {
  return {id, worker, phase: 'layers', started: at(from), ended: at(to)};
}

test('both languages have the same words, with the same values', () => {
  assert.deepEqual(Object.keys(chinese), Object.keys(english));
  const values = (words) => [...words.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const [key, words] of Object.entries(english)) {
    assert.deepEqual(values(chinese[key]), values(words), key);
  }
});

test('the words of the API that the page shows are in both languages', async () => {
  const text = await readFile(new URL('../api/openapi.json', STATUS), 'utf8');
  const {schemas} = JSON.parse(text).components;
  for (const [kind, words] of [
    ['state', schemas.BuildState.enum], ['state', schemas.TaskState.enum],
    ['phase', schemas.Phase.enum],
    ['phaseState', schemas.PhaseProgress.properties.state.enum],
    ['failure', schemas.Failure.properties.kind.enum],
    ['layer', schemas.Layer.properties.state.enum],
    ['item', schemas.ItemVerdict.properties.verdict.enum],
    ['verdict', schemas.PlatformImage.properties.verdict.enum],
    ['level', schemas.Event.properties.level.enum],
    ['worker', schemas.Worker.properties.state.enum],
  ]) {
    for (const word of words) assert.ok(english[`${kind}.${word}`], kind + word);
  }
});

// Otherwise the page would be judged by what no coordinator says.
test('a made-up farm answers as the API does', () => {
  const made = madeFarm({builds: 3, tasks: 20, workers: 6});
  const builds = ['builds/build-1', 'builds/build-2', 'builds/build-3'];
  for (const [where, path] of [
    ...['session', 'farm', 'farm/history', 'hosts', 'releases', 'audit',
      'workers', 'builds'].map((each) => [each, each]),
    ...builds.map((each) => [each, 'builds/{build}']),
    ...builds.map((each) => [each + '/tasks', 'builds/{build}/tasks']),
    ...builds.map((each) => [each + '/logs', 'builds/{build}/logs']),
  ]) {
    const {status, body} = made('GET', where, new URLSearchParams());
    assert.equal(status, 200, where);
    assert.deepEqual(compare(body, schemaOf('/api/v1/' + path)), [], where);
  }
});

test('each library of the page is bundled with its licence', async () => {
  const read = (name) => readFile(new URL(name, STATUS), 'utf8');
  const {dependencies} = JSON.parse(await read('package.json'));
  const {packages} = JSON.parse(await read('package-lock.json'));
  const [bundle, workspace] = [await read('bundle.sh'),
    await read('../../WORKSPACE')];
  for (const [name, version] of Object.entries(dependencies)) {
    assert.match(bundle, new RegExp(`for package in .*${name}[ ;]`), name);
    assert.ok(workspace.includes(`"node_modules/${name}/**"`), name);
    assert.equal(packages['node_modules/' + name].version, version);
    assert.ok(packages['node_modules/' + name].license, name);
  }
  // Whatever registry a user has is the one that is asked.
  for (const [name, {resolved}] of Object.entries(packages)) {
    assert.equal(resolved, undefined, name);
  }
});

test('the task that ended last, and those that held its slot, set the time', () => {
  const build = {phases: [
    {phase: 'layers', started: at(10), ended: at(20)},
    {phase: 'assemble', started: at(20), ended: at(21)},
    {phase: 'verify'},
  ]};
  const tasks = [ran('a', 'one', 12, 14), ran('b', 'one', 14.1, 20),
    ran('c', 'two', 10, 19), {...ran('d', 'one', 10, 30), reused: true}];
  const [layers, assemble, ...others] = criticalPath(build, tasks, 0);
  assert.deepEqual(layers.chain.map(({id}) => id), ['a', 'b']);
  assert.equal(layers.waited, 2000);
  assert.equal(layers.milliseconds, 10000);
  assert.deepEqual(assemble.chain, []);
  assert.deepEqual(others, []);
});

test('a gap before a task is no handover of a slot', () => {
  const build = {phases: [{phase: 'layers', started: at(0)}]};
  const tasks = [ran('a', 'one', 0, 2), ran('b', 'one', 5, 9)];
  const [layers] = criticalPath(build, tasks, 9000);
  assert.deepEqual(layers.chain.map(({id}) => id), ['b']);
  assert.equal(layers.waited, 5000);
});

test('tasks that began and ended at one moment end the chain', () => {
  const build = {phases: [{phase: 'layers', started: at(0), ended: at(1)}]};
  const tasks = [ran('a', 'one', 1, 1), ran('b', 'one', 1, 1)];
  assert.equal(criticalPath(build, tasks, 0)[0].chain.length, 1);
});

// As cli/diff/compare_test.cc expects of ksoctl.
test('versions are found in names', () => {
  for (const [name, key, version] of [
    ['https://dl.k8s.io/v1.29.5/bin/linux/amd64/kubelet',
      'https://dl.k8s.io/*/bin/linux/amd64/kubelet', 'v1.29.5'],
    ['https://x.io/v1.0.0-rc.1/a-1.0.0-rc.1-linux-amd64.tar.gz',
      'https://x.io/*/a-*-linux-amd64.tar.gz', 'v1.0.0-rc.1 1.0.0-rc.1'],
    ['https://10.0.0.1:5000/a', 'https://10.0.0.1:5000/a', ''],
    ['https://x.io/a/v2/b-2.tar.gz', 'https://x.io/a/v2/b-2.tar.gz', ''],
    ['https://x.io/k3s/v1.29.5+k3s1/k3s', 'https://x.io/k3s/*/k3s',
      'v1.29.5+k3s1'],
    ['registry.k8s.io/pause:3.9', 'registry.k8s.io/pause', '3.9'],
    ['host:5000/pause', 'host:5000/pause', ''],
    ['host:5000/pause:3.9@sha256:ab', 'host:5000/pause', '3.9@sha256:ab'],
    ['quay.io/a@sha256:ab', 'quay.io/a', 'sha256:ab'],
  ]) {
    assert.deepEqual(withoutVersion(name), {key, version});
  }
});
