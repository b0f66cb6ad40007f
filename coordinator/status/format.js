// SPDX-License-Identifier: Apache-2.0
// Numbers, sizes and times in the reader's language.
import {language, t} from './i18n.js';

// Making a formatter is slow, so each is made once for each language.
const formatters = new Map();

function formatter(Kind, options) {
  const key = [Kind.name, language(), JSON.stringify(options)].join(' ');
  if (!formatters.has(key)) {
    formatters.set(key, new Kind(language(), options));
  }
  return formatters.get(key);
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(count) {
  if (count === undefined) return '–';
  let value = Number(count);
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    ++unit;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return number(value, digits) + '\u00a0' + UNITS[unit];
}

export function number(value, digits = 0) {
  return formatter(Intl.NumberFormat, {
    minimumFractionDigits: digits, maximumFractionDigits: digits,
  }).format(value);
}

export function percent(part, whole) {
  return number(whole > 0 ? 100 * part / whole : 0) + '\u00a0%';
}

export function time(text) {
  if (!text) return '–';
  return formatter(Intl.DateTimeFormat, {
    dateStyle: 'medium', timeStyle: 'medium',
  }).format(new Date(text));
}

export function clock(milliseconds) {
  return formatter(Intl.DateTimeFormat, {timeStyle: 'medium'})
      .format(new Date(milliseconds));
}

// The same to the minute, for an axis.
export function clockMinutes(milliseconds) {
  return formatter(Intl.DateTimeFormat, {timeStyle: 'short'})
      .format(new Date(milliseconds));
}

export function duration(seconds) {
  if (seconds === undefined || !Number.isFinite(seconds)) return '–';
  if (seconds < 9.95) {
    return number(Math.max(seconds, 0), 1) + '\u00a0' + t('unit.s');
  }
  const whole = Math.max(0, Math.round(seconds));
  const parts = [
    [Math.floor(whole / 86400), t('unit.d')],
    [Math.floor(whole / 3600) % 24, t('unit.h')],
    [Math.floor(whole / 60) % 60, t('unit.min')],
    [whole % 60, t('unit.s')],
  ];
  while (parts.length > 1 && parts[0][0] === 0) parts.shift();
  return parts.slice(0, 2).map(([value, unit]) => value + '\u00a0' + unit)
      .join(' ');
}

// Seconds between two times; until now where the second is absent.
export function secondsBetween(from, to) {
  return ((to ? Date.parse(to) : Date.now()) - Date.parse(from)) / 1000;
}

// "sha256:0123456789ab…", for where the whole digest is a tooltip.
export function shortDigest(digest) {
  return digest && digest.length > 24 ? digest.slice(0, 19) + '…' : digest;
}
