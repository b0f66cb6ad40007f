// SPDX-License-Identifier: Apache-2.0
#include "common/http/retry.h"

#include <algorithm>
#include <utility>

#include "common/base/status_notes.h"
#include "common/http/answer_error.h"
#include "common/run/cancellation.h"

namespace kso::http {
namespace {

// The error that a try ended with, or that its answer stands for; OK where
// there is none.
absl::Status OutcomeOf(const absl::StatusOr<Response>& response,
                       absl::Time now) {
  if (!response.ok()) return response.status();
  return response->status < 400 ? absl::OkStatus()
                                : ErrorOfAnswer(*response, "", now);
}

class RetryingTransport : public Transport {
 public:
  RetryingTransport(std::unique_ptr<Transport> next, Clock* clock,
                    const RetryOptions& options)
      : next_(std::move(next)), clock_(clock), options_(options) {}

  absl::StatusOr<Response> Perform(const Request& request,
                                   size_t max_body) override {
    const bool repeatable = request.method == "GET" || request.method == "HEAD";
    Backoff backoff(
        {.first = options_.first_delay, .longest = options_.longest_delay});
    for (int attempt = 1;; ++attempt) {
      absl::StatusOr<Response> response = next_->Perform(request, max_body);
      const absl::Status outcome = OutcomeOf(response, clock_->Now());
      const absl::Duration asked = RetryDelay(outcome);
      if (!repeatable || attempt >= options_.attempts ||
          !IsTransient(outcome) || asked > options_.longest_retry_after) {
        return response;
      }
      if (!SleepFor(clock_, std::max(backoff.Next(), asked),
                    request.transfer.stop)) {
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
