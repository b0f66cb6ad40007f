// SPDX-License-Identifier: Apache-2.0
#include "cli/render/build_metrics.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cli/render/build_text.h"
#include "common/base/proto_time.h"

namespace kso::cli {
namespace {

// Labels here are ids, tags and words of kso, which need no escapes.
class Metrics {
 public:
  void Gauge(absl::string_view name, absl::string_view help) {
    absl::StrAppend(&text_, "# HELP ", name, " ", help, "\n# TYPE ", name,
                    " gauge\n");
  }
  void Value(absl::string_view name, absl::string_view labels, double value) {
    // Digits for times in seconds and for bytes; absl::StrCat has six.
    absl::StrAppendFormat(&text_, "%s{%s} %.15g\n", name, labels, value);
  }

  std::string text() const { return text_; }

 private:
  std::string text_;
};

std::string Label(absl::string_view name, absl::string_view value) {
  return absl::StrCat(name, "=\"", value, "\"");
}

}  // namespace

std::string BuildMetrics(const v1::Build& build) {
  const std::string release = Label("release", build.name());
  Metrics metrics;
  metrics.Gauge("kso_last_build_succeeded",
                "Whether the last build of a release succeeded.");
  metrics.Value("kso_last_build_succeeded", release,
                build.state() == v1::Build::SUCCEEDED ? 1 : 0);
  metrics.Gauge("kso_last_build_end_timestamp_seconds", "When it ended.");
  metrics.Value("kso_last_build_end_timestamp_seconds", release,
                static_cast<double>(build.ended().seconds()));
  metrics.Gauge("kso_last_build_duration_seconds",
                "Time from its submission to its end.");
  metrics.Value("kso_last_build_duration_seconds", release,
                absl::ToDoubleSeconds(FromProto(build.ended()) -
                                      FromProto(build.created())));
  metrics.Gauge("kso_last_build_phase_duration_seconds",
                "Time that each of its phases took.");
  for (const v1::PhaseProgress& phase : build.progress()) {
    if (!phase.has_took()) continue;
    metrics.Value(
        "kso_last_build_phase_duration_seconds",
        absl::StrCat(release, ",", Label("phase", PhaseName(phase.phase()))),
        absl::ToDoubleSeconds(FromProto(phase.took())));
  }
  metrics.Gauge("kso_last_build_bytes", "Bytes that it moved.");
  for (const auto& [direction, bytes] :
       {std::pair<absl::string_view, int64_t>{"fetched", build.bytes_fetched()},
        {"pushed", build.bytes_pushed()}}) {
    metrics.Value("kso_last_build_bytes",
                  absl::StrCat(release, ",", Label("direction", direction)),
                  static_cast<double>(bytes));
  }
  metrics.Gauge("kso_last_build_failures", "Failures that ended it.");
  metrics.Value("kso_last_build_failures", release, build.failures_size());
  return metrics.text();
}

}  // namespace kso::cli
