// SPDX-License-Identifier: Apache-2.0
// What happens to the real farm while the browser looks: tests/e2e/page.sh does
// it. It is asked by a line "farm: WHAT" of the output, and answers with a line
// of the input, which may say something.
import readline from 'node:readline';

const answers = readline.createInterface({input: process.stdin})
    [Symbol.asyncIterator]();

export async function farm(what) {
  console.log('farm: ' + what);
  const {value} = await answers.next();
  return value;
}
