// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/generate.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "cli/lists/ansible.h"
#include "cli/lists/image_mentions.h"
#include "cli/lists/kubespray_checkout.h"
#include "cli/lists/role_tree.h"
#include "common/base/status_macros.h"
#include "common/files/text_file.h"
#include "common/oci/reference.h"

namespace kso::cli {
namespace {

constexpr size_t kMostManifestBytes = 16 << 20;

absl::Status AddManifest(const std::filesystem::path& file, Listing& listing) {
  const auto content = ReadTextFile(file, kMostManifestBytes);
  if (!content.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", file.string(), "': ", content.status().message()));
  }
  bool found = false;
  for (const ImageMention& mention : FindImageMentions(*content)) {
    const auto reference = oci::Reference::Parse(mention.text);
    if (!reference.ok()) continue;
    found = true;
    listing.AddImage(
        reference->ToString(),
        {absl::StrCat("manifest ", file.filename().string(), ":", mention.line),
         "", ""});
  }
  if (found) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("'", file.string(),
                   "' names no image; --manifest takes a manifest of "
                   "Kubernetes that has been downloaded"));
}

void AddOverridden(const RenderAnswer& answer, Generated& generated) {
  for (const auto& entry : answer.overridden) {
    const auto same = [&](const auto& known) {
      return known.first == entry.first;
    };
    if (std::none_of(generated.overridden.begin(), generated.overridden.end(),
                     same)) {
      generated.overridden.push_back(entry);
    }
  }
}

}  // namespace

absl::StatusOr<Generated> GenerateLists(const GenerateOptions& options) {
  KSO_ASSIGN_OR_RETURN(const KubesprayCheckout checkout,
                       OpenKubesprayCheckout(options.kubespray));
  KSO_ASSIGN_OR_RETURN(
      const AnsibleProgram ansible,
      FindAnsible(checkout, options.ansible, options.any_ansible));
  KSO_ASSIGN_OR_RETURN(const RoleTree tree, ReadRoleTree(checkout.directory));
  KSO_ASSIGN_OR_RETURN(const ListPlan plan,
                       ListPlan::Make(checkout, tree, options.scope));
  KSO_ASSIGN_OR_RETURN(
      const std::vector<RenderAnswer> answers,
      RenderWithAnsible(ansible, checkout, plan.Request(options.keep),
                        {.inventories = options.inventories,
                         .extra_variables = options.extra_variables}));
  Generated generated;
  generated.version = checkout.version;
  generated.ansible_version = ansible.version;
  std::set<std::string> hosts;
  for (const RenderAnswer& answer : answers) {
    if (hosts.insert(answer.host).second) {
      generated.hosts.push_back(answer.host);
    }
    plan.AddTo(answer, generated.listing);
    AddOverridden(answer, generated);
  }
  for (const auto& manifest : options.manifests) {
    KSO_RETURN_IF_ERROR(AddManifest(manifest, generated.listing));
  }
  for (const std::string& unread : tree.unread) {
    generated.listing.AddUnsettled({"", "", unread});
  }
  return generated;
}

}  // namespace kso::cli
