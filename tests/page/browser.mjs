// SPDX-License-Identifier: Apache-2.0
// Chromium, and pages in it as people have them.
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import puppeteer from 'puppeteer-core';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
  'best-practice'];

// A wait ends as soon as it may; this is for machines that are very busy.
const PATIENCE_MS = 90000;

export const DESKTOP = {width: 1280, height: 860};
export const PHONE = {width: 390, height: 844, isMobile: true, hasTouch: true,
  deviceScaleFactor: 2};

// The tests bring no content from elsewhere, and root has no sandbox.
export function openBrowser() {
  return puppeteer.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    protocolTimeout: PATIENCE_MS,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu',
      '--force-color-profile=srgb', '--hide-scrollbars'],
  });
}

// Opens a page in a profile of its own. What goes wrong in it is in `faults`.
export async function openPage(browser, {
  viewport = DESKTOP, scheme = 'light', language = 'en-US', motion = 'reduce',
} = {}) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.setViewport(viewport);
  await page.emulateMediaFeatures([
    {name: 'prefers-color-scheme', value: scheme},
    {name: 'prefers-reduced-motion', value: motion},
  ]);
  await page.setExtraHTTPHeaders({'Accept-Language': language});
  await page.evaluateOnNewDocument((tag) => {
    Object.defineProperty(navigator, 'languages', {get: () => [tag]});
  }, language);
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  // Everything that the page has is the coordinator's.
  page.on('request', (request) => {
    const {protocol, hostname} = new URL(request.url());
    if (/^(http|ws)/.test(protocol) && hostname !== '127.0.0.1') {
      faults.push('it asks elsewhere: ' + request.url());
    }
  });
  return {page, faults, close: () => context.close()};
}

// Goes to an address of the page, and waits until the view has its data.
export async function show(page, url) {
  await page.goto(url, {waitUntil: 'domcontentloaded'});
  await page.waitForSelector(`#content[data-address="${new URL(url).hash}"]`);
  await settled(page);
}

export async function settled(page) {
  await page.waitForSelector('#content[data-state="ready"]');
  await page.evaluate(() => new Promise((done) =>
      requestAnimationFrame(() => requestAnimationFrame(done))));
}

// What axe finds, a line each.
export async function findings(page) {
  await page.evaluate(await readFile(AXE, 'utf8'));
  const {violations} = await page.evaluate(
      (rules) => globalThis.axe.run({runOnly: rules}), RULES);
  return violations.flatMap((violation) => violation.nodes.map((node) =>
      `${violation.id}: ${violation.help}: ${node.target.join(' ')}: ` +
      node.failureSummary.split('\n').slice(1, 2).join('').trim()));
}
