// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_METHOD_ROLES_H_
#define KSO_COORDINATOR_ACCESS_METHOD_ROLES_H_

#include <string_view>
#include <vector>

#include "common/access/role.h"

namespace kso::coordinator {

// The rule for a method of gRPC.
struct MethodRule {
  // "/kso.v1.BuildService/GetBuild".
  std::string_view method;
  // One of them is enough. None where the method is open to everybody.
  access::RoleSet roles;
  // The method proves by itself who calls it, as joining with a one-time token
  // does, so that no identity is asked for.
  bool open_to_everybody = false;
};

// The rule of a method; null for one that is not in the table, which nobody may
// call. The table is compared with the descriptors of all services while it is
// compiled: a new method without a line there does not build.
const MethodRule* RuleOf(std::string_view method);

// The methods of the table, for tests and documentation.
std::vector<MethodRule> AllMethodRules();

// "GetBuild" of "/kso.v1.BuildService/GetBuild"; text without such a form stays
// as it is.
std::string_view ShortMethodName(std::string_view method);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_METHOD_ROLES_H_
