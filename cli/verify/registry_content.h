// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_REGISTRY_CONTENT_H_
#define KSO_CLI_VERIFY_REGISTRY_CONTENT_H_

#include <string>
#include <vector>

#include "cli/verify/findings.h"
#include "cli/verify/image_tree.h"
#include "kso/v1/types.pb.h"

namespace kso::cli {

// An image that kubespray-images has in its tree.
struct RegistryImage {
  // "k8s/pause".
  std::string repository;
  // Empty where it is known by its digest only.
  std::string tag;
  // The index, or manifest, that the tag names.
  v1::Descriptor top;
  // The platform manifests that are there, with their platforms. Each is whole
  // unless a problem says otherwise.
  std::vector<v1::Descriptor> manifests;
  // The indexes that are there and that `top` lists, or one of them.
  std::vector<v1::Descriptor> indexes = {};
  // The platforms whose config is for another one, for people, each with the
  // platform first. The release says whether that is wrong.
  std::vector<std::string> mislabelled = {};

  // "k8s/pause:3.9", or with its digest.
  std::string Name() const;
};

// The images of a registry, sorted by repository and tag.
struct RegistryContent {
  std::vector<RegistryImage> images;
};

// Returns whether an image is kubespray-images, whatever its name.
bool IsRegistryImage(const ImageTree& tree);

// Reads the registry's tree (coordinator/core/plan/registry_tree.h) as
// Distribution does, and compares all of it with what it says: each blob has
// the bytes of its digest, each link names what its path does, each tag leads
// to a document, and each platform manifest that is there to a config, and to
// layers of the right sizes. A difference is a problem that names the image.
RegistryContent CheckRegistryImage(const ImageTree& tree, Findings& findings);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_REGISTRY_CONTENT_H_
