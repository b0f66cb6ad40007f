// SPDX-License-Identifier: Apache-2.0
#include "cli/render/progress.h"

#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>

#include "absl/time/time.h"
#include "cli/render/tint.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace kso::cli {
namespace {

using ::testing::HasSubstr;

v1::WatchBuildResponse Response(const std::string& text) {
  v1::WatchBuildResponse response;
  response.add_events()->set_text(text);
  for (const v1::Phase phase : {v1::RESOLVE, v1::CHECK, v1::LAYERS,
                                v1::ASSEMBLE, v1::VERIFY, v1::TAG}) {
    response.mutable_build()->add_progress()->set_phase(phase);
  }
  response.mutable_build()->set_phase(v1::LAYERS);
  response.mutable_build()->set_state(v1::Build::RUNNING);
  return response;
}

TEST(PlainProgress, SaysEachReasonToWaitOnce) {
  std::ostringstream out;
  const auto view = CreatePlainProgress(&out);
  v1::WatchBuildResponse response = Response("fetched kubelet");
  response.mutable_build()->add_waiting("no arm64 worker for 3 tasks");
  view->Update(response);
  EXPECT_THAT(out.str(), ::testing::EndsWith("fetched kubelet\n"));
  out.str("");
  response.clear_events();
  view->Update(response);
  EXPECT_EQ(out.str(), "waiting: no arm64 worker for 3 tasks\n");
  response.mutable_build()->set_waiting(0, "no arm64 worker for 12 tasks");
  view->Update(response);
  EXPECT_EQ(out.str(), "waiting: no arm64 worker for 3 tasks\n");
  // A reason that comes and goes is no news.
  response.mutable_build()->clear_waiting();
  view->Update(response);
  response.mutable_build()->add_waiting("no arm64 worker for 5.5 tasks");
  view->Update(response);
  EXPECT_EQ(out.str(), "waiting: no arm64 worker for 3 tasks\n");
  response.mutable_build()->set_phase(v1::VERIFY);
  view->Update(response);
  EXPECT_EQ(out.str(),
            "waiting: no arm64 worker for 3 tasks\n"
            "waiting: no arm64 worker for 5.5 tasks\n");
}

class PlanProgressTest : public ::testing::Test {
 protected:
  // A warning of a plan that is in this phase.
  v1::WatchBuildResponse Warning(const std::string& text, v1::Phase phase) {
    v1::WatchBuildResponse response = Response(text);
    response.mutable_events(0)->set_level(v1::Event::WARNING);
    response.mutable_build()->set_plan_only(true);
    response.mutable_build()->set_phase(phase);
    return response;
  }

  std::ostringstream out_;
  const std::unique_ptr<ProgressView> view_ =
      CreatePlanProgress(CreatePlainProgress(&out_));
};

TEST_F(PlanProgressTest, AWarningThatThePlanEndsWithIsLeftOut) {
  view_->Update(Warning("r.example.com answers 429", v1::RESOLVE));
  view_->Update(Warning("planned as if empty: no route to host", v1::CHECK));
  v1::WatchBuildResponse last = Warning("a:1 is left out", v1::CHECK);
  last.mutable_build()->set_state(v1::Build::SUCCEEDED);
  last.mutable_build()->mutable_plan()->add_notes("a:1 is left out");
  last.mutable_build()->mutable_plan()->set_destination_problem(
      "no route to host");
  *last.add_events() = last.events(0);
  last.mutable_events(1)->set_text("worker build-1 is lost");
  view_->Update(last);
  view_->End();
  EXPECT_THAT(out_.str(), HasSubstr("warning: r.example.com answers 429\n"));
  EXPECT_THAT(out_.str(), HasSubstr("warning: worker build-1 is lost\n"));
  EXPECT_THAT(out_.str(), ::testing::Not(HasSubstr("left out")));
  EXPECT_THAT(out_.str(), ::testing::Not(HasSubstr("no route")));
}

TEST_F(PlanProgressTest, OfAPlanThatFailsAllWarningsAreShown) {
  v1::WatchBuildResponse last = Warning("a:1 is left out", v1::CHECK);
  last.mutable_build()->set_state(v1::Build::FAILED);
  last.mutable_build()->mutable_plan()->add_notes("a:1 is left out");
  view_->Update(last);
  view_->End();
  EXPECT_THAT(out_.str(), HasSubstr("warning: a:1 is left out\n"));
}

TEST_F(PlanProgressTest, OfABuildWarningsAreShownAtOnce) {
  v1::WatchBuildResponse response = Warning("a:1 is left out", v1::CHECK);
  response.mutable_build()->set_plan_only(false);
  response.mutable_build()->mutable_plan()->add_notes("a:1 is left out");
  view_->Update(response);
  EXPECT_THAT(out_.str(), HasSubstr("warning: a:1 is left out\n"));
}

class TerminalProgressTest : public ::testing::Test {
 protected:
  std::unique_ptr<ProgressView> View(bool color = false) {
    return CreateTerminalProgress(&out_, &clock_,
                                  {.size = [this] { return size_; },
                                   .color = color,
                                   .zone = absl::UTCTimeZone()});
  }

