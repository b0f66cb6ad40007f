// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_ID_RANGE_H_
#define KSO_WORKER_SANDBOX_ID_RANGE_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace kso::worker {

// User and group ids of this machine that the ids from 0 on of a container are:
// what escapes from it is nobody there.
struct IdRange {
  // The last 65536 ids that are positive as a signed number. Nobody is given
  // them: neither useradd(8), which makes /etc/subuid, nor systemd (its
  // UIDs-GIDs.md calls them unused).
  uint32_t first = 0x7fff0000;
  uint32_t count = 1 << 16;
};

// Reads "FIRST:COUNT", as /etc/subuid (subuid(5)) has it behind the name.
// INVALID_ARGUMENT for a range that is no range of ids, has ids of this
// machine's own users (below 65536), or has less than the 65536 ids that images
// use.
absl::StatusOr<IdRange> ParseIdRange(std::string_view text);

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_ID_RANGE_H_
