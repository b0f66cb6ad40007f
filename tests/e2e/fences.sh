#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A worker says which fences this machine has not, and runs no images where it is
# told to do without none, or to run none at all. It takes no directory in which
# others may have put something.
. "$(dirname "$0")/lib.sh"

start_coordinator coordinator
info_of() { ksoctl workers --output json | jq --arg name "$1" '.workers[] | select(.info.name == $name).info'; }

start_worker plain amd64
start_worker strict amd64 --strict-fences
start_worker packer amd64 --no-verify
for name in plain strict packer; do
  wait_until 60 worker_is_ready $name || die "the worker $name did not come up"
done

echo "# Fences"
[[ $(info_of plain | jq .canExecute) == true ]] ||
  skip "no images can be run here: $(info_of plain | jq -r .cannotExecuteReason)"
missing=$(info_of plain | jq -r '.missingFences[]?')
say "missing here: ${missing:-nothing}"
if [[ -n $missing ]]; then
  check "a strict worker runs no images" same "$(info_of strict | jq '.canExecute // false')" false
  check "and says what is missing" contains "$(info_of strict | jq -r .cannotExecuteReason)" "$(head -n 1 <<<"$missing")"
  check "people read it" contains "$(ksoctl workers)" "plain runs images without a $(head -n 1 <<<"$missing")"
  check "and so does the log" grep -qF "runs images without a" "$work/plain.log"
else
  check "a strict worker runs images" same "$(info_of strict | jq .canExecute)" true
fi
check "what is told to run no images runs none" same "$(info_of packer | jq '.canExecute // false')" false
check "and says why" contains "$(info_of packer | jq -r .cannotExecuteReason)" --no-verify
if [[ $(runc --version | sed -n 's/^runc version \([0-9.]*\).*/\1/p') == 1.1.* ]]; then
  check "an old runc is named" contains "$(info_of plain | jq -r '.remarks[]?')" "CVE-2025-31133"
fi

echo "# Ranges of ids and directories"
exit_status() { local status=0; timeout 20 "$@" >"$work/output" 2>&1 || status=$?; echo "$status"; }
worker() { bazel-bin/worker/kso-worker --coordinator "$coordinator" --name other "$@"; }
export -f worker
export coordinator
check "the ids of this machine's users are refused" \
  same "$(exit_status bash -c 'worker --cache-dir "$1" --subuid 0:65536' - "$work/other-cache")" 2
check "with what is wrong" grep -q "0:65536" "$work/output"
mkdir -m 777 "$work/open"
check "a cache that others may write is refused" \
  same "$(exit_status bash -c 'worker --cache-dir "$1"' - "$work/open")" 1
check "with what to do" grep -q "chmod 700" "$work/output"
check "a state that others may write is refused" \
  same "$(exit_status "$coordinator_program" --state-dir "$work/open" --listen 127.0.0.1:0 --http-listen '')" 1
check "with what to do" grep -q "chmod 700" "$work/output"
mkdir -m 755 "$work/readable"
start readable bazel-bin/worker/kso-worker --coordinator "$coordinator" --name readable --no-verify \
  --cache-dir "$work/readable" "${allow_loopback[@]}"
wait_until 30 worker_is_ready readable || die "the worker did not come up"
check "one that others could read is closed" same "$(stat -c %a "$work/readable")" 700
finish
