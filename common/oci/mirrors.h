// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_MIRRORS_H_
#define KSO_COMMON_OCI_MIRRORS_H_

#include <string>
#include <string_view>

#include "common/oci/reference.h"
#include "google/protobuf/repeated_field.h"
#include "kso/v1/types.pb.h"

namespace kso::oci {

// The place that an image is really fetched from.
struct ImageSource {
  // "mirror.example.com:5000".
  std::string host;
  // "docker.io/library/nginx".
  std::string path;
  // Plain HTTP.
  bool insecure = false;
};

// The place that `reference` is fetched from: its own unless a mirror's prefix
// matches "HOST/PATH"; the longest matching prefix wins. A prefix matches whole
// components only: "docker.io/lib" does not match "docker.io/library/nginx". A
// bad location is not noticed here: registry clients refuse hosts and
// repositories that are not such.
ImageSource ResolveMirror(
    const Reference& reference,
    const google::protobuf::RepeatedPtrField<v1::Mirror>& mirrors);

// The URL that a file's `url` is fetched from: the longest prefix that `url`
// begins with is replaced by its location.
std::string MirrorUrl(
    std::string_view url,
    const google::protobuf::RepeatedPtrField<v1::Mirror>& mirrors);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_MIRRORS_H_
