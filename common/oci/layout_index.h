// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_LAYOUT_INDEX_H_
#define KSO_COMMON_OCI_LAYOUT_INDEX_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/bytes/digest.h"
#include "kso/v1/types.pb.h"

namespace kso::oci {

// An image of an image layout, and the names that it has there, such as
// "kubespray-files:v0.1.0".
struct LayoutImage {
  // The index, or manifest, that the names stand for.
  v1::Descriptor index;
  std::vector<std::string> ref_names;
  // The repository of the store that the image is brought from.
  std::string repository = {};
};

// The path of a blob in a layout, relative to it: "blobs/sha256/HEX".
std::string LayoutBlobPath(const Digest& digest);

// The "oci-layout" file of a layout (OCI image spec, image-layout.md).
inline constexpr std::string_view kLayoutFile =
    "{\"imageLayoutVersion\":\"1.0.0\"}";

// Makes the index.json of a layout that holds `images`, and the images that
// `existing`, the index.json that is there (empty when there is none), has
// under other names. INVALID_ARGUMENT for names that the image spec does not
// allow and for names that are there twice; FAILED_PRECONDITION when `existing`
// is not an index. `annotations` are those of the index as a whole.
absl::StatusOr<std::string> MergeLayoutIndex(
    std::string_view existing, const std::vector<LayoutImage>& images,
    const std::map<std::string, std::string>& annotations = {});

// The largest index.json that is read.
inline constexpr int64_t kLargestLayoutIndex = 4 << 20;

// An image as an index.json lists it.
struct LayoutEntry {
  // Its reference name, "kubespray-files:v0.1.0"; may be empty.
  std::string name;
  v1::Descriptor descriptor;
};

struct LayoutContents {
  // In the order of the index.json.
  std::vector<LayoutEntry> images;
  // Those of the index as a whole.
  std::map<std::string, std::string> annotations;
};

// The content of an index.json, be it that of a directory or of an archive.
// INVALID_ARGUMENT when it is no index, with the reason.
absl::StatusOr<LayoutContents> ReadLayoutIndex(std::string_view index_json);

// An index.json without the entries of these names; everything else in it stays
// as it is. FAILED_PRECONDITION when `existing` is not an index.
absl::StatusOr<std::string> WithoutLayoutNames(
    std::string_view existing, const std::set<std::string>& names);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_LAYOUT_INDEX_H_
