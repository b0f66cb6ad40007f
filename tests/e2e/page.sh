#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The page, in Chromium: a farm from its first minute on, with a build that ends
# well and one that fails, and made-up farms that are very large or unwell.
#
# KSO_PAGE_FILES=coordinator/status takes the page's files from the source tree
# instead of those that are built into the coordinator.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/page/lib.sh
. tests/page/lib.sh

page_tools_are_there || skip "$why_not"
[[ -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ]] || skip "arm64 images do not run here: no binfmt_misc with qemu"
check "the page's modules that need no browser" node --test tests/page/modules_test.mjs
start_page_farm

# The browser's tests say what should happen to the farm while they look.
coproc BROWSER {
  exec node tests/page/run.mjs "http://$dashboard" ${KSO_PAGE_FILES:+"$KSO_PAGE_FILES"} 2>&1
}
browser=$BROWSER_PID
exec {from}<&"${BROWSER[0]}" {to}>&"${BROWSER[1]}"
while IFS= read -r -u "$from" line; do
  if [[ $line == "farm: "* ]]; then
    echo "      $line"
    happen "${line#farm: }" >&"$to"
  else
    echo "$line"
  fi
done
check "the checks in the browser" wait "$browser"
finish
