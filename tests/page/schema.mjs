// SPDX-License-Identifier: Apache-2.0
// Compares answers with the schemas of coordinator/api/openapi.json: types,
// members that are required or not known, and enums.
import {readFile} from 'node:fs/promises';

const OPENAPI = new URL('../../coordinator/api/openapi.json', import.meta.url);
const document = JSON.parse(await readFile(OPENAPI, 'utf8'));

function resolve(schema) {
  if (!schema.$ref) return schema;
  return schema.$ref.slice(2).split('/').reduce((node, name) => node[name],
                                                document);
}

function isOf(type, value) {
  switch (type) {
    case 'object': return value?.constructor === Object;
    case 'array': return Array.isArray(value);
    case 'integer': return Number.isInteger(value);
    default: return typeof value === type;
  }
}

// What is wrong with the value, a line each.
export function compare(value, schemaOrRef, place = 'the answer') {
  const schema = resolve(schemaOrRef);
  if (!isOf(schema.type, value)) return [`${place} is no ${schema.type}`];
  if (schema.enum && !schema.enum.includes(value)) {
    return [`${place} is "${value}"`];
  }
  if (schema.minimum > value) return [`${place} is less than its minimum`];
  if (schema.type === 'array') {
    return value.flatMap((each, i) => compare(each, schema.items,
                                              `${place}[${i}]`));
  }
  if (schema.type !== 'object' || !schema.properties) return [];
  return [
    ...(schema.required || []).filter((name) => !(name in value))
        .map((name) => `${place} lacks ${name}`),
    ...Object.entries(value).flatMap(([name, member]) =>
        schema.properties[name] ?
            compare(member, schema.properties[name], `${place}.${name}`) :
            [`${place} has the unknown member ${name}`]),
  ];
}

// The schema of what a GET of this path of the document answers.
export function schemaOf(path) {
  return document.paths[path].get.responses['200']
      .content['application/json'].schema;
}
