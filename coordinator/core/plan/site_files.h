// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_SITE_FILES_H_
#define KSO_COORDINATOR_CORE_PLAN_SITE_FILES_H_

#include <string_view>

namespace kso::coordinator {

// Configurations of the programs inside the finished images: member paths and
// what is in them.

inline constexpr std::string_view kNginxConfigPath = "etc/nginx/nginx.conf";
// Where nginx finds the files: the member path of "/k8s/".
inline constexpr std::string_view kFilesDirectory = "opt/k8s/k8s/";
// The whole nginx.conf, since bases differ in what theirs includes.
extern const std::string_view kNginxConfig;

// Distribution 3's place, then that of 2.8: the base's command names one.
inline constexpr std::string_view kRegistryConfigPaths[] = {
    "etc/distribution/config.yml", "etc/docker/registry/config.yml"};
// Valid for both.
extern const std::string_view kRegistryConfig;

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_SITE_FILES_H_
