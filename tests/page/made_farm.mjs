// SPDX-License-Identifier: Apache-2.0
// A farm that is made up, as large and as unwell as a test wants: it answers
// /api/v1 with the shapes of coordinator/api/openapi.json.

// Twenty minutes ago.
const START = Date.now() - 1200 * 1000;
const at = (seconds) => new Date(START + seconds * 1000).toISOString();
const digest = (number) => 'sha256:' + number.toString(16).padStart(64, '0');
const HOSTS = ['dl.k8s.io', 'registry.k8s.io', 'quay.io', 'docker.io'];
const PLATFORMS = ['linux/amd64', 'linux/arm64'];
const MIB = 1 << 20;

function page(items, parameters) {
  const from = Number(parameters.get('pageToken') || 0);
  const limit = Number(parameters.get('limit') || 100);
  const answer = {items: items.slice(from, from + limit), total: items.length};
  if (from + limit < items.length) answer.nextPageToken = String(from + limit);
  return answer;
}

function progress(total, done, running = 0, failed = 0) {
  return {tasksTotal: total, tasksDone: done, tasksRunning: running,
    tasksFailed: failed, bytesTotal: total * MIB, bytesDone: done * MIB};
}

function summary(number, state, tasks) {
  const done = state === 'running' ? Math.floor(tasks * 0.6) : tasks;
  return {
    id: 'build-' + number, release: 'v1.2.' + number + '-2.28.1', state,
    phase: state === 'running' ? 'layers' : 'tag', revision: 1,
    planOnly: false, fresh: false, priority: 0, created: at(number),
    ...state === 'running' ? {} : {ended: at(number + 900)},
    destination: 'docker://registry.example.com/team', platforms: PLATFORMS,
    fileCount: 44, imageCount: 57, progress: progress(tasks, done, 12),
    bytesFetched: 5000 * MIB, bytesPushed: 4200 * MIB, submittedBy: 'ci@example.com',
    waiting: state === 'running' ?
        ['linux/arm64: 3 tasks wait for a free slot'] : [],
    failureCount: state === 'failed' ? 1 : 0,
  };
}

const TASK_STATES = ['done', 'done', 'done', 'running', 'ready', 'delayed'];

function task(build, i, isOver) {
  const state = isOver ? 'done' : TASK_STATES[i % TASK_STATES.length];
  const started = 2 + Math.floor(i / 8);
  return {
    id: build + '/layer/' + i, kind: 'makeLayer', phase: 'layers', state,
    name: `layer kubespray-images: image ${i} of ${HOSTS[i % 4]} (${PLATFORMS[i % 2]})`,
    attempts: 1, bytesExpected: 3 * MIB, platform: PLATFORMS[i % 2],
    ...state === 'done' ? {
      worker: 'box-' + i % 16, started: at(started), bytesFetched: 3 * MIB,
      bytesPushed: 2 * MIB, ended: at(started + 5 + i % 40),
    } : {},
    ...state === 'running' ? {
      worker: 'box-' + i % 16, started: at(started), bytesDone: MIB,
      activity: 'fetching', host: HOSTS[i % 4],
    } : {},
    ...state === 'delayed' ? {
      retryAt: at(90), waitsFor: HOSTS[i % 4] + ': 429, for 90 s more',
    } : {},
  };
}

const LAYER_STATES = ['reused', 'made', 'running', 'planned', 'failed'];

function layer(i) {
  const state = LAYER_STATES[i % 5];
  return {
    name: 'group ' + i, members: 1 + i % 4, state,
    image: i % 3 ? 'kubespray-images' : 'kubespray-files',
    deadBytes: state === 'reused' ? (i % 7) * MIB : 0,
    bytes: (8 + i * i % 97) * MIB, bytesToFetch: state === 'reused' ? 0 : MIB,
    ...state === 'made' ? {digest: digest(i), encodedBytes: 4 * MIB} : {},
  };
}

const VERDICTS = ['verified', 'verified', 'failed', 'pending'];

// An image whose platforms came out in every way that there is.
function image(name) {
  return {
    name, repository: 'registry.example.com/team/' + name, digest: digest(name.length),
    tags: ['v1.2.1-2.28.1', 'latest'],
    platforms: VERDICTS.map((verdict, i) => ({
      platform: PLATFORMS[i % 2], variant: name + (i < 2 ? '' : '-all'), verdict,
      digest: digest(20 + i), checks: verdict === 'verified' ?
          ['88 files, each by its checksum', 'the listing of /k8s/'] : [],
      ...verdict === 'pending' ? {} : {native: i % 2 === 0, worker: 'box-' + i},
      ...i === 1 ? {missingFences: ['no limit of memory (cgroups)']} : {},
      ...verdict === 'failed' ? {reason: 'it did not answer within 60 s'} : {},
    })),
  };
}

