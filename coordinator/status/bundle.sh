#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Bundles the page: its scripts and styles with the libraries of npm that they
# import, and the licences of these. The same sources give the same bytes.
#   bundle.sh ESBUILD NODE_MODULES DIRECTORY
set -euo pipefail
esbuild=$1 modules=$(realpath "$2") out=$3
here=$(dirname "$0")

NODE_PATH=$modules "$esbuild" "$here"/{page,login,live_worker}.js "$here/page.css" \
  --bundle --minify --format=esm --target=es2022 --charset=utf8 \
  --legal-comments=none --log-level=warning --outdir="$out"
cp "$here"/{page,login}.html "$out/"

# A package's field in its package.json.
field() { sed -n 's/^ *"'"$2"'": *"\(.*\)",\{0,1\}$/\1/p' "$modules/$1/package.json" | head -n 1; }
{
  echo "The page of kso contains these libraries, with their licences:"
  for package in uplot @tanstack/virtual-core; do
    printf '\n%s %s (%s)\n\n' "$package" "$(field "$package" version)" "$(field "$package" license)"
    cat "$modules/$package/LICENSE"
  done
} >"$out/licenses.txt"
