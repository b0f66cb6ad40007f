// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_FAULTS_H_
#define KSO_TESTS_UPSTREAM_FAULTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace kso::upstream {

// The ways in which the stand-in can misbehave; most take a number.
enum class FaultKind {
  // Answers with the number as HTTP status.
  kFail,
  // Closes the connection after that many bytes of a body.
  kCut,
  // Sends that many bytes a second.
  kDrip,
  // Sends only that many bytes, and says that this is all.
  kShorten,
  // Announces that many bytes more than there are.
  kLengthen,
  // Changes the byte at that place.
  kCorrupt,
  // Redirects to that port of this host, or of the one that the detail names; 0
  // is to the same place again.
  kRedirect,
  // Sets a header; the detail is "NAME:VALUE", percent-coded.
  kHeader,
  // Answers with the number as HTTP status, and with the body that the detail
  // names (odd_body.h).
  kBody,
  // Is silent for that many milliseconds before it answers.
  kDelay,
  // Says that it has that many bytes, to HEAD and to GET.
  kSize,
  // Sends its bytes again and again, without end. HEAD says how many it has.
  kEndless,
  // Answers HEAD with 404 until somebody has asked GET.
  kHeadMissing,
  // Names a token service on another port of the host.
  kRealmElsewhere,
};

// Faults that tests ask for, each for what has some text in its subject: the
// file's URL, "REPOSITORY:TAG", "REPOSITORY@DIGEST" or a blob's digest.
// Thread safe.
class Faults {
 public:
  struct Hit {
    uint64_t number = 0;
    std::string detail;
  };

  // SUBSTRING=NUMBER[/DETAIL][*TIMES]: with TIMES the fault goes away.
  absl::Status Add(FaultKind kind, const std::string& text);

  // The fault that this request is to get, if any. Counts it as done.
  std::optional<Hit> Take(FaultKind kind, std::string_view subject);

 private:
  struct Fault {
    std::string substring;
    Hit hit;
    int64_t times = 0;
  };

  absl::Mutex mutex_;
  std::map<FaultKind, std::vector<Fault>> faults_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_FAULTS_H_
