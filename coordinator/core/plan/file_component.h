// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_FILE_COMPONENT_H_
#define KSO_COORDINATOR_CORE_PLAN_FILE_COMPONENT_H_

#include <string>
#include <string_view>

namespace kso::coordinator {

// The software that a file belongs to, "github.com/etcd-io/etcd", from its
// served path: the host and up to two directories that are not versions, so
// that it stays the same from release to release.
std::string ComponentOf(std::string_view served_path);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_FILE_COMPONENT_H_
