// SPDX-License-Identifier: Apache-2.0
// The tasks that set the time of a build. Its phases come one after another, and
// a phase waits for all of its tasks, so the task that ended last set the phase's end.
// That task may have waited for the one that had its slot, and that one for
// another: the chain of them is the critical path.

// A slot is given on within this time; a longer gap is a wait for something
// else, such as a host or a worker.
const HANDOVER_MS = 400;

const startOf = (each) => Date.parse(each.started);

// The tasks of each worker, by their ends: there may be thousands.
function byWorker(tasks, endOf) {
  const workers = new Map();
  for (const task of tasks) {
    if (!workers.has(task.worker)) workers.set(task.worker, []);
    workers.get(task.worker).push(task);
  }
  for (const each of workers.values()) each.sort((a, b) => endOf(a) - endOf(b));
  return workers;
}

// How many of these, which are sorted by their ends, ended by this moment.
function countEnded(tasks, moment, endOf) {
  let [low, high] = [0, tasks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (endOf(tasks[middle]) <= moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The task whose slot this one took over; null where there is none.
function taskBefore(next, tasks, endOf) {
  const begun = startOf(next);
  for (let i = countEnded(tasks, begun, endOf) - 1; i >= 0; --i) {
    if (endOf(tasks[i]) < begun - HANDOVER_MS) return null;
    if (startOf(tasks[i]) < begun) return tasks[i];
  }
  return null;
}

function chainOf(tasks, phaseStart, endOf) {
  const workers = byWorker(tasks, endOf);
  let next = tasks.reduce((a, b) => endOf(b) > endOf(a) ? b : a);
  const chain = [];
  while (next) {
    chain.push(next);
    next = taskBefore(next, workers.get(next.worker), endOf);
  }
  chain.reverse();
  return {chain, waited: Math.max(startOf(chain[0]) - phaseStart, 0)};
}

// A part for each phase that has begun:
//   phase, milliseconds
//   chain: its tasks that followed each other to its end; empty where the
//     coordinator does the phase itself
//   waited: milliseconds before the first of them began
// `now` ends what still runs. Tasks that were reused took no time.
export function criticalPath(build, tasks, now) {
  const endOf = (each) => each.ended ? Date.parse(each.ended) : now;
  const byPhase = new Map();
  for (const task of tasks) {
    if (!task.started || !task.worker || task.reused) continue;
    if (!byPhase.has(task.phase)) byPhase.set(task.phase, []);
    byPhase.get(task.phase).push(task);
  }
  return build.phases.filter((phase) => phase.started).map((phase) => {
    const ran = byPhase.get(phase.phase);
    return {
      phase: phase.phase,
      milliseconds: Math.max(endOf(phase) - startOf(phase), 0),
      ...ran ? chainOf(ran, startOf(phase), endOf) : {chain: [], waited: 0},
    };
  });
}
