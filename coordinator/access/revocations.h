// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_REVOCATIONS_H_
#define KSO_COORDINATOR_ACCESS_REVOCATIONS_H_

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/pki/revocation_list.h"
#include "common/run/clock.h"

namespace kso::coordinator {

// The revoked certificates of `kso-coordinator --revoked FILE`. The file is
// read again within seconds of a change. What cannot be read or understood
// later is told in the log, and the last list stays in force: a slip of an
// editor lets nobody in again. Thread safe.
class Revocations {
 public:
  static constexpr absl::Duration kInterval = absl::Seconds(2);

  // Reads the file, and begins to watch it. The error of a file that is not
  // there or not a list names it. `clock` must outlive the object.
  static absl::StatusOr<std::unique_ptr<Revocations>> Open(
      std::filesystem::path file, Clock* clock);
  ~Revocations();
  Revocations(const Revocations&) = delete;
  Revocations& operator=(const Revocations&) = delete;

  // UNAUTHENTICATED, with the reason, for an identity or a certificate (in PEM)
  // that is revoked. Never waits for the disk.
  absl::Status Check(std::string_view identity,
                     std::string_view certificate) const;

  // Reads the file and, where it has changed, takes it. The watch does so by
  // itself. An error leaves the last list in force.
  absl::Status Refresh();

 private:
  using List = std::shared_ptr<const pki::RevocationList>;

  Revocations(std::filesystem::path file, Clock* clock)
      : file_(std::move(file)), clock_(*clock) {}

  void Run();

  const std::filesystem::path file_;
  Clock& clock_;
  // The last warning of the watch.
  std::string told_;
  mutable absl::Mutex mutex_;
  std::string text_ ABSL_GUARDED_BY(mutex_);
  List list_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_REVOCATIONS_H_
