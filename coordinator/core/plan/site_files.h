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
// The part of it that nginx reads where the kernel has IPv6.
inline constexpr std::string_view kNginxIpv6ConfigPath =
    "etc/nginx/kso-ipv6.conf";
std::string NginxIpv6Config();

// The places of Distribution 3 and of 2.8: the base's command names one of
// them.
inline constexpr std::string_view kRegistryConfigPaths[] = {
    "etc/distribution/config.yml", "etc/docker/registry/config.yml"};
// A configuration that both versions accept. The registry refuses pushes.
std::string RegistryConfig();

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_SITE_FILES_H_
