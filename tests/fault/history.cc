// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/history.h"

#include "tests/fault/farm_model.h"

namespace kso::testing {
namespace {

constexpr absl::Duration kBadTimes = absl::Minutes(6);
// Far more time than the rest can take, retries and quarantines included.
constexpr absl::Duration kGoodTimes = absl::Hours(6);

}  // namespace

HistoryReport RunHistory(const HistoryOptions& options) {
  FarmModel farm(options);
  const auto broken = [&farm] { return !farm.findings().broken().empty(); };
  farm.Begin();
  farm.loop().Run(farm.loop().now() + kBadTimes, broken);
  if (!broken()) {
    farm.Mend();
    farm.loop().Run(farm.loop().now() + kGoodTimes,
                    [&] { return broken() || farm.AllIsDone(); });
  }
  if (!broken()) farm.CheckTheEnd();
  return farm.Report();
}

}  // namespace kso::testing
