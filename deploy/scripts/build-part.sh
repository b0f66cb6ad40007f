#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds one of a release's two images; build-multiarch-files.sh and
# build-multiarch-images.sh beside it say how it is called.
set -euo pipefail
part=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
usage() {
  sed -n '3,/^exec/{/^exec/!s/^# \{0,1\}//p}' "$here/build-multiarch-$part.sh"
  exit "$1"
}

registry=${REGISTRY:-} version=${VERSION:-} platforms=${PLATFORMS:-}
push=yes output=kubespray-$part.tar fresh=() release=
while (($#)); do
  case $1 in
    --registry) registry=${2:?--registry needs a value}; shift 2 ;;
    --version) version=${2:?--version needs a value}; shift 2 ;;
    --platforms) platforms=${2:?--platforms needs a value}; shift 2 ;;
    --output) output=${2:?--output needs a value}; shift 2 ;;
    --push) shift ;;
    --no-push) push=no; shift ;;
    --no-cache) fresh=(--fresh); shift ;;
    -h | --help) usage 0 ;;
    -*) echo "build-multiarch-$part.sh: unknown option $1" >&2; usage 2 >&2 ;;
    *) release=$1; shift ;;
  esac
done
release=${release:-$root/deploy/releases/kubespray-2.25.1}
[[ -f $release/release.yaml ]] ||
  { echo "build-multiarch-$part.sh: $release has no release.yaml" >&2; exit 2; }

ksoctl=${KSOCTL:-$(command -v ksoctl || echo "$root/bazel-bin/cli/ksoctl")}
[[ -x $ksoctl ]] ||
  { echo "build-multiarch-$part.sh: ksoctl is missing; install it, or run \`make setup programs\` in $root" >&2; exit 2; }

# A copy of the release with the other image left out, and what was given.
work=$(mktemp -d "${TMPDIR:-/tmp}/kso-part.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -r "$release/." "$work/"
destination=
[[ -z $registry ]] || destination=docker://$registry
[[ $push == yes ]] || destination=oci-archive:$(realpath -m "$output")
other=images
[[ $part == files ]] || other=files
awk -v drop="$other" -v name="$version" -v platforms="$platforms" -v destination="$destination" '
  /^[A-Za-z]/ {
    key = $1; sub(/:.*/, "", key)
    dropping = (key == drop) || (name && key == "name") ||
               (platforms && key == "platforms") || (destination && key == "destination")
  }
  # The lists of architectures that are not built, which the release must not have.
  /^  [A-Za-z]/ { in_lists = (key == "files" && $1 == "lists:") }
  in_lists && platforms && /^    [a-z0-9]+:/ {
    architecture = $1; sub(/:.*/, "", architecture)
    if (index("," platforms ",", "linux/" architecture ",") == 0) next
  }
  !dropping
  END {
    if (name) print "name: " name
    if (platforms) print "platforms: [" platforms "]"
    if (destination) print "destination: " destination
  }' "$release/release.yaml" >"$work/release.yaml"

if ! "$ksoctl" builds >/dev/null 2>&1; then
  echo "No coordinator answers; starting a farm on this machine"
  "$ksoctl" farm up --platform linux/amd64 --platform linux/arm64
fi
"$ksoctl" submit -f "$work/release.yaml" --wait "${fresh[@]}"
