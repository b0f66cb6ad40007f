// SPDX-License-Identifier: Apache-2.0
// Exits 0 when Chromium runs here.
import {openBrowser} from './browser.mjs';

const browser = await openBrowser();
console.log(await browser.version());
await browser.close();
