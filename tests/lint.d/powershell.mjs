// SPDX-License-Identifier: Apache-2.0
// Prints, as JSON, where the PowerShell scripts that are given do not parse.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Language, Parser } from "web-tree-sitter";

const grammar = createRequire(import.meta.url)
  .resolve("tree-sitter-powershell/tree-sitter-powershell.wasm");
await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(grammar));

function errorsBelow(node) {
  if (node.isError || node.isMissing) return [node];
  return node.children.flatMap(errorsBelow);
}

const found = process.argv.slice(2).flatMap((file) => {
  const tree = parser.parse(readFileSync(file, "utf8"));
  return errorsBelow(tree.rootNode).map((node) => ({
    file,
    line: node.startPosition.row + 1,
    text: node.text.split("\n")[0].slice(0, 60),
  }));
});
console.log(JSON.stringify(found));
