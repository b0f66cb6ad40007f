// SPDX-License-Identifier: Apache-2.0
// Words beside the pointer, for the parts of pictures that have `data-tip`. The
// same is in tables and dialogs, for those who have no pointer.
import {h} from './dom.js';

const tip = h('div', {class: 'tip', 'aria-hidden': 'true', hidden: true});

function place(event) {
  const left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
  const below = event.clientY + 18;
  const isTooLow = below + tip.offsetHeight > innerHeight;
  tip.style.left = Math.max(left, 4) + 'px';
  tip.style.top =
      (isTooLow ? event.clientY - tip.offsetHeight - 8 : below) + 'px';
}

// Watches the whole document.
export function showTips() {
  document.body.append(tip);
  document.addEventListener('pointermove', (event) => {
    const text = event.target.closest?.('[data-tip]')?.dataset.tip;
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    place(event);
  });
  // The thing that was under the pointer may be elsewhere.
  for (const name of ['scroll', 'pointerdown']) {
    document.addEventListener(name, () => {
      tip.hidden = true;
    }, {capture: true, passive: true});
  }
}
