// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_SERVED_REPOSITORY_H_
#define KSO_COMMON_RELEASE_SERVED_REPOSITORY_H_

#include <string>

#include "common/oci/reference.h"

namespace kso::release {

// The repository that an image is served under in the finished registry: its
// path without the host, "k8s/coreos/etcd"; with the host before it,
// "k8s/quay.io/coreos/etcd", where `images.keepHost` says so. A port follows
// the host after a '-', since a repository has no ':'.
std::string ServedRepository(const oci::Reference& reference, bool keep_host);

}  // namespace kso::release

#endif  // KSO_COMMON_RELEASE_SERVED_REPOSITORY_H_
