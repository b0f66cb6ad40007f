// SPDX-License-Identifier: Apache-2.0
// A server between the browser and a coordinator. It can serve a bundle of the
// page's files instead of those that the coordinator carries, and answer
// /api/v1 by made-up data instead of the coordinator's.
import {readFile} from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';

const TYPES = {'.html': 'text/html', '.css': 'text/css',
  '.js': 'text/javascript', '.txt': 'text/plain'};

function nameOf(where) {
  if (where === '/') return 'page.html';
  if (where === '/login') return 'login.html';
  return /^\/\w+\.(js|css|txt)$/.test(where) ? where.slice(1) : null;
}

// `coordinator`: where what is not answered here is asked for, 'http://host:port'.
// `files`: a directory with the page's files; null: they are the coordinator's.
// `made`: answers the API, as made_farm.mjs does; null: the coordinator does.
export class PageServer {
  constructor({coordinator, files = null, made = null}) {
    this.coordinator = new URL(coordinator);
    this.files = files;
    this.made = made;
    this.streams = new Set();
    this.isDown = false;
    this.server = http.createServer((request, response) => {
      this.#answer(request, response).catch((error) => {
        response.writeHead(502).end(String(error));
      });
    });
    this.server.keepAliveTimeout = 1000;
  }

  async start() {
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
    this.url = 'http://127.0.0.1:' + this.server.address().port;
    return this;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  // An event for all readers of /api/v1/events of made-up data.
  tell(name, data = {}) {
    for (const stream of this.streams) {
      stream.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    }
  }

  // Breaks all connections and takes no others, or is back.
  setDown(isDown) {
    this.isDown = isDown;
    if (isDown) this.server.closeAllConnections();
  }

  async #answer(request, response) {
    if (this.isDown) {
      request.socket.destroy();
      return;
    }
    const url = new URL(request.url, 'http://page');
    if (this.made && url.pathname.startsWith('/api/v1/')) {
      await this.#answerMade(url, request, response);
    } else {
      const name = request.method === 'GET' && this.files &&
          nameOf(url.pathname);
      this.#forward(request, response, name);
    }
  }

  async #answerMade(url, request, response) {
    if (url.pathname === '/api/v1/events') {
      response.writeHead(200, {'Content-Type': 'text/event-stream'});
      response.write('event: hello\ndata: {"version": "0.1.0"}\n\n');
      this.streams.add(response);
      response.on('close', () => this.streams.delete(response));
      return;
    }
    const {status, body} = this.made(
        request.method, url.pathname.slice('/api/v1/'.length),
        url.searchParams);
    const type = status < 400 ? 'application/json' : 'application/problem+json';
    response.writeHead(status, {'Content-Type': type})
        .end(JSON.stringify(body));
  }

  // Asks the coordinator; `file` replaces the body of what it answers.
  #forward(request, response, file) {
    const host = this.coordinator.host;
    const headers = {...request.headers, host};
    if (headers.origin) headers.origin = this.coordinator.origin;
    if (file) delete headers['if-none-match'];
    const onward = http.request({
      host: this.coordinator.hostname, port: this.coordinator.port,
      method: request.method, path: file ? '/' : request.url, headers,
    }, async (answer) => {
      if (!file) {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
        return;
      }
      answer.resume();
      const content = await readFile(path.join(this.files, file))
          .catch(() => null);
      const of = {...answer.headers, 'cache-control': 'no-store',
        'content-type': TYPES[path.extname(file)] + '; charset=utf-8'};
      for (const name of ['content-length', 'etag']) delete of[name];
      response.writeHead(content ? 200 : 404, of).end(content);
    });
    onward.on('error', () => request.socket.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }
}
