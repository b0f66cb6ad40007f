// SPDX-License-Identifier: Apache-2.0
#include "cli/render/progress_lines.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/render/text.h"
#include "common/base/proto_time.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace kso::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kBegin = absl::FromUnixSeconds(1700000000);

v1::Build RunningBuild() {
  v1::Build build;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(
        build_id: "20240131-120405-5d9e03fa"
        name: "v0.1.0-2.25.1"
        state: RUNNING
        phase: LAYERS
        created { seconds: 1700000000 }
        progress {
          phase: RESOLVE
          total: 104
          done: 104
          took { seconds: 4 }
        }
        progress {
          phase: CHECK
          total: 1
          done: 1
          took { seconds: 1 }
        }
        progress {
          phase: LAYERS
          total: 58
          done: 29
          running: 2
          failed: 0
          bytes_total: 4294967296
          bytes_done: 1073741824
          took { seconds: 30 }
        }
        progress { phase: ASSEMBLE total: 1 }
        progress { phase: VERIFY }
        progress { phase: TAG total: 1 }
        bytes_fetched: 1048576
        active {
          task_id: "1"
          name: "layer kubespray-files: kubelet amd64"
          phase: LAYERS
          worker: "build-1"
          activity: "fetching kubelet"
          host: "dl.k8s.io"
          bytes_fetched: 12582912
          bytes_expected: 104857600
          started { seconds: 1700000000 }
          reported { seconds: 1700000030 }
        }
        active {
          task_id: "2"
          name: "layer kubespray-images: etcd"
          phase: LAYERS
          worker: "build-2"
          started { seconds: 1700000028 }
          bytes_expected: 1048576
        }
        waiting: "verify linux/arm64: no arm64 worker"
      )pb",
      &build));
  return build;
}

// The model of the build after two looks at it, two seconds apart.
ProgressModel Watched(v1::Build build = RunningBuild()) {
  ProgressModel model;
  model.Update(build, kBegin + absl::Seconds(30));
  for (v1::PhaseProgress& phase : *build.mutable_progress()) {
    if (phase.phase() != build.phase() || phase.bytes_total() == 0) continue;
    phase.set_bytes_done(phase.bytes_done() + (32 << 20));
  }
  for (v1::ActiveTask& task : *build.mutable_active()) {
    if (!task.has_reported()) continue;
    task.set_bytes_fetched(task.bytes_fetched() + (20 << 20));
    *task.mutable_reported() =
        ToProto(FromProto(task.reported()) + absl::Seconds(2));
  }
  model.Update(build, kBegin + absl::Seconds(32));
  return model;
}

std::string Screen(const ProgressModel& model, ScreenSize size = {80, 24}) {
  return absl::StrJoin(ProgressLines(model, size, kBegin + absl::Seconds(32),
                                     absl::UTCTimeZone()),
                       "", [](std::string* out, const TintedLine& line) {
                         absl::StrAppend(out, line.text, "\n");
                       });
}

TEST(ProgressLines, ShowABuildIn80Columns) {
  EXPECT_EQ(
      Screen(Watched()),
      "Build 20240131-120405-5d9e03fa of v0.1.0-2.25.1, 32s\n"
      "resolve  [====================] 104/104   4.0s\n"
      "check    [====================] 1/1       1.0s\n"
      "layers   [=====>              ] 29/58     1.0/4.0 GiB       30s 2 "
      "running\n"
      "assemble [                    ] 0/1\n"
      "verify   -\n"
      "tag      [                    ] 0/1\n"
      "fetched 33.0 MiB, pushed 0 B; 1.0 MiB/s\n"
      "layers ends in about 3m 10s, at 22:17:02\n"
      "slowest host: dl.k8s.io, 1.0 MiB/s for 1 task\n"
      "build-1: 1 task, 1.0 MiB/s\n"
      "  fetching kubelet              [==>     ] 32.0/100.0 MiB  1.0 MiB/s    "
      "1m 8s\n"
      "build-2: 1 task\n"
      "  layer kubespray-images: etcd  [        ] 0 B/1.0 MiB                  "
      "4.0s\n"
      "waiting: verify linux/arm64: no arm64 worker\n");
}

