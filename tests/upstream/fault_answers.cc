// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/fault_answers.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/text/percent_coding.h"
#include "tests/upstream/odd_body.h"

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

void DelayWithFault(const ServiceContext& context, std::string_view subject) {
  if (const auto delay = context.faults->Take(FaultKind::kDelay, subject)) {
    absl::SleepFor(absl::Milliseconds(delay->number));
  }
}

void SetHeaderFaults(const ServiceContext& context, std::string_view subject,
                     httplib::Response& response) {
  const auto header = context.faults->Take(FaultKind::kHeader, subject);
  if (!header.has_value()) return;
  const std::string text =
      PercentDecode(header->detail).value_or(header->detail);
  const size_t colon = text.find(':');
  if (colon == text.npos) return;
  const std::string name = text.substr(0, colon);
  response.headers.erase(name);
  response.headers.emplace(name, text.substr(colon + 1));
}

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
  if (const auto body = context.faults->Take(FaultKind::kBody, subject)) {
    ForgetRanges(request);
    AnswerWithOddBody(static_cast<int>(body->number), body->detail, response);
    return true;
  }
  if (const auto redirect =
          context.faults->Take(FaultKind::kRedirect, subject)) {
    const auto port = static_cast<int>(redirect->number);
    const std::string origin =
        !redirect->detail.empty()
            ? absl::StrCat("http://", redirect->detail, ":", port)
        : port == 0 ? ""
                    : OtherOrigin(request, port);
    response.set_redirect(absl::StrCat(origin, request.path));
    return true;
  }
  return false;
}

void AddBodyFaults(const ServiceContext& context, std::string_view subject,
                   const httplib::Request& request, SendOptions& options) {
  options.bytes_per_second = context.bytes_per_second;
  const auto number = [&](FaultKind kind) -> std::optional<uint64_t> {
    const auto hit = context.faults->Take(kind, subject);
    if (!hit.has_value()) return std::nullopt;
    return hit->number;
  };
  options.announce = number(FaultKind::kSize);
  if (request.method != "GET") return;
  options.endless = number(FaultKind::kEndless).has_value();
  options.cut_after = number(FaultKind::kCut);
  options.corrupt_at = number(FaultKind::kCorrupt);
  options.shorten_to = number(FaultKind::kShorten);
  options.lengthen_by = number(FaultKind::kLengthen).value_or(0);
  if (const auto rate = number(FaultKind::kDrip)) {
    options.bytes_per_second = *rate;
  }
}

}  // namespace kso::upstream
