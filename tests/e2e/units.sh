#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The units of deploy/systemd are ones that systemd takes, start programs with
# options that these have, and are closed as far as what they do allows, by
# systemd's own measure (0 is closed, 10 is open).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v systemd-analyze >/dev/null || skip "systemd-analyze is not installed"

exposure() {
  systemd-analyze security --offline=true --no-pager --threshold="$2" "deploy/systemd/$1.service" |
    tail -n 1
}

# Only for units that name no other reason: programs are not installed here.
sound() {
  local said
  mkdir -p "$work/bin"
  sed "s|^ExecStart=/usr/bin/[a-z-]*|ExecStart=/bin/true|; /^Documentation=/d" \
    "deploy/systemd/$1.service" >"$work/bin/$1.service"
  said=$(systemd-analyze verify --man=no "$work/bin/$1.service" 2>&1 | grep -F "$1.service" || true)
  [[ -z $said ]] || { echo "$said"; return 1; }
}

# Tells whether a program knows each option that the unit or its defaults give it.
options_are_known() {
  local program=$1 options
  shift
  mapfile -t options < <(grep -hE '^(ExecStart|KSO_[A-Z]*_OPTIONS)=' "$@" | grep -oE -- '--[a-z-]+' | sort -u)
  knows_options "$program" "${options[@]}"
}

check "nobody but a worker that runs images has root" \
  same "$(grep -LE '^User=kso-' deploy/systemd/*.service)" deploy/systemd/kso-worker-verify.service
check "the coordinator's exposure is under 2.0" exposure kso-coordinator 20
check "the exposure of a worker that fetches and packs is under 2.0" exposure kso-worker 20
# It makes containers as root, so it cannot be as closed.
check "the exposure of a worker that runs images is under 5.7" exposure kso-worker-verify 57
for unit in kso-coordinator kso-worker kso-worker-verify; do
  check "systemd takes $unit.service" sound "$unit"
  check "$unit leaves no core dump" grep -qx LimitCORE=0 "deploy/systemd/$unit.service"
  check "$unit makes files for itself alone" grep -qx UMask=0077 "deploy/systemd/$unit.service"
done
check "the coordinator knows its unit's options" options_are_known "$coordinator_program" \
  deploy/systemd/kso-coordinator.service deploy/systemd/kso-coordinator.default
check "the worker knows its units' options" options_are_known bazel-bin/worker/kso-worker \
  deploy/systemd/kso-worker.service deploy/systemd/kso-worker-verify.service deploy/systemd/kso-worker.default
finish
