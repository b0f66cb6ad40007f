// SPDX-License-Identifier: Apache-2.0
#include "common/access/role.h"

#include "absl/status/status.h"
#include "common/base/strings.h"
#include "common/text/printable_text.h"

namespace kso::access {

std::string_view RoleName(Role role) {
  switch (role) {
    case Role::kView:
      return "view";
    case Role::kSubmit:
      return "submit";
    case Role::kWork:
      return "work";
    case Role::kAdmin:
      return "admin";
  }
  return "unknown";
}

absl::StatusOr<Role> ParseRole(std::string_view name) {
  for (const Role role : kRoles) {
    if (RoleName(role) == name) return role;
  }
  return absl::InvalidArgumentError(
      Concat("'", PrintableText(name, 64),
             "' is no role; the roles are view, submit, work and admin"));
}

std::string DescribeRoles(RoleSet roles, std::string_view between) {
  std::string text;
  for (const Role role : kRoles) {
    if (!roles.Contains(role)) continue;
    if (!text.empty()) text += between;
    text += RoleName(role);
  }
  return text;
}

}  // namespace kso::access
