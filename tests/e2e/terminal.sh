#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The view that a person has of a build on a terminal, and a program of its output.
. "$(dirname "$0")/lib.sh"
need_arm64

registry=127.0.0.1:$(free_port)
destination=$registry/team
start_registry destination "${registry#*:}" "$work/destination"
start_upstream "docker://$destination"
start_coordinator coordinator
start_worker worker-amd64 amd64
start_worker worker-arm64 arm64
wait_until 30 worker_is_ready worker-amd64 || die "worker-amd64 did not come up"

# Runs ksoctl on a pseudo-terminal of 80 columns that is made narrower soon.
on_terminal() {
  TERM=xterm script -qec "stty cols 80 rows 24
    (sleep 2; stty cols 60 </dev/tty) &
    $ksoctl_program $*" "$work/typescript" >/dev/null </dev/null
}
# The screen in the end: without colours and cursor movements.
plain() { sed 's/\x1b\[[0-9;]*[A-Za-z]//g; s/\r//g' "$work/typescript"; }

status=0
on_terminal submit -f "$work/release/release.yaml" --wait || status=$?
((status == 0)) || plain | tail -n 20
check "submit --wait succeeds on a terminal" same "$status" 0
screen=$(plain)
check "there is a bar for a phase" contains "$screen" "layers   ["
check "there is a line for the worker" contains "$screen" "worker-amd64: "
check "it is drawn in place" grep -q $'\x1b\[[0-9]*A' "$work/typescript"
check "lines of the block fit 80 columns" same \
  "$(plain | grep -E '^(resolve|check|layers|assemble|verify|tag|  (fetching|packing)|worker-)' | awk 'length > 79' | head -n 1)" ""
check "the end says what is where, by digest" contains "$screen" "digest       sha256:"
check "the end says how long each phase took" contains "$screen" "Phases:"
check "the end says what is next" contains "$screen" "ksoctl verify $destination"
check "colours are there" grep -q $'\x1b\[32m' "$work/typescript"
NO_COLOR=1 on_terminal watch "$release" || true
check "NO_COLOR takes them away" fails grep -q $'\x1b\[32m' "$work/typescript"

echo "# For programs"
ksoctl watch "$release" --output jsonl >"$work/events.jsonl"
check "each line is an object that says what it is" jq -es 'all(has("type") and has(.type))' "$work/events.jsonl"
check "the last one is the build" same "$(tail -n 1 "$work/events.jsonl" | jq -r '"\(.type) \(.build.state)"')" "build SUCCEEDED"
check "logs of one task" contains "$(ksoctl logs "$release" --task kubelet)" kubelet
check "logs of one task have no other" lacks "$(ksoctl logs "$release" --task kubelet)" "phase layers"
check "an unknown command with --help is one" same "$(ksoctl sumbit --help 2>&1 >/dev/null | head -n 1)" \
  "ksoctl: there is no command 'sumbit'; did you mean 'submit'?"
check "builds are completed by name" contains "$(ksoctl __complete logs v)" "$release"
check "doctor finds nothing broken" ksoctl doctor -f "$work/release/release.yaml"
check "doctor finds what is" fails env KSO_COORDINATOR=127.0.0.1:1 "$ksoctl_program" doctor
check "a build does not differ from itself" contains "$(ksoctl diff "$release" "$release")" "0 added, 0 dropped, 0 changed"
check "workers drain by pattern" contains "$(ksoctl workers drain 'worker-*')" "worker-amd64"
check "and work again" contains "$(ksoctl workers undrain '*')" "is given work again"
check "init makes a release that can be read" contains \
  "$(ksoctl init "$work/fresh" --destination "oci:$work/out" --platform linux/amd64 2>&1)" "ksoctl plan -f $work/fresh/release.yaml"
check "init does not replace one" fails "$ksoctl_program" init "$work/fresh"
check "two release directories differ in what was chosen" contains \
  "$(ksoctl diff deploy/releases/kubespray-2.25.1 "$work/fresh")" "~ platforms: linux/amd64, linux/arm64 -> linux/amd64"

