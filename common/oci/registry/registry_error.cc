// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry/registry_error.h"

#include <utility>

#include "absl/strings/match.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/http/answer_error.h"
#include "common/oci/login/access.h"
#include "common/text/json.h"
#include "common/text/printable_text.h"

namespace kso::oci {
namespace {

constexpr size_t kMostErrors = 3;
constexpr size_t kLongestPart = 200;

std::string Bounded(std::string_view text) {
  return PrintableText(text, kLongestPart);
}

// A web page comes from a proxy or a portal, whatever its status.
bool IsWebPage(const http::Response& response) {
  return absl::StartsWithIgnoreCase(
      response.Header("Content-Type").value_or(""), "text/html");
}

// Secrets go before the text is bounded, which could leave a part of one.
std::string DescribeError(const Json& error, const Secrets& secrets) {
  const auto part = [&](const char* key) {
    return Bounded(secrets.Redact(StringOf(error, key)));
  };
  std::string text = part("code");
  for (const char* key : {"message", "detail"}) {
    const std::string more = part(key);
    if (more.empty()) continue;
    if (!text.empty()) text += ": ";
    text += more;
  }
  return text;
}

// "DENIED: requested access to the resource is denied", or nothing.
std::string WhatItSays(const http::Response& response, const Secrets& secrets) {
  const absl::StatusOr<Json> json = ParseJson(response.body);
  if (!json.ok() || !json->is_object()) {
    return IsWebPage(response) ? "" : Bounded(secrets.Redact(response.body));
  }
  const auto errors = json->find("errors");
  if (errors == json->end() || !errors->is_array()) {
    return DescribeError(*json, secrets);
  }
  std::string text;
  for (size_t i = 0; i < errors->size() && i < kMostErrors; ++i) {
    if (!text.empty()) text += "; ";
    text += DescribeError((*errors)[i], secrets);
  }
  return text;
}

std::string AdviceFor(int status, std::string_view host) {
  if (!IsDenialStatus(status)) return "";
  return Concat(
      "; there is no such repository, or the login may not do this, which "
      "registries do not tell apart: check the name, or run `skopeo login ",
      host, "` as the user of this program");
}

}  // namespace

absl::Status RegistryError(const http::Response& response,
                           std::string_view what, std::string_view host,
                           absl::Time now, const Secrets& secrets) {
  std::string message = Concat(what, ": ", host, " answers ", response.status);
  const std::string said = WhatItSays(response, secrets);
  if (!said.empty()) message += Concat(" (", said, ")");
  if (said.empty() && !response.body.empty() && IsWebPage(response)) {
    message +=
        " with a web page, which no registry does: check the host, and that "
        "the proxy before it hands on what begins with /v2/";
  }
  if (const auto retry_after = response.Header("Retry-After")) {
    message += Concat(", Retry-After: ", Bounded(secrets.Redact(*retry_after)));
  }
  message += AdviceFor(response.status, host);
  absl::Status error = http::ErrorOfAnswer(response, message, now);
  return IsDenialStatus(response.status) ? AsDenial(std::move(error)) : error;
}

bool IsDenialStatus(int status) { return status == 401 || status == 403; }

std::vector<std::string> ErrorCodes(const http::Response& response) {
  std::vector<std::string> codes;
  const absl::StatusOr<Json> json = ParseJson(response.body);
  if (!json.ok() || !json->is_object()) return codes;
  const auto errors = json->find("errors");
  if (errors == json->end() || !errors->is_array()) return codes;
  for (size_t i = 0; i < errors->size() && i < kMostErrors; ++i) {
    codes.push_back(StringOf((*errors)[i], "code"));
  }
  return codes;
}

absl::Status WithTrouble(const absl::Status& status, std::string_view trouble) {
  if (trouble.empty() || !IsDenial(status)) return status;
  return WithMessage(status, Concat(ToStd(status.message()),
                                    "; no login was sent, since ", trouble));
}

absl::Status TransportError(const absl::Status& status, std::string_view what) {
  const absl::Status told = Prefixed(status, Concat(what, ": "));
  return absl::IsDeadlineExceeded(status)
             ? WithCode(told, absl::StatusCode::kUnavailable)
             : told;
}

}  // namespace kso::oci
