// SPDX-License-Identifier: Apache-2.0
#include "common/run/process_secrets.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace kso {

void KeepMemoryPrivate() {
  const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  // Lowering it, and this, are always allowed.
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

void KeepFilesPrivate() { umask(0077); }

}  // namespace kso
