// SPDX-License-Identifier: Apache-2.0
// On a narrow screen, the button beside the site's name shows and hides its menu.
for (const button of document.querySelectorAll('[data-toggle="wy-nav-top"]')) {
  button.addEventListener('click', () => {
    for (const part of document.querySelectorAll('[data-toggle="wy-nav-shift"]')) {
      part.classList.toggle('shift');
    }
  });
}
