// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_FAULTY_UPSTREAM_H_
#define KSO_TESTS_FAULT_FAULTY_UPSTREAM_H_

#include <map>
#include <string>

#include "common/http/transport.h"
#include "tests/fault/dice.h"

namespace kso::testing {

// Hosts with files, in memory, and the wire to them. While there is trouble
// they answer 429 and 5xx, connections break in mid-body, bytes come wrong,
// ranges are ignored or are others than asked for. Not thread safe.
class FaultyUpstream : public http::Transport {
 public:
  explicit FaultyUpstream(Dice dice) : dice_(dice) {}

  void SetFile(const std::string& url, std::string content, std::string etag);
  const std::string& FileAt(const std::string& url) const {
    return files_.at(url).content;
  }

  // Sets the probability of a bad answer.
  void set_trouble(double trouble) { trouble_ = trouble; }
  // Tells whether trouble includes bytes that are not those of the file.
  void set_wrong_bytes(bool come) { wrong_bytes_ = come; }
  int64_t requests() const { return requests_; }

  absl::StatusOr<http::Response> Perform(const http::Request& request,
                                         size_t max_body) override;
  absl::StatusOr<http::Response> Download(const http::Request& request,
                                          ByteSink& sink,
                                          OnResponse on_response) override;

 private:
  struct File {
    std::string content;
    std::string etag;
  };

  bool Bad() { return dice_.Chance(trouble_); }
  // Makes the answer to a request, and its body.
  absl::StatusOr<http::Response> Answer(const http::Request& request,
                                        std::string& body);

  Dice dice_;
  double trouble_ = 0;
  bool wrong_bytes_ = false;
  int64_t requests_ = 0;
  std::map<std::string, File> files_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_FAULTY_UPSTREAM_H_
