// SPDX-License-Identifier: Apache-2.0
// Takes the pictures of docs/images. tests/page/screenshots starts it.
//
//   node shots.mjs http://HOST:PORT OUTDIR [DIRECTORY]
//
// The arguments are those of run.mjs, and where the pictures go. What should
// happen to the farm is asked for as there.
import path from 'node:path';
import {DESKTOP, PHONE, openBrowser, openPage, settled, show} from './browser.mjs';
import {farm} from './farm.mjs';
import {PageServer} from './server.mjs';

const [coordinator, out, files] = process.argv.slice(2);
const server = files && await new PageServer({coordinator, files}).start();
const url = server ? server.url : coordinator;
const browser = await openBrowser();

// `part` is the section to begin with; `height` and `viewport` say how much is
// in the picture.
async function shoot(name, where, reader, height) {
  const {page, close} = await openPage(browser, reader);
  if (height) {
    await page.setViewport({...reader.viewport || DESKTOP, height});
  }
  await show(page, url + '/' + where);
  await settled(page);
  await page.screenshot({path: path.join(out, name + '.png')});
  await close();
  console.log(name + '.png');
}

// Waits until the build has so many tasks behind it, or has ended.
async function untilDone(id, share) {
  for (;;) {
    const answer = await fetch(coordinator + '/api/v1/builds/' + id);
    const {state, progress} = await answer.json();
    if (state !== 'running' ||
        share < 1 && progress.tasksDone > share * progress.tasksTotal) {
      return;
    }
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function build(release) {
  const id = await farm('submit ' + release);
  await untilDone(id, 1);
  return id;
}

const phone = {viewport: {...PHONE, deviceScaleFactor: 1.5}};
await farm('start workers');
const older = '#/builds/' + await build('older');
await shoot('page-build', older, {}, 980);
await shoot('page-build-zh', older, {language: 'zh-CN'}, 980);
const newer = await farm('submit newer');
await untilDone(newer, 0.65);
await shoot('page-builds-dark', '#/builds', {scheme: 'dark'}, 560);
await untilDone(newer, 1);
const where = '#/builds/' + newer;
await shoot('page-layers', where + '/layers', {}, 900);
await shoot('page-phone', where, {...phone, scheme: 'dark'});
await shoot('page-phone-zh', '#/farm', {...phone, language: 'zh-CN'});
await shoot('page-failed', '#/builds/' + await build('failing'), {}, 700);
await shoot('page-farm-dark', '#/farm', {scheme: 'dark'}, 1400);
await browser.close();
await server?.stop();
process.exit(0);
