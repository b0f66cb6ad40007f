#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whatever hosts, registries and the destination answer, the farm stands and says
# what is wrong: each way of answering is one release, all of them go through one
# farm at once, and a build that is as it should be passes at the end.
. "$(dirname "$0")/lib.sh"

# Each file or image is named after the way in which it is answered.
files=(etag-bytes huge-size endless retry-never html html-error slow denied
  nested-error bytes-error cannot version inside-file encoded accepted)
images=(schema1 no-platform v2-first child-size child-type huge-layer twice swapped
  byte-mark nul-end odd-note inner-index deep-index json-type head-missing image-nested image-denied image-cannot
  inside-image)
# These hosts want to be left alone.
paused=(no-seconds huge-pause)
# These are large only together.
for i in {0..9}; do big+=("big-$i"); done

# A compressed file may be called encoded: that one has another name.
#   url_of NAME
url_of() {
  local file=tool.tar.gz
  [[ $1 != encoded ]] || file=tool
  echo "https://dl.example.com/$1/$file"
}

# A release that lists all of them, for the upstream to answer for.
lists=$work/lists
mkdir -p "$lists"
for name in "${files[@]}" "${paused[@]}" good; do url_of "$name"; done >"$lists/files.list"
for name in "${images[@]}" "${big[@]}" nested-base good; do echo "registry.example.com/$name:1"; done >"$lists/images.list"
small_release hostile docker://127.0.0.1:1/none >"$lists/release.yaml"

odd=(--odd-image registry.example.com/nested-base:1=nested-config)
for name in schema1 no-platform v2-first child-size child-type huge-layer twice swapped \
  byte-mark nul-end odd-note inner-index deep-index; do
  odd+=(--odd-image "registry.example.com/$name:1=$name")
done
for name in "${big[@]}"; do odd+=(--odd-image "registry.example.com/$name:1=big"); done
start_upstream_of "$lists" docker://127.0.0.1:1/none "${odd[@]}" \
  --header-url 'etag-bytes=1/ETag:%22caf%E9%22' \
  --size-url huge-size=9223372036854775807 \
  --endless-url endless=1 \
  --fail-url retry-never=404/9223372036854775807 \
  --header-url 'encoded=1/Content-Encoding:gzip' --body-url accepted=202/html \
  --body-url html/=200/html --body-url html-error=403/html \
  --delay-url slow=1500 \
  --fail-url /denied=403 --fail-url image-denied=403 \
  --fail-url /cannot=501 --fail-url image-cannot=501 --fail-url version=505 \
  --redirect-url inside-file=80/10.255.255.1 --redirect-url inside-image=80/10.255.255.1 \
  --fail-url huge-pause=429/9223372036854775807 --fail-url no-seconds=429/sometime*2 \
  --body-url nested-error=400/nested --body-url bytes-error=400/bytes --body-url image-nested=400/nested \
  --header-url 'json-type@=1/Content-Type:application/json' \
  --head-missing head-missing=1

habits=(hides-401 hides-403 silent forgets-blobs forgets-uploads bounds chunks immutable made
  not-made head-404 realm realm-bytes collects cannot nested no-text page uploads-inside counts)
start destination "${upstream_program%/*}/kso-destination" --ready-file "$work/destination.address" \
  --hides-absence hides-401/=401 --hides-absence hides-403/=403 --silent-last-put silent/=2000 \
  --forgets-blobs forgets-blobs/=1 --forgets-uploads forgets-uploads/=1 --bounds-bodies bounds/=4000000 \
  --wants-large-chunks chunks/=500000 --tags-are-immutable immutable/=412 \
  --wants-repositories made/=1 --repository made/kubespray-files \
  --head-missing head-404/=1 --realm-elsewhere realm/=1 \
  --realm-is-no-text realm-bytes/=1 --collects-untagged collects/=60000 \
  --fails cannot/=501 --refuses-nested nested/=403 --refuses-bytes no-text/=400 --refuses-page page/=403 \
  --uploads-inside uploads-inside/=80 --counts-too-much counts/=9223372036854775807
wait_until 20 test -s "$work/destination.address" || die "the destination did not start"
destination=$(cat "$work/destination.address")

# A release of one file or one image.
#   make_case NAME [file|image] [DESTINATION]
make_case() {
  local directory=$work/cases/$1
  mkdir -p "$directory"
  if [[ $2 == file ]]; then
    url_of "${3:-$1}" >"$directory/files.list"
  else
    echo "registry.example.com/${3:-$1}:1" >"$directory/images.list"
  fi
  {
    small_release "$1" "docker://$destination/${4:-plans}" "${2}s"
    mirrors_to_upstream
  } >"$directory/release.yaml"
}

# Runs a command of ksoctl for a case, and keeps its exit status and its words.
#   run_case NAME COMMAND [OPTION...]
run_case() {
  local name=$1 status=0
  shift
  ksoctl "$@" -f "$work/cases/$name/release.yaml" >"$work/cases/$name/output" 2>&1 || status=$?
  echo "$status" >"$work/cases/$name/status"
}

# Checks how a case ended, and what a user reads.
#   ended NAME STATUS [WORDS...]
ended() {
  local name=$1 status=$2 words
  shift 2
  check "$name: exit status $status" same "$(cat "$work/cases/$name/status")" "$status"
  for words; do
    check "$name: says \"$words\"" grep -qiE -- "$words" "$work/cases/$name/output"
  done
  check "$name: is text" iconv -f UTF-8 -t UTF-8 -o /dev/null "$work/cases/$name/output"
  check "$name: is short" test "$(wc -c <"$work/cases/$name/output")" -lt 20000
}

