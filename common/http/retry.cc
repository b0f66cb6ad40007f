// SPDX-License-Identifier: Apache-2.0
#include "common/http/retry.h"

#include <algorithm>
#include <utility>

#include "common/base/backoff.h"
#include "common/http/retry_after.h"

namespace kso::http {
namespace {

bool IsWorthAnotherTry(const absl::StatusOr<Response>& response) {
  if (!response.ok()) {
    return absl::IsUnavailable(response.status()) ||
           absl::IsDeadlineExceeded(response.status());
  }
  const int status = response->status;
  return status == 429 || status == 502 || status == 503 || status == 504;
}

class RetryingTransport : public Transport {
 public:
  RetryingTransport(std::unique_ptr<Transport> next, Clock* clock,
                    const RetryOptions& options)
      : next_(std::move(next)), clock_(clock), options_(options) {}

  absl::StatusOr<Response> Perform(const Request& request,
                                   size_t max_body) override {
    const bool repeatable = request.method == "GET" || request.method == "HEAD";
    Backoff backoff(options_.first_delay, options_.longest_delay);
    for (int attempt = 1;; ++attempt) {
      absl::StatusOr<Response> response = next_->Perform(request, max_body);
      if (!repeatable || attempt >= options_.attempts ||
          !IsWorthAnotherTry(response)) {
        return response;
      }
      absl::Duration delay = backoff.Next();
      if (response.ok()) {
        const std::optional<absl::Duration> asked =
            RetryAfter(*response, clock_->Now());
        if (asked && *asked > options_.longest_retry_after) return response;
        delay = std::max(delay, asked.value_or(absl::ZeroDuration()));
      }
      if (!SleepFor(clock_, delay, request.cancelled)) {
        return absl::CancelledError("cancelled between two tries");
      }
    }
  }

  absl::StatusOr<Response> Download(const Request& request, ByteSink& sink,
                                    OnResponse on_response) override {
    return next_->Download(request, sink, std::move(on_response));
  }

 private:
  const std::unique_ptr<Transport> next_;
  Clock* const clock_;
  const RetryOptions options_;
};

}  // namespace

std::unique_ptr<Transport> WithRetries(std::unique_ptr<Transport> next,
                                       Clock* clock,
                                       const RetryOptions& options) {
  return std::make_unique<RetryingTransport>(std::move(next), clock, options);
}

}  // namespace kso::http
