// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/builds/log_view.h"

#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A task that is being done, and the step that its worker is at.
v1::WatchBuildResponse At(const std::string& step,
                          const std::string& host = "") {
  v1::WatchBuildResponse response;
  v1::ActiveTask* task = response.mutable_build()->add_active();
  task->set_task_id("b1/7");
  task->set_name("kubelet");
  task->set_worker("build-2");
  task->set_activity(step);
  task->set_host(host);
  return response;
}

class LogViewTest : public ::testing::Test {
 protected:
  std::string Shown(LogView& view, const v1::WatchBuildResponse& response) {
    out_.str("");
    view.Update(response);
    return out_.str();
  }

  std::ostringstream out_;
};

TEST_F(LogViewTest, StepsAreShownOfOneTaskOnly) {
  LogView all(&out_, {}, /*json_lines=*/false);
  EXPECT_EQ(Shown(all, At("fetching")), "");
  LogView one(&out_, {.task = "kubelet"}, /*json_lines=*/false);
  EXPECT_THAT(Shown(one, At("fetching")),
              HasSubstr("  build-2: kubelet: fetching\n"));
  LogView other(&out_, {.task = "etcd"}, /*json_lines=*/false);
  EXPECT_EQ(Shown(other, At("fetching")), "");
}

TEST_F(LogViewTest, AStepIsShownOnceAndTheNextOneToo) {
  LogView view(&out_, {.task = "kubelet"}, /*json_lines=*/false);
  EXPECT_EQ(Shown(view, At("")), "");
  EXPECT_THAT(Shown(view, At("fetching", "dl.k8s.io")),
              HasSubstr("kubelet: fetching (dl.k8s.io)\n"));
  EXPECT_EQ(Shown(view, At("fetching", "dl.k8s.io")), "");
  EXPECT_THAT(Shown(view, At("packing")), HasSubstr("kubelet: packing\n"));
  EXPECT_THAT(Shown(view, At("fetching")), HasSubstr("kubelet: fetching\n"));
}

TEST_F(LogViewTest, JsonLinesAreOfTheSameThings) {
  LogView view(&out_, {.task = "kubelet"}, /*json_lines=*/true);
  EXPECT_THAT(Shown(view, At("fetching")),
              AllOf(HasSubstr("\"type\":\"activeTask\""),
                    HasSubstr("\"activity\":\"fetching\"")));
  EXPECT_EQ(Shown(view, At("fetching")), "");
  v1::WatchBuildResponse events;
  events.add_events()->set_text("kubelet is made");
  events.mutable_events(0)->set_task_id("b1/7");
  events.add_events()->set_text("etcd is made");
  events.mutable_events(1)->set_task_id("b1/8");
  EXPECT_THAT(Shown(view, events),
              AllOf(HasSubstr("\"type\":\"event\""),
                    HasSubstr("kubelet is made"), Not(HasSubstr("etcd"))));
}

TEST_F(LogViewTest, NoticesAreLinesOfTheSameKind) {
  LogView text(&out_, {}, /*json_lines=*/false);
  text.Notice("The coordinator is back.");
  EXPECT_EQ(out_.str(), "The coordinator is back.\n");
  out_.str("");
  LogView json(&out_, {}, /*json_lines=*/true);
  json.Notice("The coordinator is back.");
  EXPECT_THAT(out_.str(), HasSubstr("{\"type\":\"notice\""));
}

}  // namespace
}  // namespace kso::cli
