// SPDX-License-Identifier: Apache-2.0
#include "common/metrics/exposition.h"

#include <iterator>

#include "prometheus/metric_family.h"
#include "prometheus/text_serializer.h"

namespace kso::metrics {

std::string MetricsText(const Sources& sources) {
  std::vector<prometheus::MetricFamily> families;
  for (const auto& source : sources) {
    std::vector<prometheus::MetricFamily> collected = source->Collect();
    families.insert(families.end(), std::make_move_iterator(collected.begin()),
                    std::make_move_iterator(collected.end()));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace kso::metrics
