// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FUZZ_ODD_TRANSPORT_H_
#define KSO_TESTS_FUZZ_ODD_TRANSPORT_H_

#include "common/http/transport.h"
#include "tests/fuzz/input.h"

namespace kso::fuzz {

// Answers each request as the input decides: any status, headers that mean
// something to somebody, with values that may mean nothing, and any body. Reads
// the bodies of requests. Not thread safe.
class OddTransport : public http::Transport {
 public:
  // `input` must outlive it.
  explicit OddTransport(Input* input) : input_(*input) {}

  absl::StatusOr<http::Response> Perform(const http::Request& request,
                                         size_t max_body) override;
  absl::StatusOr<http::Response> Download(const http::Request& request,
                                          ByteSink& sink,
                                          OnResponse on_response) override;

  int requests() const { return requests_; }

 private:
  // An answer with its body, or the error that there was none.
  absl::StatusOr<http::Response> Answer(const http::Request& request);

  Input& input_;
  int requests_ = 0;
};

}  // namespace kso::fuzz

#endif  // KSO_TESTS_FUZZ_ODD_TRANSPORT_H_
