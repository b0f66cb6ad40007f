// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_STATIC_CHECK_H_
#define KSO_CLI_VERIFY_STATIC_CHECK_H_

#include <optional>
#include <vector>

#include "cli/verify/files_content.h"
#include "cli/verify/image_check.h"
#include "cli/verify/image_source.h"
#include "cli/verify/image_tree.h"
#include "cli/verify/registry_content.h"

namespace kso::cli {

// An image, and what was found in it.
struct CheckedImage {
  NamedImage image;
  oci::ImageStore* store = nullptr;
  ImageReport report;

  // One for each of the report's platforms, as an image that runs has it. Their
  // files belong to the report.
  std::vector<ImageTree> trees;
  // Of kubespray-files; its platforms have the same.
  std::optional<FilesContent> files;
  // Of kubespray-images, for each of the report's platforms; empty for others.
  std::vector<RegistryContent> registries;
};

// Checks all images of `sources`, and the documents about them, without running
// or unpacking anything: documents, digests, sizes, and unless
// `options.quick` each file, program and link in them; that all platforms of
// kubespray-files serve the same files; and that each release has what its
// kubespray-files names. Trouble is reported, never returned.
std::vector<CheckedImage> CheckStatically(
    const std::vector<ImageSource*>& sources, const ImageCheckOptions& options);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_STATIC_CHECK_H_
