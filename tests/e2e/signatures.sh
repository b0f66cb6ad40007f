#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Signatures: those of publishers are checked on the way in, and carried; ours
# hold on the other side of the gap. Each that is not right is named.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

registry=127.0.0.1:$(free_port)
destination=$registry/team
published=$registry/published/registry.k8s.io/pause
start_registry destination "${registry#*:}" "$work/destination"
start_upstream "docker://$destination"
start_coordinator coordinator
start_worker worker amd64
wait_until 30 worker_is_ready worker || die "the worker did not come up"

mkdir -p "$work/small"
# A key pair of that name beside the release.
key() {
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/small/$1.key" 2>/dev/null
  openssl pkey -in "$work/small/$1.key" -pubout -out "$work/small/$1.pub"
}
key publisher
key other
key ours

# A registry of the publisher's own, where the image is not signed yet.
skopeo copy -q --all --preserve-digests --src-tls-verify=false --dest-tls-verify=false \
  "docker://$upstream_by_name/registry.k8s.io/pause:3.9" "docker://$published:3.9"
echo registry.k8s.io/pause:3.9 >"$work/small/images.list"
grep -h crictl deploy/releases/kubespray-2.25.1/files-amd64.list >"$work/small/files.list"

# A release that trusts the publisher's key.
#   release SIGNED_AS
release() {
  small_release signed "docker://$destination" |
    sed "s|^  list:.*|&\n  signatures: {carry: true, missing: require, trust: [{images: [\"registry.k8s.io/*\"], keys: [publisher.pub], signedAs: [$1]}]}|"
  mirrors_to_upstream | sed "/registry.k8s.io/s|location: $upstream/|location: $registry/published/|"
}
release "\"$registry/published/*\"" >"$work/small/release.yaml"
submit() { ksoctl submit -f "$work/small/release.yaml" --wait >"$work/output" 2>&1; }
exit_status() { local status=0; "$@" || status=$?; echo "$status"; }
says() { grep -q "$1" "$work/output" || { cat "$work/output"; return 1; }; }

echo "# On the way in"
check "an image that is not signed fails" same "$(exit_status submit)" 1
check "and is named" says "registry.k8s.io/pause:3.9.*its publisher has not signed it"
check "another key signs it" ksoctl sign --key "$work/small/other.key" "$published:3.9"
check "which fails" same "$(exit_status submit)" 1
check "and is named" says "pause:3.9.*not by a key that the release trusts"
check "the publisher signs it" ksoctl sign --replace --key "$work/small/publisher.key" "$published:3.9"
release "" >"$work/small/release.yaml"
check "under another name, which fails" same "$(exit_status submit)" 1
check "and is named" says "pause:3.9.*it is for another repository, $published"
release "\"$registry/published/*\"" >"$work/small/release.yaml"
check "where that name is allowed, the build succeeds" submit
check "and says whose signature it is" grep -q "^the key sha256:[0-9a-f]\{64\}$" \
  <(build_json | jq -r '.verdicts[].signedBy')
check "its summary is there" ksoctl summary "$destination/kubespray-images:signed"

echo "# Inside"
skopeo copy -q --all --src-tls-verify=false "docker://$destination/kubespray-images:signed" "oci:$work/oci:images"
run_image "$work/oci:images" amd64 images
check "kubespray-images starts" wait_until 60 inside curl -fsS http://127.0.0.1:5000/v2/
digest=$(raw "$published:3.9" | sha256sum | cut -d' ' -f1)
check "it serves the publisher's signature" same \
  "$(inside curl -fsS -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    "http://127.0.0.1:5000/v2/k8s/pause/manifests/sha256-$digest.sig" | sha256sum)" \
  "$(raw "$published:sha256-$digest.sig" | sha256sum)"
stop_image images

echo "# A bundle, which only the registry lists"
# As cosign signs from its version 3 on.
start listing "${upstream_program%/*}/kso-destination" --ready-file "$work/listing.address" --lists-referrers pause=1
wait_until 10 test -s "$work/listing.address" || die "kso-destination did not come up"
listing=$(cat "$work/listing.address")
again=$listing/registry.k8s.io/pause
skopeo copy -q --all --preserve-digests --src-tls-verify=false --dest-tls-verify=false \
  "docker://$published:3.9" "docker://$again:3.9"
