// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_SITE_FILES_H_
#define KSO_COORDINATOR_CORE_PLAN_SITE_FILES_H_

#include <string>
#include <string_view>

namespace kso::coordinator {

// Configurations of the programs inside the finished images: member paths and
// contents.

inline constexpr std::string_view kNginxConfigPath = "etc/nginx/nginx.conf";
// A whole nginx.conf, since bases differ in the files that theirs include.
std::string NginxConfig();

// The places of Distribution 3 and of 2.8: the base's command names one of
// them.
inline constexpr std::string_view kRegistryConfigPaths[] = {
    "etc/distribution/config.yml", "etc/docker/registry/config.yml"};
// A configuration that both versions accept.
std::string RegistryConfig();

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_SITE_FILES_H_