start_coordinator coordinator
start_worker worker amd64 --slots 8
wait_until 30 worker_is_ready worker || die "the worker did not come up"

for name in "${files[@]}"; do make_case "$name" file; done
for name in "${images[@]}"; do make_case "$name" image; done
for name in "${habits[@]}"; do make_case "to-$name" file good "$name"; done
make_case good file
make_case nested-base image good
sed -i 's|docker.io/library/registry:3|registry.example.com/nested-base:1|' "$work/cases/nested-base/release.yaml"
make_case swapped-kept image swapped
sed -i 's/^images:$/images:\n  wrongArchitecture: warn/' "$work/cases/swapped-kept/release.yaml"
make_case big image
printf 'registry.example.com/%s:1\n' "${big[@]}" >"$work/cases/big/images.list"
running=()
for name in "${files[@]}" "${images[@]}" nested-base swapped-kept big; do
  case $name in
    # These show when their bytes are fetched, or when they are served.
    endless | html | swapped* | json-type | inner-index) run_case "$name" submit --wait & ;;
    *) run_case "$name" plan & ;;
  esac
  running+=($!)
done
wait "${running[@]}"
say "the answers of upstream have come"

echo "# Hosts"
ended etag-bytes 0
ended huge-size 1 huge-size 'over the limit'
ended endless 1 endless 'got more'
ended retry-never 1 retry-never 404
ended html 1 '/html/' 'an HTML page'
ended html-error 1 html-error 403
ended slow 0
ended encoded 1 /encoded/ 'an encoding that was not asked for, gzip'
ended accepted 1 /accepted/ 'HTTP 202'
ended denied 1 /denied/ 403
ended nested-error 1 nested-error 400
ended bytes-error 1 bytes-error 400
for name in cannot version; do
  ended "$name" 1 "/$name/" '50[15]'
  check "$name: is not tried again" lacks "$(cat "$work/cases/$name/output")" "given up after"
done
ended inside-file 1 inside-file 'http://10\.255\.255\.1' 'allow-private 10\.255\.255\.1'

echo "# Registries"
ended schema1 1 schema1 'schema 1'
ended no-platform 0
ended v2-first 0
ended child-size 1 child-size 'its index says'
ended child-type 1 child-type 'its index says'
ended huge-layer 1 huge-layer 'over the limit'
ended twice 1 twice 'is there twice'
ended swapped 1 swapped 'its config is for linux/arm64'
ended swapped-kept 0 'its config is for linux/arm64'
ended byte-mark 1 byte-mark 'byte order mark'
ended nul-end 1 nul-end 'a NUL at byte'
ended odd-note 1 odd-note 'annotations'
ended inner-index 0 inner-index 'lists indexes, which containerd follows'
ended deep-index 1 deep-index 'nested over 3 deep'
ended json-type 0
ended head-missing 0
ended nested-base 1 nested-base 'nested|deep'
ended image-nested 1 image-nested 400
ended image-denied 1 image-denied 403
ended image-cannot 1 image-cannot 501
check "image-cannot: is not tried again" lacks "$(cat "$work/cases/image-cannot/output")" "given up after"
ended inside-image 1 inside-image '10\.255\.255\.1'
ended big 1 big- 'MiB'

echo "# Destinations"
running=()
for name in "${habits[@]}"; do
  run_case "to-$name" submit --wait &
  running+=($!)
done
wait "${running[@]}"
say "the answers of destinations have come"
for name in hides-401 hides-403 silent forgets-blobs forgets-uploads bounds chunks immutable made head-404 realm collects counts; do
  ended "to-$name" 0
done
ended to-not-made 1 not-made/kubespray-files
ended to-realm-bytes 1 realm-bytes
ended to-cannot 1 "$destination" 501
check "to-cannot: is not tried again" lacks "$(cat "$work/cases/to-cannot/output")" "given up after"
ended to-nested 1 "$destination" 403
ended to-no-text 1 "$destination" 400
ended to-page 1 "$destination" 403
ended to-uploads-inside 1 '10\.255\.255\.1'

echo "# A host that wants to be left alone for longer than anybody lives"
# Under a name of its own, so that the others are not left alone with it.
alone=localhost:${upstream##*:}
for name in "${paused[@]}"; do
  make_case "$name" file
  echo "http://$alone/dl.example.com/$name/tool.tar.gz" >"$work/cases/$name/files.list"
done
run_case no-seconds plan
ended no-seconds 0
run_case huge-pause submit --id huge-pause
ended huge-pause 0
says_that_it_waits() { ksoctl workers | grep -E "$alone: wants no request for [0-9]+ h"; }
check "huge-pause: says that it waits, for hours" wait_until 20 says_that_it_waits
check "huge-pause: the coordinator is well" curl -fsS "http://$dashboard/healthz"
check "huge-pause: is a build that can be given up" ksoctl cancel huge-pause

echo "# Tags that are right already are done"
run_case to-immutable submit --wait --fresh
ended to-immutable 0

echo "# The farm stands"
stop coordinator KILL
start coordinator "$coordinator_program" --listen "$coordinator" --http-listen "$dashboard" \
  --state-dir "$work/coordinator-state" "${allow_loopback[@]}"
wait_until 20 ksoctl builds || die "the coordinator did not start again"
check "its journal is read again" wait_until 20 ksoctl builds
check "the worker still calls" wait_until 60 worker_is_ready worker
run_case good submit --wait
ended good 0
finish
