#ifndef KSO_TESTS_UPSTREAM_FAULTS_H_
#define KSO_TESTS_UPSTREAM_FAULTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace kso::upstream {

// Faults that tests ask for, each for what has some text in its subject: the
// file's URL, "REPOSITORY:TAG", "REPOSITORY@DIGEST" or a blob's digest.
// Thread safe.
class Faults {
 public:
  // Both take SUBSTRING=NUMBER, or SUBSTRING=NUMBER*TIMES for a fault that goes
  // away. A failure answers with that HTTP status; a cut closes the connection
  // after that many bytes of a body.
  absl::Status AddFailure(const std::string& text);
  absl::Status AddCut(const std::string& text);

  // What to do to this request, if anything. Counts it as done.
  std::optional<int> TakeFailure(std::string_view subject);
  std::optional<uint64_t> TakeCut(std::string_view subject);

 private:
  struct Fault {
    std::string substring;
    uint64_t number = 0;
    int64_t times = 0;
  };

  static absl::Status Add(const std::string& text, std::vector<Fault>& faults);
  static std::optional<uint64_t> Take(std::string_view subject,
                                      std::vector<Fault>& faults);

  absl::Mutex mutex_;
  std::vector<Fault> failures_ ABSL_GUARDED_BY(mutex_);
  std::vector<Fault> cuts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_FAULTS_H_
