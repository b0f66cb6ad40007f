# SPDX-License-Identifier: Apache-2.0
# The parts of deploy/package share these functions: sourced, not run.
# shellcheck shell=bash
# Those who source this say where they work ($work), and use the names set here.
# shellcheck disable=SC2034,SC2154

programs=(kso-coordinator kso-worker ksoctl)
targets=(//coordinator:kso-coordinator //worker:kso-worker //cli:ksoctl)
architectures=(amd64 arm64)
version=$(sed -n 's/.*kVersion = "\(.*\)";/\1/p' common/base/version.h)
# The time in everything that is made: that of the last change.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH

declare -A triplet=([amd64]=x86_64-linux-gnu [arm64]=aarch64-linux-gnu)
declare -A loader=([amd64]=lib64/ld-linux-x86-64.so.2 [arm64]=lib/ld-linux-aarch64.so.1)

# The root in which an architecture's libraries are.
root_of() {
  case $1 in
    amd64) echo / ;;
    arm64) sed -n 's/^ARM64_SYSROOT = "\(.*\)"$/\1/p' deploy/bazel/sysroot.bzl ;;
  esac
}

# Puts an architecture's programs, without symbols, into $work/programs/ARCH.
take_programs() {
  local architecture=$1 prefix=bazel-bin target file
  [[ $architecture == amd64 ]] || prefix=bazel-arm64-bin
  mkdir -p "$work/programs/$architecture"
  for target in "${targets[@]}"; do
    file=${target#//}
    install -m 755 "$prefix/${file/://}" "$work/programs/$architecture/"
    "${triplet[$architecture]}-strip" "$work/programs/$architecture/${target##*:}"
  done
}

# The man pages and completions, which the programs write of themselves, in
# $work/documents/{man,completions}.
make_documents() {
  local shell name
  mkdir -p "$work/documents/man" "$work/documents/completions"
  for shell in bash zsh fish; do
    "$work/programs/amd64/ksoctl" completion "$shell" >"$work/documents/completions/$shell"
  done
  "$work/programs/amd64/ksoctl" man "$work/documents/man"
  for name in kso-coordinator kso-worker; do
    help2man --no-info --section 8 --name "$(summary_of "$name")" \
      --output "$work/documents/man/$name.8" "$work/programs/amd64/$name"
  done
}

summary_of() {
  case $1 in
    kso-coordinator) echo "decides for a farm that builds offline Kubernetes releases" ;;
    kso-worker) echo "fetches, packs and verifies for a farm of kso" ;;
    ksoctl) echo "builds what Kubespray needs inside an air gap" ;;
  esac
}

# The libraries that files of an architecture need, directly or through others:
# "NAME PATH", a line each, sorted by name.
#   libraries_of ARCH FILE...
libraries_of() {
  local architecture=$1 root directory name path
  root=$(root_of "$architecture")
  shift
  local -A seen=()
  local queue=("$@")
  while ((${#queue[@]})); do
    local needed
    mapfile -t needed < <(readelf -d "${queue[@]}" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' | sort -u)
    queue=()
    for name in "${needed[@]}"; do
      [[ -z ${seen[$name]:-} ]] || continue
      path=
      for directory in "lib/${triplet[$architecture]}" "usr/lib/${triplet[$architecture]}" lib lib64; do
        [[ ! -e ${root%/}/$directory/$name ]] || { path=${root%/}/$directory/$name; break; }
      done
      [[ $path ]] || die "$name, which a program needs, is not in $root"
      seen[$name]=$path
      queue+=("$path")
    done
  done
  for name in "${!seen[@]}"; do echo "$name ${seen[$name]}"; done | LC_ALL=C sort
}

# Tells whether a library is glibc's, which every system has for itself.
is_glibc() { [[ $1 =~ ^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|anl|mvec|BrokenLocale))\.so ]]; }

# A tar of a directory: the same bytes for the same files.
#   tar_of DIRECTORY FILE.tar.gz
tar_of() {
  tar -C "$(dirname "$1")" --sort=name --owner=0 --group=0 --numeric-owner \
    --mtime="@$SOURCE_DATE_EPOCH" --format=gnu -cf - "$(basename "$1")" | gzip -9n >"$2"
}

# Debian's package that an installed library is of: "NAME VERSION".
package_of() {
  local file name
  file=$(readlink -f "$1")
  name=$(dpkg-query -S "$file" 2>/dev/null || dpkg-query -S "${file#/usr}")
  name=${name%%:*}
  echo "$name $(dpkg-query -W -f '${Version}\n' "$name:amd64" | head -n 1)"
}

# The libraries of npm that the coordinator's page contains: "npm:NAME VERSION
# LICENSE".
page_libraries() {
  jq -r '.packages | to_entries[] | select(.key != "" and (.value.dev | not))
    | "npm:\(.key | ltrimstr("node_modules/")) \(.value.version) \(.value.license)"' \
    coordinator/status/package-lock.json
}

# An SBOM of what an artifact holds besides kso itself. Both architectures'
# libraries are of one version of Debian's packages, so amd64's stand for both.
#   write_sbom NAME FILE LIBRARY_PATH...
write_sbom() {
  local name=$1 file=$2 path
  shift 2
  {
    for path in "$@"; do package_of "$path"; done
    page_libraries
  } | LC_ALL=C sort -u |
    jq -nR --arg name "$name" --arg version "$version" --arg epoch "$SOURCE_DATE_EPOCH" \
      -f deploy/packaging/sbom.jq >"$file"
}
