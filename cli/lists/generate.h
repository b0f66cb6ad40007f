// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_LISTS_GENERATE_H_
#define KSO_CLI_LISTS_GENERATE_H_

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/lists/list_plan.h"
#include "cli/lists/listing.h"

namespace kso::cli {

// The choices of a user of `ksoctl lists generate`.
struct GenerateOptions {
  std::filesystem::path kubespray;
  // As -i and -e of ansible-playbook take them.
  std::vector<std::string> inventories;
  std::vector<std::string> extra_variables;
  Scope scope = Scope::kEnabled;
  // Patterns of variables whose values in the inventory are addresses that the
  // lists shall name.
  std::vector<std::string> keep;
  // Manifests from elsewhere, whose images are listed.
  std::vector<std::filesystem::path> manifests;
  // A path or a name; empty for the one in $PATH.
  std::string ansible;
  bool any_ansible = false;
};

// The lists of a release, and what there is to say about them.
struct Generated {
  // Of Kubespray: "2.28.1"; empty when the checkout does not say.
  std::string version;
  std::string ansible_version;
  // The hosts that were rendered.
  std::vector<std::string> hosts;
  Listing listing;
  // Variables whose value of the inventory was not taken, and that value.
  std::vector<std::pair<std::string, std::string>> overridden;
};

// Makes the lists of a Kubespray checkout with Ansible. Writes nothing but a
// temporary directory. Blocks for seconds. Errors are INVALID_ARGUMENT,
// NOT_FOUND and FAILED_PRECONDITION, with what to do.
absl::StatusOr<Generated> GenerateLists(const GenerateOptions& options);

}  // namespace kso::cli

#endif  // KSO_CLI_LISTS_GENERATE_H_
