// SPDX-License-Identifier: Apache-2.0
// The session: who looks at the page, and what they may do.

let current = {roles: [], version: '', plaintextToOthers: false};

export function session() {
  return current;
}

export function setSession(answer) {
  current = answer;
}

export function may(role) {
  return current.roles.includes(role);
}