  kso::testing::FakeClock clock_;
  ScreenSize size_;
  std::ostringstream out_;
};

TEST_F(TerminalProgressTest, UpdatesInPlaceAndKeepsWarnings) {
  const auto view = View();
  view->Update(Response("quiet"));
  EXPECT_THAT(out_.str(), ::testing::Not(HasSubstr("quiet")));
  EXPECT_THAT(out_.str(), HasSubstr("check    done\n"));
  EXPECT_THAT(out_.str(), HasSubstr("layers   running\n"));
  out_.str("");
  v1::WatchBuildResponse warning = Response("worker lost");
  warning.mutable_events(0)->set_level(v1::Event::WARNING);
  view->Update(warning);
  // The title, six phases and the line of bytes are taken off first.
  EXPECT_THAT(out_.str(), ::testing::StartsWith("\x1b[8A\r\x1b[J"));
  EXPECT_THAT(out_.str(), HasSubstr("warning: worker lost\n"));
  out_.str("");
  view->End();
  EXPECT_EQ(out_.str(), "\x1b[8A\r\x1b[J");
  view->Notice("over");
  EXPECT_THAT(out_.str(), ::testing::EndsWith("over\n"));
}

TEST_F(TerminalProgressTest, SurvivesANarrowerTerminal) {
  const auto view = View();
  v1::WatchBuildResponse response = Response("x");
  response.mutable_build()->set_name(std::string(60, 'n'));
  view->Update(response);
  size_.columns = 30;
  out_.str("");
  view->Update(response);
  // The title has become three lines, the line of bytes stays one.
  EXPECT_THAT(out_.str(), ::testing::StartsWith("\x1b[10A\r\x1b[J"));
}

TEST_F(TerminalProgressTest, TakesOffNoMoreThanItDrew) {
  const auto view = View();
  v1::WatchBuildResponse response = Response("x");
  // 60 columns, and 90 bytes: one row.
  std::string name;
  for (int i = 0; i < 30; ++i) name += "镜";
  response.mutable_build()->set_name(name);
  view->Update(response);
  out_.str("");
  view->End();
  EXPECT_EQ(out_.str(), "\x1b[8A\r\x1b[J");
}

TEST_F(TerminalProgressTest, HasColoursWhereTheyAreWanted) {
  View(false)->Update(Response("x"));
  EXPECT_THAT(out_.str(), ::testing::Not(HasSubstr("\x1b[32m")));
  View(true)->Update(Response("x"));
  EXPECT_THAT(out_.str(), HasSubstr("\x1b[32mcheck    done\x1b[0m\n"));
}

TEST(WantsColor, HeedsTheEnvironment) {
  setenv("TERM", "xterm", 1);
  unsetenv("NO_COLOR");
  EXPECT_TRUE(WantsColor());
  setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(WantsColor());
  setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(WantsColor());
  setenv("TERM", "dumb", 1);
  EXPECT_FALSE(WantsColor());
}

}  // namespace
}  // namespace kso::cli
