#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The page, in Chromium: a farm from its first minute on, with a build that ends
# well and one that fails, and made-up farms that are very large or unwell.
#
# KSO_PAGE_FILES=bazel-bin/coordinator/status/web takes the page's files from there,
# where `bazel build //coordinator/status:page_bundle` puts them, instead of those
# that are built into the coordinator.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/page/lib.sh
. tests/page/lib.sh

page_tools_are_there || skip "$why_not"
need_arm64
check "the page's modules that need no browser" node --test tests/page/modules_test.mjs
start_page_farm

beside_browser tests/page/run.mjs "http://$dashboard" ${KSO_PAGE_FILES:+"$KSO_PAGE_FILES"} ||
  failures=$((failures + 1))
finish
