// SPDX-License-Identifier: Apache-2.0
// The stream of changes. Tabs share one where the browser has shared workers,
// since it opens only a few connections to a server.

const EVENTS = ['hello', 'change', 'reset'];

// Calls tell(name, data) for each event of the stream, and tell('lost') when
// it breaks; it connects again by itself, and 'hello' says that it did.
export function openStream(tell) {
  const source = new EventSource('/api/v1/events');
  for (const name of EVENTS) {
    source.addEventListener(name, (event) => {
      tell(name, event.data ? JSON.parse(event.data) : null);
    });
  }
  source.addEventListener('error', () => {
    tell('lost', null);
    // A browser gives up after an answer that is not a stream.
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(() => openStream(tell), 3000);
    }
  });
}

// The same, shared with the other tabs.
export function follow(tell) {
  if (!('SharedWorker' in globalThis)) {
    openStream(tell);
    return;
  }
  const worker = new SharedWorker('/live_worker.js', {type: 'module'});
  worker.port.addEventListener('message', (event) => {
    tell(event.data.name, event.data.data);
  });
  worker.addEventListener('error', () => openStream(tell), {once: true});
  worker.port.start();
}