TEST(ProgressLines, SayIn80ColumnsWhatHasFailed) {
  v1::Build build = RunningBuild();
  build.set_phase(v1::VERIFY);
  for (v1::PhaseProgress& phase : *build.mutable_progress()) {
    if (phase.phase() != v1::VERIFY) continue;
    phase.set_total(6);
    phase.set_running(2);
    phase.set_failed(1);
    phase.set_bytes_done(178'000);
    phase.set_bytes_total(53'000'000);
    phase.mutable_took()->set_seconds(610);
  }
  EXPECT_THAT(Screen(Watched(build)), HasSubstr("2 running, 1 failed\n"));
  // Bars stand below each other.
  EXPECT_THAT(Screen(Watched(build)), HasSubstr("resolve  [============] 104"));
}

TEST(ProgressLines, FitWhateverTheTerminalIs) {
  v1::Build build = RunningBuild();
  for (int i = 0; i < 60; ++i) {
    v1::ActiveTask& task = *build.add_active();
    task = build.active(0);
    task.set_task_id(absl::StrCat("more-", i));
    task.set_worker(absl::StrCat("a-worker-with-a-long-name-", i % 17));
    task.set_activity(std::string(200, 'x'));
    build.add_waiting(std::string(300, 'y'));
  }
  const ProgressModel model = Watched(build);
  for (const int columns : {20, 40, 59, 60, 80, 132, 400}) {
    for (const int rows : {1, 5, 12, 24, 50, 200}) {
      const std::vector<TintedLine> lines =
          ProgressLines(model, {columns, rows}, kBegin, absl::UTCTimeZone());
      EXPECT_LE(lines.size(), static_cast<size_t>(std::max(rows - 1, 1)));
      for (const TintedLine& line : lines) {
        EXPECT_LE(line.text.size(),
                  static_cast<size_t>(std::max(columns - 1, 20)))
            << line.text;
      }
    }
  }
  // Where there is no room for tasks there is one line for each worker, and
  // what does not fit is counted.
  EXPECT_THAT(Screen(model, {80, 24}), HasSubstr("more workers\n"));
  EXPECT_THAT(Screen(model, {80, 50}), Not(HasSubstr("more workers")));
  EXPECT_THAT(Screen(model, {80, 50}), Not(HasSubstr("xxx")));
  EXPECT_THAT(Screen(model, {80, 200}), HasSubstr("xxx"));
  EXPECT_THAT(Screen(model), HasSubstr("more reasons\n"));
}

TEST(ProgressLines, FitInWhateverLanguageOthersSpeak) {
  v1::Build build = RunningBuild();
  std::string long_text;
  for (int i = 0; i < 100; ++i) long_text += "镜像";
  build.mutable_active(0)->set_activity(long_text);
  build.set_waiting(0, long_text);
  for (const int columns : {40, 60, 80}) {
    for (const TintedLine& line : ProgressLines(Watched(build), {columns, 24},
                                                kBegin, absl::UTCTimeZone())) {
      EXPECT_LT(ColumnsOf(line.text), static_cast<size_t>(columns))
          << line.text;
    }
  }
}

TEST(ProgressLines, AreNoPlaceForOthersToSpeakToTheTerminal) {
  v1::Build build = RunningBuild();
  build.set_name("v1\x1b[31m");
  build.mutable_active(0)->set_activity("\x1b]0;title\x07");
  build.mutable_active(0)->set_worker("\x1b[2J");
  build.mutable_active(0)->set_host("\x1b[2J");
  EXPECT_THAT(Screen(Watched(build)), Not(HasSubstr("\x1b")));
}

TEST(ProgressLines, SayNothingThatNobodyKnows) {
  v1::Build build = RunningBuild();
  build.clear_active();
  build.clear_waiting();
  ProgressModel model;
  model.Update(build, kBegin);
  const std::string screen = Screen(model);
  EXPECT_THAT(screen, HasSubstr("fetched 1.0 MiB, pushed 0 B\n"));
  EXPECT_THAT(screen, Not(HasSubstr("ends in")));
  EXPECT_THAT(screen, Not(HasSubstr("slowest")));
  // The plan's estimate serves where nothing was measured.
  build.mutable_plan()->mutable_estimated_time()->set_seconds(90);
  model.Update(build, kBegin + absl::Seconds(1));
  EXPECT_THAT(Screen(model), HasSubstr("layers ends in about 1m 0s, at "));
  // A build that has just been submitted has no phase.
  ProgressModel submitted;
  submitted.Update(v1::Build(), kBegin);
  EXPECT_THAT(Screen(submitted), HasSubstr("Build "));
}

TEST(ProgressModel, ATaskOnAnotherWorkerBeginsAnew) {
  v1::Build build = RunningBuild();
  ProgressModel model = Watched(build);
  build.mutable_active(0)->set_bytes_fetched(0);
  *build.mutable_active(0)->mutable_reported() =
      ToProto(kBegin + absl::Seconds(60));
  model.Update(build, kBegin + absl::Seconds(60));
  EXPECT_FALSE(model.RateOf(build.active(0)).has_value());
}

TEST(ProgressModel, NamesTheHostThatGivesTheLeastToATask) {
  v1::Build build = RunningBuild();
  for (const auto& [id, host, bytes] :
       {std::tuple("3", "quay.io", 10 << 20),
        std::tuple("4", "quay.io", 30 << 20),
        std::tuple("5", "slow.example.com", 15 << 20)}) {
    v1::ActiveTask& task = *build.add_active();
    task = build.active(0);
    task.set_task_id(id);
    task.set_host(host);
    task.set_bytes_fetched(bytes);
  }
  build.mutable_active(0)->set_bytes_fetched(100 << 20);
  ProgressModel model;
  model.Update(build, kBegin + absl::Seconds(30));
  ASSERT_TRUE(model.SlowestHost().has_value());
  EXPECT_EQ(model.SlowestHost()->host, "slow.example.com");
  EXPECT_EQ(model.SlowestHost()->tasks, 1);
}

}  // namespace
}  // namespace kso::cli
