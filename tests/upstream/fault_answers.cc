// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/fault_answers.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace kso::upstream {
namespace {

// "" for none.
std::string RetryAfter(const ServiceContext& context, const std::string& detail,
                       std::string_view otherwise) {
  if (detail == "-") return "";
  if (detail.empty()) return std::string(otherwise);
  int64_t seconds = 0;
  if (detail.front() != 'd' || !absl::SimpleAtoi(detail.substr(1), &seconds)) {
    return detail;
  }
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT",
                          context.now() + absl::Seconds(seconds),
                          absl::UTCTimeZone());
}

}  // namespace

bool AnswerWithFault(const ServiceContext& context, std::string_view subject,
                     std::string_view retry_after,
                     const httplib::Request& request,
                     httplib::Response& response) {
  if (const auto failure = context.faults->Take(FaultKind::kFail, subject)) {
    response.status = static_cast<int>(failure->number);
    const std::string after = RetryAfter(
        context, failure->detail,
        failure->number == 429 || failure->number == 503 ? retry_after : "");
    if (!after.empty()) response.set_header("Retry-After", after);
    return true;
  }
  if (const auto redirect =
          context.faults->Take(FaultKind::kRedirect, subject)) {
    const auto port = static_cast<int>(redirect->number);
    response.set_redirect(absl::StrCat(
        port == 0 ? "" : OtherOrigin(request, port), request.path));
    return true;
  }
  return false;
}

void AddBodyFaults(const ServiceContext& context, std::string_view subject,
                   const httplib::Request& request, SendOptions& options) {
  options.bytes_per_second = context.bytes_per_second;
  if (request.method != "GET") return;
  const auto number = [&](FaultKind kind) -> std::optional<uint64_t> {
    const auto hit = context.faults->Take(kind, subject);
    if (!hit.has_value()) return std::nullopt;
    return hit->number;
  };
  options.cut_after = number(FaultKind::kCut);
  options.corrupt_at = number(FaultKind::kCorrupt);
  options.shorten_to = number(FaultKind::kShorten);
  options.lengthen_by = number(FaultKind::kLengthen).value_or(0);
  if (const auto rate = number(FaultKind::kDrip)) {
    options.bytes_per_second = *rate;
  }
}

}  // namespace kso::upstream