# Puts a blob there, and prints its descriptor.
#   blob TYPE FILE
blob() {
  local digest
  digest=sha256:$(sha256sum <"$2" | cut -d' ' -f1)
  curl -fsS -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$2" \
    "http://$listing$(curl -fsSi -d '' "http://$listing/v2/registry.k8s.io/pause/blobs/uploads/" |
      sed -n 's/^[Ll]ocation: \(.*\)\r$/\1/p')?digest=$digest" >/dev/null
  jq -nc --arg type "$1" --arg digest "$digest" --argjson size "$(stat -c %s "$2")" \
    '{mediaType: $type, digest: $digest, size: $size}'
}
# Puts an artifact there that refers to the image.
#   refer TYPE FILE
refer() {
  jq -nc --arg type "$1" --argjson config "$(blob application/vnd.oci.empty.v1+json "$work/empty")" \
    --argjson layer "$(blob "$1" "$2")" --argjson subject "$subject" \
    '{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", artifactType: $type, config: $config,
      layers: [$layer], subject: $subject}' >"$work/artifact"
  curl -fsS -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' --data-binary "@$work/artifact" \
    "http://$listing/v2/registry.k8s.io/pause/manifests/sha256:$(sha256sum <"$work/artifact" | cut -d' ' -f1)"
}
# A bundle around a statement about an image, by a key.
#   bundle KEY DIGEST
bundle() {
  jq -njc --arg hex "$2" '{_type: "https://in-toto.io/Statement/v1", subject: [{digest: {sha256: $hex}}],
    predicateType: "https://sigstore.dev/cosign/sign/v1"}' >"$work/statement"
  { printf 'DSSEv1 28 application/vnd.in-toto+json %s ' "$(stat -c %s "$work/statement")"; cat "$work/statement"; } |
    openssl dgst -sha256 -sign "$work/small/$1.key" | base64 -w 0 >"$work/signed"
  jq -nc --arg payload "$(base64 -w 0 "$work/statement")" --arg sig "$(cat "$work/signed")" \
    '{mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json", verificationMaterial: {publicKey: {hint: ""}},
      dsseEnvelope: {payload: $payload, payloadType: "application/vnd.in-toto+json", signatures: [{sig: $sig}]}}'
}
printf '{}' >"$work/empty"
subject=$(jq -nc --arg digest "sha256:$digest" --argjson size "$(raw "$again:3.9" | wc -c)" \
  '{mediaType: "application/vnd.oci.image.index.v1+json", digest: $digest, size: $size}')
release "" | sed "/registry.k8s.io/s|location: $registry/published/|location: $listing/|; s/^name: .*/name: bundled/" \
  >"$work/small/release.yaml"
check "it is not signed there" same "$(exit_status submit)" 1
check "and named" says "pause:3.9.*its publisher has not signed it"
echo report >"$work/report"
refer text/plain "$work/report"
bundle other "$digest" >"$work/bundle"
refer application/vnd.dev.sigstore.bundle.v0.3+json "$work/bundle"
check "another key's bundle fails" same "$(exit_status submit)" 1
check "and is named" says "pause:3.9.*not by a key that the release trusts"
bundle publisher "$digest" >"$work/bundle"
refer application/vnd.dev.sigstore.bundle.v0.3+json "$work/bundle"
check "with the publisher's the build succeeds" submit
skopeo copy -q --all --src-tls-verify=false "docker://$destination/kubespray-images:bundled" "oci:$work/oci:bundled"
run_image "$work/oci:bundled" amd64 bundled
check "kubespray-images starts" wait_until 60 inside curl -fsS http://127.0.0.1:5000/v2/
check "it lists the report and that bundle under the image's tag" same \
  "$(inside curl -fsS -H 'Accept: application/vnd.oci.image.index.v1+json' \
    "http://127.0.0.1:5000/v2/k8s/pause/manifests/sha256-$digest" | jq '.manifests | length')" 2
stop_image bundled

echo "# Ours"
image=$destination/kubespray-images:signed
check "ksoctl sign" ksoctl sign --key "$work/small/ours.key" "$image"
check "ksoctl verify --key" ksoctl verify --level static --platform linux/amd64 --key "$work/small/ours.pub" "$image"
check "the summary is signed, too" ksoctl summary --key "$work/small/ours.pub" "$image"
check "but not by another key" fails ksoctl summary --key "$work/small/other.pub" "$image"
check "ksoctl export" ksoctl export signed -o "$work/export.tar"
check "the archive shows its summary" ksoctl summary --key "$work/small/ours.pub" "$work/export.tar"
check "but not by another key" fails ksoctl summary --key "$work/small/other.pub" "$work/export.tar"
check "an archive in which not all is signed is refused" fails \
  ksoctl verify --level static --platform linux/amd64 --key "$work/small/ours.pub" "$work/export.tar"
check "with all signed" ksoctl sign --key "$work/small/ours.key" "$destination/kubespray-files:signed"
# On one platform both variants may be one image.
check "and the other variant" ksoctl sign --replace --key "$work/small/ours.key" "$image-all"
check "and exported again" ksoctl export signed -o "$work/whole.tar"
check "it is right" ksoctl verify --level static --platform linux/amd64 --key "$work/small/ours.pub" "$work/whole.tar"
check "but not by another key" fails \
  ksoctl verify --level static --platform linux/amd64 --key "$work/small/other.pub" "$work/whole.tar"
check "ksoctl load" ksoctl load "$work/export.tar" "docker://$registry/inside"
image=$registry/inside/kubespray-images
check "the signature came along" ksoctl verify --level static --platform linux/amd64 --key "$work/small/ours.pub" "$image:signed"
check "and the summary" ksoctl summary --key "$work/small/ours.pub" "$image:signed"
# Whoever may push inside copies the signature to an image that has none.
other=$registry/inside/kubespray-files
signed=sha256-$(raw "$image:signed" | sha256sum | cut -d' ' -f1).sig
forged=sha256-$(raw "$other:signed" | sha256sum | cut -d' ' -f1).sig
skopeo copy -q --preserve-digests --src-tls-verify=false --dest-tls-verify=false "docker://$image:$signed" "docker://$other:$forged"
judge() { ksoctl verify --level static --platform linux/amd64 --key "$work/small/ours.pub" "$other:signed" >"$work/output" 2>&1; }
check "a signature of another image is refused" same "$(exit_status judge)" 1
check "and said to be one" says "signature is of another image"
finish
