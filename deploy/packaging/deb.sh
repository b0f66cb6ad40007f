# SPDX-License-Identifier: Apache-2.0
# Debian packages, for the release of Debian that this runs on, whose libraries
# they use: sourced by deploy/package.
# shellcheck shell=bash disable=SC2154

maintainer="kso maintainers <maintainers@kso.invalid>"

# The dependencies of a program's package, by dpkg-shlibdeps. The packages of both
# architectures have the same names and versions.
#   shared_libraries PROGRAM
shared_libraries() {
  local directory=$work/shlibdeps
  mkdir -p "$directory/debian"
  printf 'Source: kso\n\nPackage: kso\nArchitecture: any\n' >"$directory/debian/control"
  (cd "$directory" && dpkg-shlibdeps -O "$work/programs/amd64/$1" 2>/dev/null) |
    sed 's/^shlibs:Depends=//'
}

# Documents that Debian's policy asks of each package (sections 12.5 and 12.7).
#   policy_documents PACKAGE ROOT DEBVERSION
policy_documents() {
  local directory=$2/usr/share/doc/$1
  mkdir -p "$directory"
  cat >"$directory/copyright" <<COPYRIGHT
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: kso

Files: *
Copyright: The authors of kso
License: Apache-2.0
 On Debian systems, the text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
COPYRIGHT
  if [[ $1 == kso-coordinator ]]; then
    {
      printf '\nFiles: usr/bin/kso-coordinator\n'
      printf 'Copyright: The authors of kso, and those of the libraries that are named here\n'
      printf 'License: Apache-2.0 and Expat\n'
      sed 's/^$/./; s/^/ /' bazel-bin/coordinator/status/web/licenses.txt
    } >>"$directory/copyright"
  fi
  {
    printf 'kso (%s) unstable; urgency=medium\n\n' "$3"
    printf '  * What is new is in /usr/share/doc/ksoctl/CHANGELOG.md.gz.\n\n'
    printf ' -- %s  %s\n' "$maintainer" "$(LC_ALL=C date -R -u -d "@$SOURCE_DATE_EPOCH")"
  } | gzip -9n >"$directory/changelog.gz"
}

man_page() { mkdir -p "$(dirname "$2")" && gzip -9nc "$1" >"$2.gz"; }

# Fills the root of a package with its files.
#   package_files PACKAGE ROOT ARCH
package_files() {
  local package=$1 root=$2 page
  mkdir -p "$root/usr/bin"
  install -m 755 "$work/programs/$3/$package" "$root/usr/bin/"
  if [[ $package == ksoctl ]]; then
    for page in "$work"/documents/man/*.1; do
      man_page "$page" "$root/usr/share/man/man1/$(basename "$page")"
    done
    install -Dm 644 "$work/documents/completions/bash" "$root/usr/share/bash-completion/completions/ksoctl"
    install -Dm 644 "$work/documents/completions/zsh" "$root/usr/share/zsh/vendor-completions/_ksoctl"
    install -Dm 644 "$work/documents/completions/fish" "$root/usr/share/fish/vendor_completions.d/ksoctl.fish"
    mkdir -p "$root/usr/share/doc/ksoctl" "$root/usr/share/kso"
    gzip -9nc CHANGELOG.md >"$root/usr/share/doc/ksoctl/CHANGELOG.md.gz"
    # `ksoctl init` begins with these.
    cp -r deploy/releases "$root/usr/share/kso/releases"
    # For machines on which no ksoctl runs.
    install -m 755 deploy/scripts/submit.sh "$root/usr/share/kso/submit.sh"
    install -m 644 deploy/scripts/submit.ps1 "$root/usr/share/kso/submit.ps1"
    return
  fi
  man_page "$work/documents/man/$package.8" "$root/usr/share/man/man8/$package.8"
  mkdir -p "$root/usr/lib/systemd/system" "$root/etc/default"
  cp "deploy/systemd/$package"*.service "$root/usr/lib/systemd/system/"
  install -m 644 "deploy/systemd/$package.default" "$root/etc/default/$package"
}

# Writes DEBIAN/ of a package: its control file, conffiles and scripts.
#   package_control PACKAGE ROOT ARCH DEBVERSION
package_control() {
  local package=$1 root=$2 control=$2/DEBIAN script
  mkdir -p "$control"
  {
    echo "Package: $package"
    echo "Source: kso"
    echo "Version: $4"
    echo "Architecture: $3"
    echo "Maintainer: $maintainer"
    echo "Installed-Size: $(du -sk --apparent-size --exclude=DEBIAN "$root" | cut -f1)"
    sed "s|\${shlibs:Depends}|$(shared_libraries "$package")|" \
      "deploy/packaging/debian/$package.control"
  } >"$control/control"
  for script in postinst prerm postrm; do
    [[ $package != ksoctl ]] || continue
    sed "s/@PACKAGE@/$package/g" "deploy/packaging/debian/service.$script" >"$control/$script"
    chmod 755 "$control/$script"
  done
  [[ $package == ksoctl ]] || echo "/etc/default/$package" >"$control/conffiles"
  (cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | LC_ALL=C sort |
    xargs md5sum >DEBIAN/md5sums)
}

make_deb() {
  local package architecture root debversion paths
  # A package of a later release of Debian is the later one.
  debversion=$version+deb$(. /etc/os-release && echo "$VERSION_ID")
  for architecture in "${architectures[@]}"; do
    for package in "${programs[@]}"; do
      root=$work/deb/$architecture/$package
      package_files "$package" "$root" "$architecture"
      policy_documents "$package" "$root" "$debversion"
      package_control "$package" "$root" "$architecture" "$debversion"
      find "$root" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
      dpkg-deb --root-owner-group -Zxz --build "$root" \
        "$out/${package}_${debversion}_$architecture.deb" >/dev/null
    done
  done
  mapfile -t paths < <(libraries_of amd64 "$work"/programs/amd64/* | cut -d' ' -f2-)
  write_sbom "kso-$debversion-deb" "$out/kso-$debversion-deb.spdx.json" "${paths[@]}"
}
