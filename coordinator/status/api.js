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

async function ask(path, options) {
  const response = await fetch(path, options);
  if (response.status === 401) location.assign('/login');
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
  return ask('/api/v1/' + where + (text ? '?' + text : ''));
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
export function change(where, body) {
  const headers = {'X-Kso-Action': '1'};
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  return ask(where, {
    method: 'POST', headers,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}
