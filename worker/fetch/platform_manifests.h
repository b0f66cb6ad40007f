// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_FETCH_PLATFORM_MANIFESTS_H_
#define KSO_WORKER_FETCH_PLATFORM_MANIFESTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/repeated_field.h"
#include "kso/v1/types.pb.h"
#include "worker/fetch/document_reader.h"

namespace kso::worker {

// A platform manifest, with `content_descriptor.platform` set, and its config.
struct PlatformManifest {
  v1::Document manifest;
  v1::Document config;
  // The licences that the config states; may be empty.
  std::string licenses;
  // The platform that the config says, "linux/amd64", where it is another than
  // the index says; else empty.
  std::string config_platform = "";
};

struct ImageManifests {
  std::vector<PlatformManifest> manifests;
  // The indexes inside of the image's index that were read to find them, each
  // after the one that lists it.
  std::vector<v1::Document> indexes;
};

// Reads the manifests of an image for those of the `wanted` platforms that it
// exists for, in its index's order. `top` is its index, or the only manifest.
//
// An index may list others (OCI image specification, image-index.md), which are
// read, to a depth, where a platform is not found without them; what they list
// comes after what the index itself does. An entry without a platform is asked
// for its config, which says it: "platform" is optional.
//
// Container runtimes refuse an image whose documents disagree, each in its own
// way, so INVALID_ARGUMENT names the disagreement: of an entry with its
// document about size or media type, of a manifest with its config about the
// number of layers. So do artifacts that are no images, indexes that are nested
// too deeply or too many, and configs that do not say their platform. What
// becomes of an entry and a config that name different platforms is for the
// caller to say.
absl::StatusOr<ImageManifests> ReadPlatformManifests(
    const v1::Document& top,
    const google::protobuf::RepeatedPtrField<v1::Platform>& wanted,
    DocumentReader& reader);

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_PLATFORM_MANIFESTS_H_
