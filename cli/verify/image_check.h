// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_IMAGE_CHECK_H_
#define KSO_CLI_VERIFY_IMAGE_CHECK_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/oci/image_store.h"
#include "kso/v1/types.pb.h"

namespace kso::cli {

// How thoroughly an image is checked.
struct ImageCheckOptions {
  // The platforms that the image must have.
  std::vector<v1::Platform> platforms;
  // Only ask whether blobs are there; otherwise they are read and hashed.
  bool quick = false;
  // Is called with the step that begins, so that a person sees progress.
  std::function<void(const std::string&)> on_step;
};

// The findings for one platform of an image.
struct PlatformReport {
  v1::Descriptor manifest;
  int layers = 0;
  // The bytes of config and layers, as the manifest states them.
  int64_t bytes = 0;
  std::vector<std::string> problems;
};

struct ImageReport {
  // The descriptor that the tag points at.
  v1::Descriptor top;
  std::vector<PlatformReport> platforms;
  // Problems of the image as a whole.
  std::vector<std::string> problems;
  // It was asked whether a key has signed it, and it has, with statements of
  // these types.
  bool is_signed = false;
  std::vector<std::string> attested;

  bool ok() const;
};

// Checks a multi-arch image in a registry against what it promises: the index,
// every platform manifest and config parses and agrees with what points at it;
// every platform asked for is there; every blob is there and, unless quick, has
// the bytes of its digest. Blobs that platforms share are read once. Trouble is
// reported, never returned as an error.
ImageReport CheckImage(oci::ImageStore& store, absl::string_view repository,
                       absl::string_view tag_or_digest,
                       const ImageCheckOptions& options);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_IMAGE_CHECK_H_
