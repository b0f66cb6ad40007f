// SPDX-License-Identifier: Apache-2.0
// Makes and updates elements. Data becomes text nodes and attributes, never
// markup.

const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    node.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

// An HTML element. Attributes that are false or absent are left out.
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

// An SVG element.
export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

// Words of the coordinator, which are English in every language of the page.
export function said(text) {
  return h('span', {lang: 'en'}, text);
}

// A reader's choices, such as an opened part, are theirs and not the data's.
const OWNED_BY_READER = new Set(['open', 'value']);

function sameKind(a, b) {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName &&
      (a.nodeType !== Node.ELEMENT_NODE ||
       a.getAttribute('data-key') === b.getAttribute('data-key'));
}

function updateNode(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const {name} of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !OWNED_BY_READER.has(name)) {
      old.removeAttribute(name);
    }
  }
  for (const {name, value} of fresh.attributes) {
    if (OWNED_BY_READER.has(name) && old.tagName !== 'PROGRESS' &&
        old.tagName !== 'OPTION') {
      continue;
    }
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  updateChildren(old, [...fresh.childNodes]);
}

// Makes the parent's children like the fresh ones, and keeps the nodes that
// stand for the same thing (by `data-key`, or by their place), so that focus,
// selection and scroll positions stay where they are. Listeners of fresh nodes
// are not taken over: events are handled above what is updated.
export function updateChildren(parent, fresh) {
  const keyed = new Map();
  for (const child of parent.childNodes) {
    const key = child.dataset?.key;
    if (key) keyed.set(key, child);
  }
  let place = parent.firstChild;
  for (const node of fresh) {
    const known = node.dataset?.key && keyed.get(node.dataset.key);
    if (known && known !== place && sameKind(known, node)) {
      parent.insertBefore(known, place);
      updateNode(known, node);
    } else if (place && sameKind(place, node)) {
      updateNode(place, node);
      place = place.nextSibling;
    } else {
      parent.insertBefore(node, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}
