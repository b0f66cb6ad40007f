// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_TEST_RELEASE_H_
#define KSO_TESTS_UPSTREAM_TEST_RELEASE_H_

#include <string>

namespace kso::upstream {

// A small release for the tests beside it, written into a new directory under
// the test's own. The result is the directory.
std::string WriteTestRelease(const std::string& name);

inline constexpr char kDirectUrl[] =
    "https://get.helm.sh/helm-v3.14.4-linux-amd64.tar.gz";
inline constexpr char kRedirectedUrl[] =
    "https://dl.k8s.io/release/v1.29.10/bin/linux/arm64/kubelet";
inline constexpr char kIndexImage[] = "quay.io/calico/node:v3.27.4";
inline constexpr char kSecondImage[] = "quay.io/calico/cni:v3.27.4";
inline constexpr char kAmd64Image[] = "docker.io/amazon/driver:v0.5.0";

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_TEST_RELEASE_H_
