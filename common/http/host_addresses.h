// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_HOST_ADDRESSES_H_
#define KSO_COMMON_HTTP_HOST_ADDRESSES_H_

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace kso::http {

// Returns the addresses of a host's name, as text; none where this machine does
// not know it.
using ResolveName =
    std::function<std::vector<std::string>(const std::string& name)>;

// By the resolver of this machine.
std::vector<std::string> ResolveByThisMachine(const std::string& name);

// The addresses of hosts as this machine knows them, remembered for a minute.
// May be called from any thread.
class HostAddresses {
 public:
  explicit HostAddresses(ResolveName resolve) : resolve_(std::move(resolve)) {}

  // The addresses of `host`, "HOST[:PORT]".
  std::vector<std::string> Of(const std::string& host);

 private:
  struct Known {
    std::vector<std::string> addresses;
    std::chrono::steady_clock::time_point until;
  };

  const ResolveName resolve_;
  absl::Mutex mutex_;
  std::map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_HOST_ADDRESSES_H_
