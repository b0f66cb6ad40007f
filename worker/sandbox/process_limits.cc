// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/process_limits.h"

#include <sys/resource.h>

namespace kso::worker {
namespace {

struct Limit {
  __rlimit_resource resource;
  rlim_t most;
};

constexpr Limit kLimits[] = {{RLIMIT_NPROC, 1024},
                             {RLIMIT_DATA, rlim_t{4} << 30},
                             {RLIMIT_NOFILE, 4096},
                             {RLIMIT_FSIZE, rlim_t{256} << 20},
                             {RLIMIT_CORE, 0}};

bool Lower(const Limit& limit) {
  rlimit now;
  if (getrlimit(limit.resource, &now) != 0) return false;
  const rlim_t most = limit.most < now.rlim_max ? limit.most : now.rlim_max;
  const rlimit lower = {.rlim_cur = most, .rlim_max = most};
  return setrlimit(limit.resource, &lower) == 0;
}

}  // namespace

bool LimitProcess() {
  for (const Limit& limit : kLimits) {
    if (!Lower(limit)) return false;
  }
  return true;
}

}  // namespace kso::worker
