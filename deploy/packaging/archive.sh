# SPDX-License-Identifier: Apache-2.0
# Archives that run wherever they are unpacked: sourced by deploy/package.
# shellcheck shell=bash disable=SC2154

# Puts programs of an architecture below a directory, with all libraries that
# they need except for glibc. They find them beside themselves.
#   bundle ARCH DIRECTORY PROGRAM...
bundle() {
  local architecture=$1 directory=$2 name path
  shift 2
  mkdir -p "$directory/bin" "$directory/lib/kso"
  for name in "$@"; do
    install -m 755 "$work/programs/$architecture/$name" "$directory/bin/"
    # The older tag holds for the libraries of libraries, too.
    patchelf --force-rpath --set-rpath "\$ORIGIN/../lib/kso" "$directory/bin/$name"
  done
  while read -r name path; do
    is_glibc "$name" && continue
    install -m 644 "$path" "$directory/lib/kso/$name"
    patchelf --force-rpath --set-rpath "\$ORIGIN" "$directory/lib/kso/$name"
  done < <(libraries_of "$architecture" "$directory"/bin/*)
}

make_archive() {
  local architecture name directory
  for architecture in "${architectures[@]}"; do
    name=kso-$version-linux-$architecture
    directory=$work/archive/$architecture/kso-$version
    bundle "$architecture" "$directory" "${programs[@]}"
    mkdir -p "$directory/share/doc/kso" "$directory/share/man/man1" "$directory/share/man/man8" \
      "$directory/share/bash-completion/completions" "$directory/share/zsh/site-functions" \
      "$directory/share/fish/vendor_completions.d"
    cp LICENSE README.md CHANGELOG.md "$directory/share/doc/kso/"
    # Of the libraries in the coordinator's page.
    install -m 644 bazel-bin/coordinator/status/web/licenses.txt "$directory/share/doc/kso/"
    cp "$work"/documents/man/*.1 "$directory/share/man/man1/"
    cp "$work"/documents/man/*.8 "$directory/share/man/man8/"
    cp "$work/documents/completions/bash" "$directory/share/bash-completion/completions/ksoctl"
    cp "$work/documents/completions/zsh" "$directory/share/zsh/site-functions/_ksoctl"
    cp "$work/documents/completions/fish" "$directory/share/fish/vendor_completions.d/ksoctl.fish"
    mkdir -p "$directory/share/kso"
    cp -r deploy/releases "$directory/share/kso/releases"
    # For machines on which no ksoctl runs.
    cp deploy/scripts/submit.sh deploy/scripts/submit.ps1 "$directory/share/kso/"
    tar_of "$directory" "$out/$name.tar.gz"
  done
  local paths
  mapfile -t paths < <(libraries_of amd64 "$work"/programs/amd64/* | while read -r name path; do
    is_glibc "$name" || echo "$path"
  done)
  write_sbom "kso-$version-linux" "$out/kso-$version-linux.spdx.json" "${paths[@]}"
}
