// SPDX-License-Identifier: Apache-2.0
#include "cli/render/progress.h"

#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

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
}

TEST(TerminalProgress, UpdatesInPlaceAndKeepsWarnings) {
  std::ostringstream out;
  const auto view = CreateTerminalProgress(&out, [] { return 80; });
  view->Update(Response("quiet"));
  EXPECT_THAT(out.str(), ::testing::Not(HasSubstr("quiet")));
  EXPECT_THAT(out.str(), HasSubstr("check     done\n"));
  EXPECT_THAT(out.str(), HasSubstr("layers    running\n"));
  out.str("");
  v1::WatchBuildResponse warning = Response("worker lost");
  warning.mutable_events(0)->set_level(v1::Event::WARNING);
  view->Update(warning);
  // Six phases and the line of bytes are taken off first.
  EXPECT_THAT(out.str(), ::testing::StartsWith("\x1b[7A\x1b[J"));
  EXPECT_THAT(out.str(), HasSubstr("warning: worker lost\n"));
}

}  // namespace
}  // namespace kso::cli
