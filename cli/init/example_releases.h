// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_INIT_EXAMPLE_RELEASES_H_
#define KSO_CLI_INIT_EXAMPLE_RELEASES_H_

#include <filesystem>
#include <map>
#include <string>

namespace kso::cli {

// The releases that are shipped with kso, by their versions of Kubespray
// ("2.25.1"): the directories "kubespray-VERSION" under "deploy/releases" or
// "share/kso/releases" of any directory above `self`, this program's own file.
std::map<std::string, std::filesystem::path> ExampleReleases(
    const std::filesystem::path& self);

}  // namespace kso::cli

#endif  // KSO_CLI_INIT_EXAMPLE_RELEASES_H_
