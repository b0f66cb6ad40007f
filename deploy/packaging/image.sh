# SPDX-License-Identifier: Apache-2.0
# Container images of the three programs: sourced by deploy/package.
# shellcheck shell=bash disable=SC2154

# The root file system of an image: a program, its libraries with glibc, the
# certificates of public authorities, and the names of its user.
#   image_root ARCH DIRECTORY PROGRAM
image_root() {
  local architecture=$1 directory=$2 program=$3 name path libraries
  libraries=$directory/usr/lib/${triplet[$architecture]}
  mkdir -p "$directory/usr/bin" "$libraries" "$directory/etc/ssl/certs" "$directory/$(dirname "${loader[$architecture]}")"
  install -m 755 "$work/programs/$architecture/$program" "$directory/usr/bin/"
  while read -r name path; do
    if [[ $name == ld-linux* ]]; then
      install -m 755 "$path" "$directory/${loader[$architecture]}"
    else
      install -m 644 "$path" "$libraries/$name"
    fi
  done < <(libraries_of "$architecture" "$directory/usr/bin/$program")
  # The authorities that Debian ships, without those that this machine adds.
  cat /usr/share/ca-certificates/mozilla/*.crt >"$directory/etc/ssl/certs/ca-certificates.crt"
  echo 'kso:x:65532:65532:kso:/var/lib/kso:/usr/sbin/nologin' >"$directory/etc/passwd"
  echo 'kso:x:65532:' >"$directory/etc/group"
  echo 'hosts: files dns' >"$directory/etc/nsswitch.conf"
  # Where state and temporary files go, so that a volume can be put there.
  mkdir -p "$directory/var/lib/kso" "$directory/tmp"
  touch "$directory/var/lib/kso/.keep" "$directory/tmp/.keep"
}

make_image() {
  local program architecture layout=$work/layout roots options paths
  for program in "${programs[@]}"; do
    roots=()
    for architecture in "${architectures[@]}"; do
      image_root "$architecture" "$work/image/$program/$architecture" "$program"
      roots+=(--root "linux/$architecture=$work/image/$program/$architecture")
    done
    options=()
    [[ $program != kso-coordinator ]] || options=(--port 7070/tcp --port 7071/tcp)
    bazel-bin/deploy/image/kso-image --layout "$layout" --name "$program:$version" "${roots[@]}" \
      --entrypoint "/usr/bin/$program" --user 65532:65532 --workdir /var/lib/kso \
      --env HOME=/var/lib/kso "${options[@]}" \
      --label "org.opencontainers.image.title=$program" \
      --label "org.opencontainers.image.version=$version" \
      --label "org.opencontainers.image.licenses=Apache-2.0" \
      --label "org.opencontainers.image.description=$(summary_of "$program")"
  done
  (cd "$layout" && tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
    --format=gnu -cf "$out/kso-$version-images.tar" oci-layout index.json blobs)
  mapfile -t paths < <(libraries_of amd64 "$work"/programs/amd64/* | cut -d' ' -f2-)
  write_sbom "kso-$version-images" "$out/kso-$version-images.spdx.json" "${paths[@]}" \
    /usr/share/ca-certificates/mozilla
}
