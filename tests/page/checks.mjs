// SPDX-License-Identifier: Apache-2.0
// The report of a test: a line for each thing that a reader would notice.

let failed = 0;

// Runs `verify`, which throws, or returns a list of lines that should not be
// there, where something is wrong. The tests go on in any case.
export async function check(what, verify) {
  let lines = [];
  try {
    const found = await verify();
    if (Array.isArray(found)) lines = found;
  } catch (error) {
    lines = [error.message];
  }
  console.log((lines.length === 0 ? 'ok    ' : 'FAIL  ') + what);
  if (lines.length > 0) {
    ++failed;
    for (const line of lines.slice(0, 12)) console.log('        ' + line);
  }
}

export function expect(condition, otherwise) {
  if (!condition) throw new Error(otherwise);
}

export function same(actual, expected) {
  const [a, b] = [actual, expected].map((each) => JSON.stringify(each));
  expect(a === b, `expected ${b}, but got ${a}`);
}

// Exits as the end-to-end tests do.
export function finish() {
  if (failed > 0) console.log(`${failed} checks of the page failed`);
  process.exit(failed > 0 ? 1 : 0);
}
