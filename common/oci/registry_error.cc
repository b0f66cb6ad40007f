// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry_error.h"

#include "common/base/json.h"
#include "common/base/printable_text.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/http/answer_error.h"

namespace kso::oci {
namespace {

constexpr size_t kMostErrors = 3;
constexpr size_t kLongestPart = 200;

std::string Bounded(std::string_view text) {
  return PrintableText(text, kLongestPart);
}

std::string DescribeError(const Json& error) {
  std::string text = Bounded(StringOf(error, "code"));
  for (const char* key : {"message", "detail"}) {
    const std::string more = Bounded(StringOf(error, key));
    if (more.empty()) continue;
    if (!text.empty()) text += ": ";
    text += more;
  }
  return text;
}

// "DENIED: requested access to the resource is denied", or nothing.
std::string WhatItSays(const std::string& body) {
  const absl::StatusOr<Json> json = ParseJson(body);
  if (!json.ok() || !json->is_object()) return "";
  const auto errors = json->find("errors");
  if (errors == json->end() || !errors->is_array()) return DescribeError(*json);
  std::string text;
  for (size_t i = 0; i < errors->size() && i < kMostErrors; ++i) {
    if (!text.empty()) text += "; ";
    text += DescribeError((*errors)[i]);
  }
  return text;
}

std::string AdviceFor(int status, std::string_view host) {
  switch (status) {
    case 401:
      return Concat("; run `skopeo login ", host,
                    "` on the worker, or check that the repository exists");
    case 403:
      return Concat("; the worker's login for ", host,
                    " is not allowed to do this: use another one");
    default:
      return "";
  }
}

}  // namespace

absl::Status RegistryError(const http::Response& response,
                           std::string_view what, std::string_view host,
                           absl::Time now) {
  std::string message = Concat(what, ": ", host, " answers ", response.status);
  const std::string said = WhatItSays(response.body);
  if (!said.empty()) message += Concat(" (", said, ")");
  if (const auto retry_after = response.Header("Retry-After")) {
    message += Concat(", Retry-After: ", Bounded(*retry_after));
  }
  message += AdviceFor(response.status, host);
  return http::ErrorOfAnswer(response, message, now);
}

absl::Status TransportError(const absl::Status& status, std::string_view what) {
  const absl::Status told = Prefixed(status, Concat(what, ": "));
  return absl::IsDeadlineExceeded(status)
             ? WithCode(told, absl::StatusCode::kUnavailable)
             : told;
}

}  // namespace kso::oci
