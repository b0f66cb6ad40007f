// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/protocol_version.h"

#include "common/base/strings.h"

namespace kso::rpc {

absl::Status CheckProtocol(int theirs, std::string_view them,
                           std::string_view us, int ours) {
  // Without a sum, which a number from outside could overflow.
  const bool fits = theirs == ours || theirs == ours - 1 || theirs == ours + 1;
  if (fits) return absl::OkStatus();
  return absl::FailedPreconditionError(
      Concat(them, " speaks version ", theirs, " of the protocol, and ", us,
             " version ", ours,
             ": only versions that are one apart work "
             "together; upgrade ",
             theirs < ours ? them : us));
}

}  // namespace kso::rpc
