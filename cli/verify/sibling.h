// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_SIBLING_H_
#define KSO_CLI_VERIFY_SIBLING_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/verify/layer_scan.h"
#include "common/oci/image_store.h"
#include "kso/v1/types.pb.h"

namespace kso::cli {

// The last layer of an image in a registry, for its first platform or, with
// one, for `platform`. It is small: in kubespray-files it has what tells of the
// release, in a platform's kubespray-images all links, tags and documents; that
// for all platforms has one such layer of each. So an image that
// is verified by itself can be compared with the other image of its release
// without reading that. NOT_FOUND where there is no such image or platform.
absl::StatusOr<std::shared_ptr<const LayerScan>> ScanLastLayer(
    oci::ImageStore& store, const std::string& repository,
    const std::string& tag, const v1::Platform* platform = nullptr);

// The path of the other image of a release in its registry:
// "team/kubespray-images" for "team/kubespray-files", and back. Empty for other
// paths.
std::string SiblingOf(const std::string& repository);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_SIBLING_H_
