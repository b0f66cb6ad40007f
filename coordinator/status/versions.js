// SPDX-License-Identifier: Apache-2.0
// Names without their versions, by the rules of `ksoctl diff`
// (cli/diff/version_text.h): items of two releases with one key are the same
// thing.

// "1.29.5", "v3.27.3", and what may follow: "-rc.1", "+k3s1". Numbers before a
// ":" are an address.
const VERSION = new RegExp(
    '(?<![A-Za-z0-9.])v?\\d+(?:\\.\\d+)+' +
    '(?:[-+](?:rc|alpha|beta|eksbuild|k3s|rke2r|build|r)[.-]?\\d+)?' +
    '(?![\\d:]|\\.\\d)', 'g');

// {key, version}: of a URL, the key has "*" for each version; of an image, the
// tag or digest is its version, whatever it looks like.
export function withoutVersion(name) {
  if (name.includes('://')) {
    const versions = new Set(name.match(VERSION));
    return {key: name.replace(VERSION, '*'), version: [...versions].join(' ')};
  }
  const at = name.indexOf('@');
  const colon = name.indexOf(':', name.lastIndexOf(
      '/', at < 0 ? name.length : at) + 1);
  const ends = [at, colon].filter((each) => each >= 0);
  if (ends.length === 0) return {key: name, version: ''};
  const end = Math.min(...ends);
  return {key: name.slice(0, end), version: name.slice(end + 1)};
}
