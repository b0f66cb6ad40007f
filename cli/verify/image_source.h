// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_IMAGE_SOURCE_H_
#define KSO_CLI_VERIFY_IMAGE_SOURCE_H_

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/oci/image_store.h"

namespace kso::cli {

// An image in a store.
struct NamedImage {
  // For people: "registry.example.com/team/kubespray-files:v0.1.0", or the
  // names that it has in an archive.
  std::string name;
  // The tag of that name; empty where it has none.
  std::string tag;
  // Its path in the store, and its tag or digest there.
  std::string repository;
  std::string identifier;
};

// A place that has images to verify.
class ImageSource {
 public:
  virtual ~ImageSource() = default;

  virtual oci::ImageStore& store() = 0;

  // The images that there are, each once, whatever the number of its names.
  virtual const std::vector<NamedImage>& images() const = 0;
  // The documents about them (evidence, signatures), which are images in form
  // only.
  virtual const std::vector<NamedImage>& evidence() const = 0;
};

// An OCI archive or all its parts, as `ksoctl export` writes them, read where
// they are. INVALID_ARGUMENT when it is none, or holds only what changed since
// another one.
absl::StatusOr<std::unique_ptr<ImageSource>> OpenArchiveSource(
    const std::vector<std::filesystem::path>& files);

// A directory with an OCI image layout (OCI image spec, image-layout.md).
// INVALID_ARGUMENT when it is none.
absl::StatusOr<std::unique_ptr<ImageSource>> OpenLayoutSource(
    const std::filesystem::path& directory);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_IMAGE_SOURCE_H_
