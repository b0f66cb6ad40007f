// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/principal.h"

#include "common/base/strings.h"
#include "common/text/printable_text.h"

namespace kso::coordinator {

std::string_view IdentifiedByName(IdentifiedBy how) {
  switch (how) {
    case IdentifiedBy::kNothing:
      return "nobody";
    case IdentifiedBy::kOpenFarm:
      return "open farm";
    case IdentifiedBy::kCertificate:
      return "certificate";
    case IdentifiedBy::kToken:
      return "token";
    case IdentifiedBy::kOidc:
      return "oidc";
  }
  return "unknown";
}

std::vector<std::string> RoleNames(const Principal& principal) {
  std::vector<std::string> names;
  for (const access::Role role : access::kRoles) {
    if (principal.roles.WithImplied().Contains(role)) {
      names.emplace_back(access::RoleName(role));
    }
  }
  return names;
}

absl::Status CheckRoles(const Principal& principal, access::RoleSet asked,
                        std::string_view deed) {
  if (principal.roles.Allows(asked)) return absl::OkStatus();
  if (principal.how == IdentifiedBy::kNothing) {
    return absl::UnauthenticatedError(
        Concat(deed,
               " needs an identity: show a token ($KSO_TOKEN or "
               "--token-file) or a certificate (--cert and --key)"));
  }
  return absl::PermissionDeniedError(Concat(
      deed, " needs the role ", access::DescribeRoles(asked), ", and ",
      principal.name, " has ",
      principal.roles.empty() ? std::string("none")
                              : access::DescribeRoles(principal.roles, " and "),
      "; ask an admin of the farm for a token or certificate with it"));
}

absl::Status CheckWorkerName(const Principal& principal,
                             std::string_view name) {
  if (principal.how == IdentifiedBy::kOpenFarm || principal.name == name) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      Concat("this identity may work as '", principal.name, "' and not as '",
             PrintableText(name, 128), "'; start the worker with --name ",
             principal.name, ", or issue a certificate for its name"));
}

}  // namespace kso::coordinator