echo "# Where ksoctl is not"
by_curl() { deploy/scripts/submit.sh --coordinator "http://$dashboard" -f "$work/release/release.yaml" "$@"; }
check "submit.sh plans" contains "$(by_curl --plan 2>/dev/null)" "to fetch: "
built=$(by_curl --wait 2>"$work/by-curl.txt") || cat "$work/by-curl.txt"
check "submit.sh builds to the end" contains "$built" succeeded
check "it says what is where, by digest" contains "$built" "$destination/kubespray-files:$release"
check "and what happens meanwhile" grep -q "phase" "$work/by-curl.txt"
check "the release is the one that ksoctl sends" same \
  "$(ksoctl builds --output json | jq '[.builds[] | select(.planOnly | not) | [.images[].index.digest]] | unique | length')" 1
check "for programs it is the build as the API has it" same \
  "$(by_curl --id by-curl --wait --quiet --output json | jq -r '"\(.id) \(.state)"')" "by-curl succeeded"

if command -v mandoc >/dev/null || command -v man >/dev/null; then
  ksoctl man "$work/man" >/dev/null
  check "manual pages are read" contains "$(MANWIDTH=80 man -l "$work/man/ksoctl-submit.1" 2>&1)" "EXAMPLES"
fi
echo "# The scripts' names"
cat >"$work/ksoctl" <<'PROGRAM'
#!/bin/sh
[ "$1" != submit ] || { echo "ksoctl $*"; cat "$3"; }
PROGRAM
chmod +x "$work/ksoctl"
part=$(KSOCTL=$work/ksoctl deploy/scripts/build-multiarch-files.sh --platforms linux/arm64)
check "one platform is built" contains "$part" "platforms: [linux/arm64]"
check "from its list" contains "$part" "arm64: files-arm64.list"
check "and the other's is left out" lacks "$part" "amd64: files-amd64.list"
check "so are the images" lacks "$part" "images:"
part=$(KSOCTL=$work/ksoctl REGISTRY=r.example.com/a VERSION=v9 deploy/scripts/build-multiarch-images.sh \
  --registry r.example.com/b --no-cache "$work/release")
check "the images are built without the files" fails grep -q "^files:" <<<"$part"
check "an option goes before the variable" contains "$part" "destination: docker://r.example.com/b"
check "the variable goes before the release" contains "$part" "name: v9"
check "nothing is taken over where that is wanted" contains "$part" " --fresh"
part=$(KSOCTL=$work/ksoctl deploy/scripts/build-multiarch-files.sh --no-push --output "$work/files.tar" "$work/release")
check "what is not pushed is an archive" contains "$part" "destination: oci-archive:$work/files.tar"
for script in deploy/scripts/build-multiarch-{files,images}.sh; do
  check "$script says what it takes" contains "$("$script" --help)" "--platforms LIST"
  check "and refuses what it does not" contains "$("$script" --nothing 2>&1)" "unknown option --nothing"
done
echo "# In a pipeline"
SUMMARY=$work/summary.md KSOCTL=$ksoctl_program deploy/ci/build "$work/release" >"$work/ci.txt" 2>&1 ||
  tail -n 5 "$work/ci.txt"
check "deploy/ci/build writes a summary" contains "$(cat "$work/summary.md")" "## $release: succeeded"
check "with what is where, and for whom" grep -Eq \
  "^. .$destination/kubespray-files:$release, latest. . .sha256:[0-9a-f]+. . linux/amd64, linux/arm64 .$" "$work/summary.md"


echo "# The scripts' targets"
made() { make --no-print-directory KSOCTL="$ksoctl_program" "$@"; }
for target in build-files build-images build push pull deploy stop test status logs gen-certs clean help; do
  check "make knows $target" made --dry-run "$target"
  check "and says what it is for" grep -q "^$target  " <(made help)
done
check "make build builds" contains "$(made build RELEASE="$work/release")" " succeeded after "
check "make status is of the newest build" contains "$(made status)" "succeeded"
check "make logs shows what happened" contains "$(made logs BUILD="$release")" "phase "
check "make pull writes the images" made pull BUILD="$release" IMAGES="$work/pulled/release.tar"
check "to carry them inside" bash -c "cd '$work/pulled' && sha256sum -c --quiet release.tar.sha256"
check "make gen-certs makes an authority" made gen-certs CERTS="$work/certs"
check "and the coordinator's certificate" openssl verify -CAfile "$work/certs/ca.crt" "$work/certs/coordinator.crt"
for part in files images; do
  check "make build-$part builds that image" grep -q "^$part:" \
    <(make --no-print-directory "build-$part" KSOCTL="$work/ksoctl" RELEASE="$work/release")
done

finish
