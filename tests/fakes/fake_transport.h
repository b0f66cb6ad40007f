// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_FAKE_TRANSPORT_H_
#define KSO_TESTS_FAKES_FAKE_TRANSPORT_H_

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/http/transport.h"

namespace kso::testing {

// One answer of a scripted host.
struct FakeAnswer {
  int status = 200;
  http::Headers headers = {};
  std::string body = {};
  // When not OK, the transfer ends with this after the body: a cut connection.
  absl::Status ending = absl::OkStatus();
};

// A Transport that answers from a script and remembers what it was asked.
// Follows no redirects. Thread safe.
class FakeTransport : public http::Transport {
 public:
  using Handler = std::function<FakeAnswer(const http::Request&)>;

  // Answers in the order in which they are given; the last one stays. What has
  // no answer ends with INTERNAL.
  void On(const std::string& method, const std::string& url, FakeAnswer answer);
  void On(const std::string& method, const std::string& url, Handler handler);

  // All requests, with bodies from sources read into `body`.
  std::vector<http::Request> requests() const;
  // Requests of that method and URL.
  int CountOf(const std::string& method, const std::string& url) const;

  absl::StatusOr<http::Response> Perform(const http::Request& request,
                                         size_t max_body = 4 << 20) override;
  absl::StatusOr<http::Response> Download(const http::Request& request,
                                          ByteSink& sink,
                                          OnResponse on_response = {}) override;

 private:
  absl::StatusOr<FakeAnswer> Answer(http::Request request);

  mutable absl::Mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::deque<Handler>> script_
      ABSL_GUARDED_BY(mutex_);
  std::vector<http::Request> requests_ ABSL_GUARDED_BY(mutex_);
};

// The value of a header of a request as it is sent, credentials and the range
// of its transfer included; empty if it has none.
std::string HeaderOf(const http::Request& request, const std::string& name);

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_FAKE_TRANSPORT_H_
