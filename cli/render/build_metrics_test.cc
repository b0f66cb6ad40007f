// SPDX-License-Identifier: Apache-2.0
#include "cli/render/build_metrics.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::Build EndedBuild() {
  v1::Build build;
  build.set_name("v0.1.0-2.25.1");
  build.set_state(v1::Build::SUCCEEDED);
  build.mutable_created()->set_seconds(1'700'000'000);
  build.mutable_ended()->set_seconds(1'700'000'090);
  build.mutable_ended()->set_nanos(500'000'000);
  build.set_bytes_fetched(5'000'000'000);
  build.set_bytes_pushed(12);
  v1::PhaseProgress& phase = *build.add_progress();
  phase.set_phase(v1::LAYERS);
  phase.mutable_took()->set_seconds(80);
  build.add_progress()->set_phase(v1::TAG);
  return build;
}

TEST(BuildMetricsTest, ABuildIsSeenByPrometheus) {
  const std::string text = BuildMetrics(EndedBuild());
  for (const char* line :
       {"# TYPE kso_last_build_succeeded gauge\n",
        "\nkso_last_build_succeeded{release=\"v0.1.0-2.25.1\"} 1\n",
        "\nkso_last_build_end_timestamp_seconds{release=\"v0.1.0-2.25.1\"} "
        "1700000090\n",
        "\nkso_last_build_bytes{release=\"v0.1.0-2.25.1\","
        "direction=\"fetched\"} 5000000000\n",
        "\nkso_last_build_duration_seconds{release=\"v0.1.0-2.25.1\"} 90.5\n",
        "\nkso_last_build_phase_duration_seconds{release=\"v0.1.0-2.25.1\","
        "phase=\"layers\"} 80\n",
        "\nkso_last_build_bytes{release=\"v0.1.0-2.25.1\","
        "direction=\"pushed\"} 12\n",
        "\nkso_last_build_failures{release=\"v0.1.0-2.25.1\"} 0\n"}) {
    EXPECT_THAT("\n" + text, HasSubstr(line));
  }
  // A phase that was not reached took no time.
  EXPECT_THAT(text, Not(HasSubstr("phase=\"tag\"")));
}

TEST(BuildMetricsTest, AFailureIsSeen) {
  v1::Build build = EndedBuild();
  build.set_state(v1::Build::FAILED);
  build.add_failures();
  const std::string text = BuildMetrics(build);
  EXPECT_THAT(text, HasSubstr("kso_last_build_succeeded{release="
                              "\"v0.1.0-2.25.1\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("kso_last_build_failures{release="
                              "\"v0.1.0-2.25.1\"} 1\n"));
}

}  // namespace
}  // namespace kso::cli
