// SPDX-License-Identifier: Apache-2.0
#include "common/metrics/process_metrics.h"

#include <ctime>
#include <filesystem>
#include <iterator>
#include <map>
#include <string>

#include "common/metrics/exposition.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/metric_family.h"

namespace kso::metrics {
namespace {

std::map<std::string, double> Gauges(const prometheus::Collectable& source) {
  std::map<std::string, double> values;
  for (const prometheus::MetricFamily& family : source.Collect()) {
    values[family.name] = family.type == prometheus::MetricType::Counter
                              ? family.metric.at(0).counter.value
                              : family.metric.at(0).gauge.value;
  }
  return values;
}

TEST(ProcessMetricsTest, TellHowTheProcessIs) {
  const auto values = Gauges(*CreateProcessMetrics("kso-worker"));
  EXPECT_GT(values.at("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GE(values.at("process_open_fds"), 3);
  EXPECT_GE(values.at("process_threads"), 1);
  EXPECT_GE(values.at("process_virtual_memory_bytes"),
            values.at("process_resident_memory_bytes"));
  // This test was started just now, and the machine longer ago.
  EXPECT_NEAR(values.at("process_start_time_seconds"),
              static_cast<double>(std::time(nullptr)), 300);
  EXPECT_GE(values.at("process_cpu_seconds_total"), 0);
  EXPECT_GE(values.at("process_max_fds"), values.at("process_open_fds"));
}

TEST(ProcessMetricsTest, CountNoFileThatOnlyTheCountHasOpen) {
  using Files = std::filesystem::directory_iterator;
  // The iterator has one open, too.
  const auto open = std::distance(Files("/proc/self/fd"), Files()) - 1;
  const auto values = Gauges(*CreateProcessMetrics("kso-worker"));
  EXPECT_EQ(values.at("process_open_fds"), static_cast<double>(open));
}

TEST(ProcessMetricsTest, NameProgramAndVersion) {
  EXPECT_THAT(MetricsText({CreateProcessMetrics("kso-worker")}),
              ::testing::ContainsRegex(
                  "\nkso_build_info\\{program=\"kso-worker\",version=\"[0-9]"));
}

}  // namespace
}  // namespace kso::metrics
