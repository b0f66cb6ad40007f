// SPDX-License-Identifier: Apache-2.0
// What set the time of a build. Its phases come one after another, and a phase
// waits for all of its tasks, so the task that ended last set the phase's end.
// That task may have waited for the one that had its slot, and that one for
// another: the chain of them is the critical path.

// A slot is given on within this time; a longer gap is a wait for something
// else, such as a host or a worker.
const HANDOVER_MS = 400;

const startOf = (each) => Date.parse(each.started);

function chainOf(tasks, phaseStart, endOf) {
  let last = null;
  for (const task of tasks) {
    if (!last || endOf(task) > endOf(last)) last = task;
  }
  const chain = [last];
  for (;;) {
    const next = chain[0];
    let before = null;
    for (const task of tasks) {
      const end = endOf(task);
      if (task.worker !== next.worker || task === next ||
          end > startOf(next) || end < startOf(next) - HANDOVER_MS ||
          startOf(task) >= startOf(next)) {
        continue;
      }
      if (!before || end > endOf(before)) before = task;
    }
    if (!before) break;
    chain.unshift(before);
  }
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
