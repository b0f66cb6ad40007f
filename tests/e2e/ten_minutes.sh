#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sets a farm up in ten minutes as docs/security.md says: its commands are run as
# they stand there, with this machine's directories and ports in place of the
# document's.
# Functions are named to check and wait_until.
# shellcheck disable=SC2317
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

umask 077
mkdir -p "$work/home" "$work/laptop"
export HOME=$work/home XDG_CONFIG_HOME=$work/home/.config
unset KSO_TOKEN KSO_COORDINATOR KSO_CONTEXT
document=$PWD/docs/security.md
coordinator=127.0.0.1:$(free_port)
# The programs are called by their names, from another directory.
coordinator_program=$PWD/$coordinator_program
ksoctl_program=$PWD/$ksoctl_program
worker_program=$PWD/bazel-bin/worker/kso-worker
kso-coordinator() { start coordinator "$coordinator_program" --http-listen '' "$@"; }
kso-worker() { start box-1 "$worker_program" "$@"; }

# The commands of a block of the section, the first one is 1.
#   block NUMBER
block() {
  sed -n '/^## A farm with certificates, in ten minutes/,/^## kso/p' "$document" |
    awk -v number="$1" '/^```sh$/ {inside = 1; ++n; next} /^```$/ {inside = 0} inside && n == number' |
    sed -e "s|farm\.example\.com:7070|$coordinator|g; s|0\.0\.0\.0:7070|$coordinator|g" \
      -e "s|farm\.example\.com|127.0.0.1|g; s|/etc/kso|$work/etc|g" \
      -e "s|/var/lib/kso|$work/state|g; s|/var/cache/kso|$work/cache|g"
}
# Runs it.
run_block() {
  local commands
  commands=$(block "$1")
  [[ -n $commands ]] || { echo "the document has no block $1"; return 1; }
  eval "$commands"
}

check "the coordinator's machine is set up as the document says" run_block 1
wait_until 30 grep -q "listening on" "$work/coordinator.log" || die "the coordinator did not start"
mv "$work/etc/ca.key" "$work/offline.key"
cp "$work/etc/ca.crt" "$work/etc/alice.crt" "$work/etc/alice.key" "$work/laptop"
cd "$work/laptop"
check "Alice's laptop reaches it" run_block 2
check "the context remembers how" same "$(ksoctl context ls --output json | jq -r .current)" lab
check "a worker is invited and joins" run_block 3
check "and is ready" wait_until 60 worker_is_ready box-1
check "who shows nothing is not let in" \
  fails env XDG_CONFIG_HOME="$work/nowhere" "$ksoctl_program" --coordinator "$coordinator" --ca ca.crt builds
check "the list of revocations holds" "$ksoctl_program" certs revoke alice.crt --dir "$work/etc"
refused() { ! ksoctl builds; }
check "without a restart" wait_until 20 refused
finish
