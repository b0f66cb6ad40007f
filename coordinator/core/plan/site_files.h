// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_SITE_FILES_H_
#define KSO_COORDINATOR_CORE_PLAN_SITE_FILES_H_

#include <string>
#include <string_view>

namespace kso::coordinator {

// Configurations of the programs inside the finished images: member paths and
// what is in them.

inline constexpr std::string_view kNginxConfigPath = "etc/nginx/nginx.conf";
// The whole nginx.conf, since bases differ in what theirs includes.
std::string NginxConfig();

// Distribution 3's place, then that of 2.8: the base's command names one.
inline constexpr std::string_view kRegistryConfigPaths[] = {
    "etc/distribution/config.yml", "etc/docker/registry/config.yml"};
// Valid for both.
std::string RegistryConfig();

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_SITE_FILES_H_
