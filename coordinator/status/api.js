// SPDX-License-Identifier: Apache-2.0
// Asks the coordinator. docs/api.md describes its paths.

// An answer that is an error; `message` is what the coordinator says of it.
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function problemOf(response) {
  try {
    return (await response.json()).detail;
  } catch {
    return response.status + ' ' + response.statusText;
  }
}

// The latest answers with their ETags: what has not changed is neither sent
// again nor parsed again. The oldest goes first.
const MOST_KNOWN = 64;
const known = new Map();

async function get(path) {
  const before = known.get(path);
  const response = await fetch(path, {
    headers: before ? {'If-None-Match': before.etag} : {},
  });
  if (response.status === 304 && before) return before.body;
  const body = await bodyOf(response);
  const etag = response.headers.get('ETag');
  known.delete(path);
  if (etag) known.set(path, {etag, body});
  if (known.size > MOST_KNOWN) known.delete(known.keys().next().value);
  return body;
}

async function bodyOf(response) {
  // A session has ended. The login itself is refused in words.
  if (response.status === 401 && location.pathname !== '/login') {
    location.assign('/login');
  }
  if (!response.ok) {
    throw new ApiError(response.status, await problemOf(response));
  }
  return response.status === 204 ? null : response.json();
}

// "a/b" from segments that may have any character.
export function path(...segments) {
  return segments.map(encodeURIComponent).join('/');
}

// Parameters that are empty are left out.
export function read(where, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== '') {
      query.set(name, value);
    }
  }
  const text = query.toString();
  return get('/api/v1/' + where + (text ? '?' + text : ''));
}

// All items of all pages.
export async function readAll(where, parameters = {}) {
  const items = [];
  let pageToken;
  do {
    const page = await read(where, {...parameters, limit: 1000, pageToken});
    items.push(...page.items);
    pageToken = page.nextPageToken;
  } while (pageToken);
  return items;
}

// Changes something. The header proves that no other site's page asks.
export async function change(where, body) {
  const headers = {'X-Kso-Action': '1'};
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  return bodyOf(await fetch(where, {
    method: 'POST', headers,
    body: body === undefined ? undefined : JSON.stringify(body),
  }));
}
