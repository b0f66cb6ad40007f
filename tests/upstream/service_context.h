// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_SERVICE_CONTEXT_H_
#define KSO_TESTS_UPSTREAM_SERVICE_CONTEXT_H_

#include <httplib.h>

#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "tests/upstream/catalog.h"
#include "tests/upstream/faults.h"
#include "tests/upstream/stats.h"

namespace kso::upstream {

// The parts that the services share. Constant while they serve, but for faults
// and statistics, which are thread safe.
struct ServiceContext {
  Catalog catalog;
  std::string key;  // signs tokens and URLs
  absl::Duration token_lifetime = absl::Seconds(300);
  uint64_t bytes_per_second = 0;
  std::function<absl::Time()> now;
  // GETs of manifests in each window; 0 is no limit.
  int pull_limit = 0;
  absl::Duration pull_window = absl::Hours(6);
  int cdn_port = 0;
  int blob_port = 0;
  Faults* faults = nullptr;
  Stats* stats = nullptr;
};

// An origin of this upstream on another port, under the name by which the
// client knows it.
std::string OtherOrigin(const httplib::Request& request, int port);

// The same for storage, which has a name of its own: 127.0.0.1 for clients that
// know this upstream as localhost. Some send their logins on to another port of
// the same name.
std::string StorageOrigin(const httplib::Request& request, int port);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_SERVICE_CONTEXT_H_
