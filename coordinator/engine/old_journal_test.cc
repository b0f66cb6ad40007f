// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "coordinator/store/sqlite_state_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/engine_fixture.h"

// Journals that earlier versions wrote are opened, and their builds go on.

namespace kso::coordinator {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

// Opens a copy of testdata/`name`.
class KeptJournalTest : public EngineTest {
 protected:
  explicit KeptJournalTest(const char* name) {
    engine_.reset();
    const std::filesystem::path directory =
        std::filesystem::path(::testing::TempDir()) / "state";
    std::filesystem::remove_all(directory);
    std::filesystem::copy(
        std::filesystem::path("coordinator/engine/testdata") / name, directory,
        std::filesystem::copy_options::recursive);
    for (const auto& file : std::filesystem::directory_iterator(directory)) {
      std::filesystem::permissions(file, std::filesystem::perms::owner_write,
                                   std::filesystem::perm_options::add);
    }
    auto store = OpenSqliteStateStore(directory);
    EXPECT_TRUE(store.ok()) << store.status();
    if (store.ok()) store_ = *std::move(store);
    actions_.HoldFinds();
    Restart();
  }
};

// testdata/journal-without-check was written on 2026-11-30, by a coordinator
// for which asking the destination was still a part of RESOLVE: b1 has
// succeeded, b2 has resolved everything and waits for the destination's answer,
// and b3 was cancelled while it did.
class OldJournalTest : public KeptJournalTest {
 protected:
  OldJournalTest() : KeptJournalTest("journal-without-check") {}
};

// testdata/journal-7c5e330 was written on 2026-11-30 by the programs of the
// day, in tests/upgrade/run --keep-journal: one build has succeeded.
class JournalOf7c5e330Test : public KeptJournalTest {
 protected:
  JournalOf7c5e330Test() : KeptJournalTest("journal-7c5e330") {}
};

TEST_F(JournalOf7c5e330Test, ItsBuildAndWhatIsRememberedOfItAreThere) {
  const v1::Build build = Get("20261130-214247-87a9bd3d");
  EXPECT_EQ(build.state(), v1::Build::SUCCEEDED);
  EXPECT_EQ(build.images_size(), 3);
  EXPECT_THAT(build.verifications(), Not(IsEmpty()));
  Answer<v1::ListReleasesResponse> releases;
  engine_->ListReleases({}, releases.Done());
  ASSERT_EQ(releases.Get()->releases_size(), 1);
  EXPECT_EQ(releases.Get()->releases(0).name(), "v0.1.0-2.25.1");
  EXPECT_GT(releases.Get()->releases(0).layers(), 0);
}

TEST_F(JournalOf7c5e330Test, ItIsWrittenOn) {
  ASSERT_TRUE(Submit("b1").ok());
  ScriptedWorker worker("w", "amd64", "s1");
  EXPECT_THAT(Sync(worker).leases(), Not(IsEmpty()));
  Restart();
  EXPECT_EQ(Get("b1").state(), v1::Build::RUNNING);
  EXPECT_EQ(Get("20261130-214247-87a9bd3d").state(), v1::Build::SUCCEEDED);
}

TEST_F(OldJournalTest, ABuildThatIsDoneStaysDone) {
  const v1::Build build = Get("b1");
  EXPECT_EQ(build.state(), v1::Build::SUCCEEDED);
  EXPECT_EQ(build.phase(), v1::TAG);
  EXPECT_THAT(build.progress(), Not(IsEmpty()));
  for (const v1::PhaseProgress& progress : build.progress()) {
    EXPECT_EQ(progress.done(), progress.total()) << progress.DebugString();
  }
}

TEST_F(OldJournalTest, ABuildThatWasAskingTheDestinationGoesOn) {
  EXPECT_EQ(Get("b2").phase(), v1::CHECK);
  EXPECT_THAT(actions_.EndFind().questions, Not(IsEmpty()));
  // Layers of files are made in another way now, so that it makes its own.
  ASSERT_EQ(Get("b2").phase(), v1::LAYERS);
  ScriptedWorker worker("w", "amd64", "s1");
  EXPECT_THAT(Sync(worker).leases(), Not(IsEmpty()));
}

TEST_F(OldJournalTest, ABuildThatWasCancelledWhileItAskedMayBeRetried) {
  EXPECT_EQ(Get("b3").state(), v1::Build::CANCELLED);
  EXPECT_EQ(Retry("b3")->phase(), v1::RESOLVE);
  ScriptedWorker worker("w", "amd64", "s1");
  EXPECT_THAT(Sync(worker).leases(), Not(IsEmpty()));
}

}  // namespace
}  // namespace kso::coordinator
