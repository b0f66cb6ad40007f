// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/certificate_watch.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/files/small_file.h"
#include "common/pki/authority.h"
#include "common/pki/keys.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/temp_directory.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CertificateWatchTest : public ::testing::Test {
 protected:
  void Renew() {
    const auto root = pki::Authority::CreateRoot("farm", clock_.Now());
    const auto key = pki::PrivateKey::Generate();
    const auto certificate = root->IssueServer(
        key->public_key(), {.name = "coordinator", .hosts = {"farm.example"}},
        clock_.Now());
    ASSERT_TRUE(certificate.ok()) << certificate.status();
    ASSERT_TRUE(
        ReplaceSmallFile(file_, *certificate->ToPem(), kPublicFileMode).ok());
  }
  // The warnings since the last time, once the watch waits again.
  std::vector<std::string> Warnings() {
    clock_.AwaitWaiters(1);
    absl::MutexLock lock(&mutex_);
    return std::exchange(warnings_, {});
  }
  void StartWatch() {
    auto watch = CertificateWatch::Start(
        {file_},
        [this](const std::string& warning) {
          absl::MutexLock lock(&mutex_);
          warnings_.push_back(warning);
        },
        &clock_);
    ASSERT_TRUE(watch.ok()) << watch.status();
    watch_ = *std::move(watch);
  }

  kso::testing::FakeClock clock_;
  const kso::testing::TempDirectory temp_;
  const std::filesystem::path file_ = temp_.path() / "coordinator.crt";
  absl::Mutex mutex_;
  std::vector<std::string> warnings_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<CertificateWatch> watch_;
};

TEST_F(CertificateWatchTest, ACertificateThatLastsIsNoNews) {
  Renew();
  StartWatch();
  EXPECT_THAT(Warnings(), IsEmpty());
}

TEST_F(CertificateWatchTest, WarnsInTheLastTwoWeeks) {
  Renew();
  clock_.Advance(absl::Hours(24 * 80));
  StartWatch();
  EXPECT_THAT(Warnings(), ElementsAre(HasSubstr("expires in 10 days")));
}

TEST_F(CertificateWatchTest, SaysWhatHasExpiredAndWhatCannotBeRead) {
  StartWatch();
  EXPECT_THAT(Warnings(), ElementsAre(HasSubstr("cannot read")));
  watch_.reset();
  Renew();
  clock_.Advance(absl::Hours(24 * 91));
  StartWatch();
  EXPECT_THAT(Warnings(), ElementsAre(HasSubstr("has expired")));
}

}  // namespace
}  // namespace kso::coordinator
