// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_CERTIFICATE_WATCH_H_
#define KSO_COORDINATOR_ACCESS_CERTIFICATE_WATCH_H_

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/run/clock.h"

namespace kso::coordinator {

// Warns, twice a day, of certificates in files that expire within two weeks:
// the coordinator's own are renewed by nobody but the operator, and a farm
// whose coordinator shows an expired one stands still. The files are read anew
// each time.
class CertificateWatch {
 public:
  using Warn = std::function<void(const std::string&)>;

  static constexpr absl::Duration kNotice = absl::Hours(24 * 14);
  static constexpr absl::Duration kInterval = absl::Hours(12);

  // `warn` is called on a thread of the watch. `clock` must outlive it.
  static absl::StatusOr<std::unique_ptr<CertificateWatch>> Start(
      std::vector<std::filesystem::path> files, Warn warn, Clock* clock);
  ~CertificateWatch();
  CertificateWatch(const CertificateWatch&) = delete;
  CertificateWatch& operator=(const CertificateWatch&) = delete;

 private:
  CertificateWatch(std::vector<std::filesystem::path> files, Warn warn,
                   Clock* clock)
      : files_(std::move(files)), warn_(std::move(warn)), clock_(*clock) {}

  void Run();
  void LookAt(const std::filesystem::path& file) const;

  const std::vector<std::filesystem::path> files_;
  const Warn warn_;
  Clock& clock_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_CERTIFICATE_WATCH_H_
