// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/same_origin.h"

#include "absl/strings/match.h"
#include "common/base/strings.h"
#include "coordinator/http/multipart_form.h"

namespace kso::coordinator {
namespace {

bool Is(std::string_view text, std::string_view other) {
  return absl::EqualsIgnoreCase(ToAbsl(text), ToAbsl(other));
}

// Returns whether the body's type, if it is told, is JSON. Forms of other pages
// are of other types.
bool MayBeJson(std::string_view type) {
  return type.empty() || Is(type.substr(0, type.find(';')), "application/json");
}

}  // namespace

absl::Status CheckSameOrigin(const HttpRequest& request, bool takes_form) {
  const std::string_view site = request.Header("Sec-Fetch-Site");
  if (!site.empty() && !Is(site, "same-origin") && !Is(site, "none")) {
    return absl::PermissionDeniedError(
        "a page of another site asked for this; it is not done");
  }
  const std::string_view origin = request.Header("Origin");
  // A proxy may have taken the TLS off, so only the names are compared.
  const size_t scheme = origin.find("://");
  if (!origin.empty() &&
      (scheme == std::string_view::npos ||
       !Is(origin.substr(scheme + 3), request.Header("Host")))) {
    return absl::PermissionDeniedError(
        "a page of another origin asked for this; it is not done");
  }
  if (request.CountHeaders(kActionHeader) == 0 &&
      request.CountHeaders("Authorization") == 0) {
    return absl::PermissionDeniedError(
        Concat("what changes something needs the header \"", kActionHeader,
               ": 1\", or Authorization"));
  }
  const std::string_view type = request.Header("Content-Type");
  if (!MayBeJson(type) && !(takes_form && IsMultipartForm(type))) {
    return absl::InvalidArgumentError(
        Concat("the body must be JSON, with Content-Type: application/json",
               takes_form ? ", or multipart/form-data" : ""));
  }
  return absl::OkStatus();
}

}  // namespace kso::coordinator