const ITEM_VERDICTS = ['matched', 'matched', 'unstated', 'waived', 'unknown'];

function item(i) {
  const verdict = ITEM_VERDICTS[i % ITEM_VERDICTS.length];
  return {
    name: `https://dl.k8s.io/v1.31.2/bin/linux/amd64/item-${i}`, verdict,
    digest: digest(100 + i), bytes: i * MIB, architectures: ['amd64'],
    ...verdict === 'waived' ? {remark: 'files.waive names it'} : {},
  };
}

const LEVELS = ['info', 'info', 'warning', 'error'];

function line(i) {
  return {sequence: i + 1, time: at(i), level: LEVELS[i % LEVELS.length],
    worker: 'box-' + i % 4, text: `what happened at ${i}`};
}

function details(of) {
  const failed = of.state === 'failed';
  const succeeded = of.state === 'succeeded';
  const order = ['resolve', 'check', 'layers', 'assemble', 'verify', 'tag'];
  const reached = failed || of.state === 'running' ? 2 : 6;
  return {
    ...of,
    phases: order.map((phase, i) => ({
      phase, byWorkers: i % 2 === 0,
      state: i < reached ? 'done' : i > reached ? 'pending' :
          failed ? 'failed' : 'running',
      progress: i < reached ? progress(102, 102) :
          i > reached ? progress(0, 0) : of.progress,
      ...i <= reached ? {started: at(i * 20)} : {},
      ...i < reached ? {ended: at(i * 20 + 20)} : {},
    })),
    failures: failed ? [{
      kind: 'permanent', item: 'https://dl.k8s.io/v1.31.2/bin/linux/arm64/kubelet',
      reason: 'the checksum is not the one that files-arm64.list states',
      advice: 'Compare it with the project\'s own list of checksums.',
      location: 'files-arm64.list:9',
    }] : [],
    notes: [],
    plan: {
      fileCount: 44, imageCount: 57, layerCount: 90, layersReused: 18,
      bytesReused: 900 * MIB, bytesDead: 42 * MIB, bytesToFetch: 5100 * MIB,
      bytesToPack: 5000 * MIB, bytesToPush: 4300 * MIB,
      workerDiskBytes: 9000 * MIB, items: [],
      missingPlatforms: ['docker.io/amazon/aws-x:1 lacks linux/arm64'],
      missingPlatformsMeaning: 'Nodes of that architecture cannot run them.',
      notes: ['quay.io did not say what it allows'],
      registries: [{registry: 'docker.io', images: 9, manifestGets: 27}],
      // The build that made it is not kept any more.
      previousRelease: 'v1.2.0-2.28.0',
      estimatedSeconds: 700, estimateBasis: 'the rates of the last hour',
    },
    outcome: {bytesFetched: of.bytesFetched, bytesPushed: of.bytesPushed,
      layersMade: 72, layersReused: 18, seconds: 1800, layersSeconds: 640},
    layers: Array.from({length: 90}, (_, i) => layer(i)),
    verdicts: succeeded ? Array.from({length: 25}, (_, i) => item(i)) : [],
    images: succeeded ? ['kubespray-files', 'kubespray-images'].map(image) : [],
    hosts: [], events: Array.from({length: 20}, (_, i) => line(i)),
    lastSequence: 20,
  };
}

const WORKER_STATES = ['ready', 'ready', 'ready', 'draining', 'lost', 'unhealthy'];

function worker(i) {
  const state = WORKER_STATES[i % WORKER_STATES.length];
  return {
    name: 'box-' + i, state, slots: 4, version: '0.1.0', canExecute: i % 2 === 0,
    platforms: [{platform: PLATFORMS[i % 2], native: true}],
    diskFreeBytes: (5 + i) * 1024 * MIB, lastSeen: at(0), tasksDone: i * 7,
    drainOrdered: state === 'draining', leases: state === 'ready' ? [{
      taskId: 'build-1/layer/' + i, buildId: 'build-1', bytesDone: MIB,
      taskName: 'layer ' + i, activity: 'fetching registry.k8s.io/pause:3.9',
      bytesExpected: 4 * MIB, host: HOSTS[i % 4],
    }] : [],
    ...state === 'unhealthy' ? {
      unhealthyReason: 'its disk is full: 0 B of /var/cache/kso are free',
    } : {},
  };
}

