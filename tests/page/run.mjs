// SPDX-License-Identifier: Apache-2.0
// Judges the page in Chromium. tests/e2e/page.sh starts it beside a farm.
//
//   node run.mjs http://HOST:PORT [DIRECTORY]
//
// The address is that of a coordinator without builds and workers. With
// DIRECTORY, the page's files are those there, not the coordinator's.
import {openBrowser} from './browser.mjs';
import {finish} from './checks.mjs';
import {checkLogin} from './login.mjs';
import {checkMadeStates} from './made_states.mjs';
import {checkRealFarm} from './real_farm.mjs';
import {PageServer} from './server.mjs';

const [coordinator, files] = process.argv.slice(2);
const server = files && await new PageServer({coordinator, files}).start();
const url = server ? server.url : coordinator;
const browser = await openBrowser();
await checkRealFarm(browser, url);
await checkMadeStates(browser, coordinator, files);
await checkLogin(browser, url);
await browser.close();
await server?.stop();
finish();
