// SPDX-License-Identifier: Apache-2.0
// Viewers of the page, as the coordinator meets them: each has a stream of
// events, and reads again what it shows when that changes, as the page does.
//
//   node viewers.mjs http://HOST:PORT COUNT
//
// Half of them look at the list of builds, the others at the newest build and
// its tasks. With COUNT 0, /healthz is asked instead, 20 times a second: in a
// process of its own, so that the viewers' work is not in its time. Ends with
// SIGTERM, and prints what it measured as a line of JSON.
import http from 'node:http';
import {text} from 'node:stream/consumers';

const [origin, count] = process.argv.slice(2);
// As PAUSE_MS in coordinator/status/page.js.
const PAUSE_MS = 700;

const seen = {events: 0, reads: 0, unchanged: 0, bytes: 0, errors: 0};
const waits = [];

function get(path, agent, headers = {}) {
  return new Promise((done, fail) => {
    http.get(origin + path, {agent, headers}, (answer) => {
      text(answer).then((body) => {
        seen.bytes += body.length;
        done({status: answer.statusCode, body, etag: answer.headers.etag});
      }, fail);
    }).on('error', fail);
  });
}

class Viewer {
  constructor(looksAtList) {
    this.agent = new http.Agent({keepAlive: true, maxSockets: 1});
    this.looksAtList = looksAtList;
    this.known = new Map();
    this.isStale = false;
    this.isReading = false;
  }

  open() {
    return new Promise((done, fail) => {
      http.get(origin + '/api/v1/events', {agent: false}, (stream) => {
        stream.setEncoding('utf8').on('data', (data) => {
          if (data.includes('event:')) {
            ++seen.events;
            this.refresh();
          }
          done();
        });
        stream.on('error', () => ++seen.errors);
      }).on('error', fail);
    });
  }

  async read(path) {
    const before = this.known.get(path);
    const answer = await get('/api/v1/' + path, this.agent,
        before ? {'If-None-Match': before.etag} : {});
    ++seen.reads;
    if (answer.status === 304) {
      ++seen.unchanged;
      return before.body;
    }
    const body = JSON.parse(answer.body);
    this.known.set(path, {etag: answer.etag, body});
    return body;
  }

  async refresh() {
    this.isStale = true;
    if (this.isReading) return;
    this.isReading = true;
    while (this.isStale) {
      this.isStale = false;
      await this.readView().catch(() => ++seen.errors);
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
    this.isReading = false;
  }

  async readView() {
    const {items} = await this.read('builds?limit=200');
    if (this.looksAtList || items.length === 0) return;
    const build = 'builds/' + items[0].id;
    await this.read(build);
    await this.read(build + '/tasks?limit=1000');
  }
}

async function askForHealth(agent) {
  const begun = performance.now();
  const {status} = await get('/healthz', agent).catch(() => ({status: 0}));
  if (status === 200) waits.push(performance.now() - begun);
  else ++seen.errors;
}

if (count === '0') {
  const agent = new http.Agent({keepAlive: true});
  setInterval(() => askForHealth(agent), 50);
}
await Promise.all(Array.from({length: Number(count)}, (_, i) =>
    new Viewer(i % 2 === 0).open()));
console.log('open');
process.on('SIGTERM', () => {
  waits.sort((a, b) => a - b);
  const part = (share) =>
      Number((waits[Math.floor((waits.length - 1) * share)] || 0).toFixed(1));
  console.log(JSON.stringify(
      {...seen, p50: part(0.5), p99: part(0.99), worst: part(1)}));
  process.exit();
});