function history() {
  return {intervalSeconds: 10, samples: Array.from({length: 120}, (_, i) => ({
    time: at(i * 10), workersReady: 8, tasksRunning: 20 + i % 9,
    tasksWaiting: 200 - i,
    totals: {tasksDone: i * 9, tasksFailed: 0, tasksReused: i * 3,
      layersMade: i, layersReused: i, bytesReused: i * MIB,
      bytesFetched: i * 90 * MIB, bytesPushed: (i * 60 + i % 5 * 40) * MIB},
    quotas: [{host: 'docker.io', limit: 200, remaining: 200 - i},
      {host: 'quay.io', limit: 1000, remaining: 900 - i * 2}],
  }))};
}

function farmNow() {
  return {
    version: '0.1.0', started: at(-3600), now: at(1200), buildsRunning: 200,
    buildsTotal: 200, tasksRunning: 64, tasksWaiting: 900,
    platforms: PLATFORMS.map((platform) => ({
      platform, workersReady: 8, workersNative: 8, slots: 32, slotsUsed: 27,
    })),
    queues: [{platform: 'linux/arm64', mustExecute: true, ready: 3, delayed: 1,
      oldestSeconds: 340, reasons: ['no ready worker runs linux/arm64 images']},
    {platform: '', mustExecute: false, ready: 800, delayed: 96,
      oldestSeconds: 75, reasons: ['all slots are in use',
        'docker.io: 80 of 200 pulls are left for 5 h']}],
    totals: history().samples[119].totals,
  };
}

const SESSION = {authentication: 'none', version: '0.1.0', roles:
  ['view', 'submit', 'work', 'admin'], principal: 'local',
plaintextToOthers: false};
const HOST_LIMITS = [{host: 'docker.io', tasksRunning: 2, tasksWaiting: 90,
  bytesReceived: 700 * MIB, bytesSent: 3 * MIB, taskLimit: 2, quota: {limit: 200, remaining: 81, windowSeconds: 21600},
  words: '429 Too Many Requests', pausedUntil: at(1300)}];

// The answers: (method, path, parameters) => {status, body}.
// `builds` is how many builds there are, which run, but for build-2, which failed,
// and build-1, which succeeded; `tasks`, how many tasks each of them has;
// `roles`, what the reader may do. The returned function's `deeds` are the
// changes that were asked for, and its `fails` an answer for all paths that it
// names.
export function madeFarm({builds = 0, tasks = 0, workers = 0, roles} = {}) {
  const list = Array.from({length: builds}, (_, i) => summary(
      builds - i, ['succeeded', 'failed'][builds - i - 1] || 'running', tasks));
  const taskList = new Map();
  const tasksOf = (id) => {
    if (!taskList.has(id)) {
      taskList.set(id, Array.from({length: tasks}, (_, i) =>
        task(id, i, id === 'build-1')));
    }
    return taskList.get(id);
  };
  const boxes = Array.from({length: workers}, (_, i) => worker(i));
  const ok = (body) => ({status: 200, body});
  const problem = (status, detail) =>
      ({status, body: {type: 'about:blank', title: 'Problem', status, detail}});

  function ofBuild(id, rest, parameters) {
    const known = list.find((each) => each.id === id);
    if (!known) return problem(404, 'there is no build ' + id);
    if (rest === 'tasks') return ok(page(tasksOf(id), parameters));
    if (rest === 'logs') {
      const level = parameters.get('level');
      return ok({lastSequence: 20, items: details(known).events.filter((each) =>
        !level || each.level === level)});
    }
    return ok(details(known));
  }

  const fixed = {
    session: () => roles ? {...SESSION, roles} : SESSION,
    farm: () => builds > 0 ? farmNow() : {...farmNow(), buildsRunning: 0,
      buildsTotal: 0, tasksRunning: 0, tasksWaiting: 0, platforms: [],
      queues: []},
    'farm/history': () => builds > 0 ? history() :
        {intervalSeconds: 10, samples: []},
    hosts: (parameters) => page(builds > 0 ? HOST_LIMITS : [], parameters),
    releases: (parameters) => page([], parameters),
    audit: (parameters) => page([], parameters),
    workers: (parameters) => page(boxes, parameters),
    builds: (parameters) => page(list.filter((build) =>
        (parameters.get('state') || build.state) === build.state &&
        build.release.includes(parameters.get('text') || '')), parameters),
  };

  function answer(method, where, parameters) {
    const failure = answer.fails[where];
    if (failure) return failure;
    if (method === 'POST') {
      answer.deeds.push(where);
      return ok({});
    }
    if (where in fixed) return ok(fixed[where](parameters));
    const [kind, id, rest] = where.split('/');
    if (kind === 'builds') return ofBuild(id, rest, parameters);
    return problem(404, 'there is no ' + where);
  }
  answer.deeds = [];
  answer.fails = {};
  answer.builds = list;
  answer.problem = problem;
  return answer;
}
