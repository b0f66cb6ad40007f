// SPDX-License-Identifier: Apache-2.0
#include "common/http/redirect.h"

#include "common/base/status_macros.h"
#include "common/base/strings.h"

namespace kso::http {

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 ||
         status == 308;
}

bool BecomesGet(int status, std::string_view method) {
  if (method == "HEAD") return false;
  return status == 303 ||
         (method == "POST" && (status == 301 || status == 302));
}

absl::StatusOr<Url> RedirectTarget(const Url& from, std::string_view location) {
  KSO_ASSIGN_OR_RETURN(Url target, from.Resolve(location));
  if (from.is_https() && !target.is_https()) {
    return absl::PermissionDeniedError(Concat(
        from.display(), " redirects from https to plain ", target.display(),
        ", which is refused; use a URL that stays on https"));
  }
  return target;
}

}  // namespace kso::http
