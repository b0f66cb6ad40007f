// SPDX-License-Identifier: Apache-2.0
// The headers of an answer: ranges, validators, sizes, waits and quotas.

#include <string>

#include "absl/time/time.h"
#include "common/http/answer_error.h"
#include "common/http/byte_range.h"
#include "common/http/content_length.h"
#include "common/http/quota.h"
#include "common/http/retry_after.h"
#include "common/http/transport.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"
#include "worker/fetch/http_answer.h"
#include "worker/task/failure.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  constexpr const char* kNames[] = {
      "Content-Range", "Content-Length",      "Retry-After",
      "ETag",          "Last-Modified",       "ratelimit-limit",
      "Link",          "ratelimit-remaining", "Docker-Content-Digest"};
  constexpr int kStatuses[] = {200, 206, 304, 401, 403, 404, 408,
                               413, 416, 429, 500, 502, 503, 0};
  fuzz::Input input(data, size);
  http::Response response;
  response.status = input.Pick(kStatuses);
  if (response.status == 0) response.status = 100 + 2 * input.Byte();
  const http::ByteRange asked{input.Byte(), 1 + input.Byte()};
  const int64_t total = input.Number();
  while (!input.empty() && response.headers.size() < 20) {
    const char* const name = input.Pick(kNames);
    response.headers.emplace_back(name, std::string(input.Line()));
  }

  const http::ContentRange range = http::ParseContentRange(response);
  fuzz::Require(range.first >= -1 && range.last >= -1 && range.total >= -1,
                "a number of a range is -1 or a place");
  fuzz::RequireSaid(http::CheckRangeAnswer(response, asked, total),
                    "a refusal has a reason");
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  const auto wait = http::RetryAfter(response, now);
  fuzz::Require(!wait || (*wait >= absl::ZeroDuration() &&
                          *wait <= http::kLongestRetryAfter),
                "no host is left alone for longer than a day");
  fuzz::Require(!wait || response.status == 429 || response.status == 503,
                "a Retry-After is believed on 429 and 503 only");
  if (const auto quota = http::ParseQuota(response)) {
    fuzz::Require(quota->limit >= 0 && quota->remaining >= 0 &&
                      quota->window >= absl::ZeroDuration(),
                  "a quota is not negative");
  }
  for (const char* header : {"ETag", "Last-Modified"}) {
    fuzz::RequireShown(worker::ValidatorIn(response, header),
                       "a validator is text");
  }
  worker::IsStrongEtag(worker::ValidatorIn(response, "ETag"));
  worker::RangeValidator(response);
  fuzz::Require(worker::ContentLength(response) >= -1,
                "a size is -1 or a size");
  const absl::Status length = http::CheckContentLength(response);
  fuzz::RequireSaid(length, "a refusal has a reason");
  const absl::Status encoding = worker::CheckNotEncoded(
      response, "https://dl.example.com/a", "https://dl.example.com/a");
  fuzz::RequireSaid(encoding, "a refusal has a reason");
  fuzz::RequireShown({length.message().data(), length.message().size()},
                     "a reason can be shown");
  for (const absl::Status& status :
       {http::ErrorOfAnswer(response, "asking", now),
        worker::StatusOfAnswer(response, "https://dl.example.com/a", now)}) {
    if (status.ok()) continue;
    const v1::Failure failure = worker::ToFailure(status, "an item");
    fuzz::RequireShown(failure.reason(), "a reason can be shown");
    fuzz::Require(!failure.item().empty() && !failure.reason().empty(),
                  "a failure names its item and its reason");
    fuzz::Require(failure.retry_after().seconds() >= 0 &&
                      failure.retry_after().seconds() <= 86400,
                  "a failure waits for at most a day");
  }
  return 0;
}
