// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_OUTCOME_BUILD_IMAGES_H_
#define KSO_CLI_COMMANDS_OUTCOME_BUILD_IMAGES_H_

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/commands/outcome/added_documents.h"
#include "cli/context.h"
#include "cli/registry_connection.h"
#include "common/oci/image_store.h"
#include "common/oci/layout_index.h"
#include "common/oci/layout_writer.h"
#include "kso/v1/build.pb.h"

namespace kso::cli {

// A finished build's images, wherever their bytes are: in the registry that was
// the build's destination, or in the coordinator's blob store.
class BuildImages {
 public:
  // FAILED_PRECONDITION when the build has none. `context` must outlive it.
  // `registry` is what the user says of it.
  static absl::StatusOr<std::unique_ptr<BuildImages>> Open(
      Context& context, const v1::Build& build,
      const RegistryArguments& registry);

  // Each tag is a reference name, "kubespray-files:v0.1.0-2.25.1" (OCI image
  // layout, index.json). The evidence about the images, and signatures, are
  // among them, by tags that are made of the images' digests.
  const std::vector<oci::LayoutImage>& names() const { return names_; }
  oci::ImageStore& store() { return *store_; }
  // Links a blob that is on this machine already instead of copying it; null
  // where none can be.
  const oci::LinkBlob& link() const { return link_; }

  // An error of the store, as the user should see it.
  absl::Status Explain(const absl::Status& status) const;

 private:
  // Adds the evidence about the image that was added last.
  absl::Status AddEvidence(const v1::ImageResult& image);

  std::vector<oci::LayoutImage> names_;
  // The images whose evidence is among these, by name and digest.
  std::set<std::pair<std::string, std::string>> evidence_of_;
  // One of these two is set.
  std::unique_ptr<RegistryConnection> registry_;
  std::unique_ptr<oci::ImageStore> coordinator_;
  // The registry, with lists of evidence that it does not have as such.
  std::unique_ptr<AddedDocuments> documents_;
  oci::ImageStore* store_ = nullptr;
  oci::LinkBlob link_;
};

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_OUTCOME_BUILD_IMAGES_H_
