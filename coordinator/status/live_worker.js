// SPDX-License-Identifier: Apache-2.0
// A shared worker: one stream of events for all tabs.
import {openStream} from './live.js';

const ports = new Set();
let latest = null;

self.addEventListener('connect', (event) => {
  const port = event.ports[0];
  ports.add(port);
  // A tab that comes later is told how the stream stands.
  if (latest) port.postMessage(latest);
});

openStream((name, data) => {
  const message = {name, data};
  if (name === 'hello' || name === 'lost') latest = message;
  for (const port of ports) port.postMessage(message);
});
