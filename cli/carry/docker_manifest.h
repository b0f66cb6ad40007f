// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CARRY_DOCKER_MANIFEST_H_
#define KSO_CLI_CARRY_DOCKER_MANIFEST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/oci/image_closure.h"
#include "common/oci/layout_index.h"

namespace kso::cli {

// The manifest.json that makes an OCI archive one of `docker save` too (Docker
// Image Specification v1.2, "Combined Image JSON + Filesystem Changeset
// Format"), for tools that take an OCI archive of one image only, or none:
// `podman load`, and `docker load` without containerd's image store. It has no
// indexes, so each platform of an image is an entry, whose names end with the
// architecture: "kubespray-files:v0.1.0-arm64". `closure` has all parts of
// `images`. A name that gets too long for a tag is left out.
absl::StatusOr<std::string> DockerManifest(
    const std::vector<oci::LayoutImage>& images,
    const std::vector<oci::ImagePart>& closure);

}  // namespace kso::cli

#endif  // KSO_CLI_CARRY_DOCKER_MANIFEST_H_
