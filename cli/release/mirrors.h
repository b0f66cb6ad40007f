// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RELEASE_MIRRORS_H_
#define KSO_CLI_RELEASE_MIRRORS_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "cli/release/problems.h"
#include "cli/release/yaml_tree.h"
#include "kso/v1/types.pb.h"

namespace kso::cli {

// Reads the list `mirrors` of a release.yaml.
std::vector<v1::Mirror> ReadMirrors(const YamlNode& node,
                                    absl::string_view file, Problems* problems);

}  // namespace kso::cli

#endif  // KSO_CLI_RELEASE_MIRRORS_H_
