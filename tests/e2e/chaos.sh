#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The coordinator and the workers are killed at random moments of a build and
# started again. The client that waits sees it through, nothing that was finished
# is done again, and the result is that of an undisturbed build.
#
#   tests/e2e/chaos.sh                         a few rounds, as in the suite
#   tests/e2e/chaos.sh --rounds N [--seed S]   N rounds, from that seed on
. "$(dirname "$0")/lib.sh"

rounds=2 seed=$((RANDOM * 32768 + RANDOM))
while (($# > 0)); do
  case $1 in
    --rounds) rounds=$2 ;;
    --seed) seed=$2 ;;
    *) die "usage: tests/e2e/chaos.sh [--rounds N] [--seed S]" ;;
  esac
  shift 2
done

registry=127.0.0.1:$(free_port)
start_registry destination "${registry#*:}" "$work/destination"
# Slow enough for a build to be hit in every phase.
start_upstream "docker://$registry/quiet" --bandwidth 8000000
sed -i -e 's|^platforms:.*|platforms: [linux/amd64]|' -e '/^    arm64: /d' "$work/release/release.yaml"

# A farm of its own, from nothing: each program is started as it was before.
#   new_farm NAME
new_farm() {
  farm=$1
  coordinator=127.0.0.1:$(free_port)
  export KSO_COORDINATOR=$coordinator
  for program in coordinator one two; do bring_up "$program"; done
  wait_until 30 ksoctl builds || die "the coordinator did not start"
}
bring_up() {
  if [[ $1 == coordinator ]]; then
    start "$farm-coordinator" "$coordinator_program" --listen "$coordinator" --http-listen '' \
      --state-dir "$work/$farm-state" "${allow_loopback[@]}"
  else
    start "$farm-$1" bazel-bin/worker/kso-worker --coordinator "$coordinator" \
      --cache-dir "$work/$farm-$1-cache" --name "$1" --slots 3 "${allow_loopback[@]}"
  fi
}
end_farm() {
  for program in one two coordinator; do stop "$farm-$program"; done
  rm -rf "$work/$farm"-*-cache "$work/$farm-state"
}

# Tells whether the client that waits is still there.
waits() { kill -0 "$(cat "$work/$farm-submit.pid")" 2>/dev/null; }

# Fails when the registry shows a tag of a build that is not tagging yet.
no_early_tag() {
  local tags phase
  tags=$(tags_of "$registry/$farm" kubespray-files 2>/dev/null)$(tags_of "$registry/$farm" kubespray-images 2>/dev/null)
  [[ -n $tags ]] || return 0
  phase=$(build_json 2>/dev/null | jq -r 'select(.state == "RUNNING") | .phase') || return 0
  [[ -z $phase || $phase == TAG ]] || { echo "tags in phase $phase: $tags"; return 1; }
}

# Reads events: their numbers have no gap, and no task goes on after it is done.
once_each='
  def ended: .text | test(": done \\(");
  ([.[].sequence | tonumber] == [range(1; length + 1)]) and
  ([.[] | select(.taskId // "" != "")] | group_by(.taskId)
   | all(map(ended) | index(true) as $first | $first == null or $first == length - 1))'

random() { echo $(($1 + RANDOM % ($2 - $1 + 1))); }

# Kills and starts again until the client ends, each worker at most three times:
# what a lost worker held is tried again five times, and no more.
havoc() {
  local victim left_one=3 left_two=3 kills=0
  early=""
  while waits && ((kills < 15)); do
    sleep "$(random 0 2).$(random 1 9)"
    no_early_tag >>"$work/$farm-early.log" || early=$(cat "$work/$farm-early.log")
    case $((RANDOM % 4)) in
      0) ((left_one-- > 0)) || continue; victim=one ;;
      1) ((left_two-- > 0)) || continue; victim=two ;;
      *) victim=coordinator ;;
    esac
    waits || break
    stop "$farm-$victim" KILL
    killed="$killed $victim"
    sleep "0.$(random 1 9)"
    bring_up "$victim"
    kills=$((kills + 1))
  done
}

new_farm quiet
check "an undisturbed build succeeds" ksoctl submit -f "$work/release/release.yaml" --wait
index_digests "$registry/quiet" >"$work/quiet.digests"
check "and has six tags" same "$(wc -l <"$work/quiet.digests")" 6
end_farm

for ((round = 1; round <= rounds; ++round)); do
  echo "round $round: tests/e2e/chaos.sh --rounds 1 --seed $seed"
  RANDOM=$((seed % 32768))
  new_farm "chaos-$seed"
  sed "s|^destination:.*|destination: docker://$registry/$farm|" "$work/release/release.yaml" >"$work/release/$farm.yaml"
  start "$farm-submit" bash -c '"$@"; echo "exit status $?"' client \
    "$ksoctl_program" submit -f "$work/release/$farm.yaml" --id "$farm" --wait
  wait_until 30 ksoctl status "$farm" || die "the build was not taken"
  killed=""
  havoc
  wait_until 240 fails waits || true
  echo "      killed:$killed"
  check "no tag was there before the end" same "$early" ""
  check "the client that waited was told of success" same "$(tail -n 1 "$work/$farm-submit.log")" "exit status 0"
  check "the result is that of the undisturbed build" diff "$work/quiet.digests" <(index_digests "$registry/$farm")
  wait_until 30 ksoctl status "$farm" || true
  ksoctl logs "$farm" --output json >"$work/$farm-events.json"
  check "no event is missing, and nothing finished was done again" \
    jq -e ".events | $once_each" "$work/$farm-events.json"
  check "the client saw each task done once" same \
    "$(grep -c ': done (' "$work/$farm-submit.log")" \
    "$(jq '[.events[] | select(.text | test(": done \\("))] | length' "$work/$farm-events.json")"
  end_farm
  ((failures == 0)) || break
  seed=$((seed + 1))
done
finish
