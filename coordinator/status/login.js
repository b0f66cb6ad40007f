// SPDX-License-Identifier: Apache-2.0
'use strict';

document.getElementById('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  const token = document.getElementById('token').value.trim();
  const problem = document.getElementById('problem');
  problem.textContent = '';
  try {
    const response = await fetch('/login', {
      method: 'POST',
      headers: {'Content-Type': 'application/json', 'X-Kso-Action': '1'},
      body: JSON.stringify({token}),
    });
    if (response.ok) {
      location.assign('/');
      return;
    }
    problem.textContent = (await response.json()).detail;
  } catch (error) {
    problem.textContent = 'The coordinator does not answer.';
  }
});
