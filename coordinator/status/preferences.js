// SPDX-License-Identifier: Apache-2.0
// A reader's choices, kept by the browser where it keeps anything.

export function recall(name) {
  try {
    return localStorage.getItem('kso.' + name);
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem('kso.' + name, value);
  } catch {
    // The choice lasts as long as the page then.
  }
}
