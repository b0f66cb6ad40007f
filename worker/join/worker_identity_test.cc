// SPDX-License-Identifier: Apache-2.0
#include "worker/join/worker_identity.h"

#include <sys/stat.h>

#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/access/role.h"
#include "common/files/small_file.h"
#include "common/pki/authority.h"
#include "common/pki/certificate_request.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/temp_directory.h"
#include "worker/join/certificate_renewal.h"

namespace kso::worker {
namespace {

template <typename T>
T Must(absl::StatusOr<T> value) {
  EXPECT_TRUE(value.ok()) << value.status();
  return *std::move(value);
}

// A coordinator that signs whatever it is asked for, unless told otherwise.
class FakeSigner : public CertificateSigner {
 public:
  explicit FakeSigner(const Clock* clock)
      : clock_(clock),
        root_(Must(pki::Authority::CreateRoot("farm", clock->Now()))) {}

  absl::StatusOr<std::string> Enroll(const std::string& token,
                                     const std::string& request) override {
    absl::MutexLock lock(&mutex_);
    token_ = token;
    return Sign(request);
  }
  absl::StatusOr<std::string> Renew(const std::string& request) override {
    absl::MutexLock lock(&mutex_);
    ++renewals_;
    return Sign(request);
  }

  void Answer(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    status_ = std::move(status);
  }
  // Whatever name is asked for.
  void SignAs(const std::string& name) {
    absl::MutexLock lock(&mutex_);
    name_ = name;
  }
  std::string token() const {
    absl::MutexLock lock(&mutex_);
    return token_;
  }
  int renewals() const {
    absl::MutexLock lock(&mutex_);
    return renewals_;
  }
  void AwaitRenewals(int count) const {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return renewals_ >= count;
    };
    mutex_.Await(absl::Condition(&enough));
  }

 private:
  absl::StatusOr<std::string> Sign(const std::string& text)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!status_.ok()) return status_;
    const pki::CertificateRequest request =
        Must(pki::ReadCertificateRequest(text));
    return root_.WithIssuers(Must(root_.IssueClient(
        request.key,
        {.identity = {.trust_domain = "farm",
                      .role = access::Role::kWork,
                      .name = name_.empty() ? request.name : name_},
         .life = absl::Hours(30)},
        clock_->Now())));
  }

  const Clock* const clock_;
  const pki::Authority root_;
  mutable absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::string name_ ABSL_GUARDED_BY(mutex_);
  std::string token_ ABSL_GUARDED_BY(mutex_);
  int renewals_ ABSL_GUARDED_BY(mutex_) = 0;
};

class WorkerIdentityTest : public ::testing::Test {
 protected:
  std::unique_ptr<WorkerIdentity> Open(const std::string& name = "box-1") {
    return Must(WorkerIdentity::Open(temp_.path() / "identity", name, &clock_));
  }
  std::string Content(const std::string& name) const {
    return ReadSmallFile(temp_.path() / "identity" / name, 1 << 20)
        .value_or("");
  }
  int ModeOf(const std::string& name) const {
    struct stat status{};
    const std::string path = (temp_.path() / "identity" / name).string();
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : -1;
  }

  kso::testing::FakeClock clock_;
  const kso::testing::TempDirectory temp_;
  FakeSigner signer_{&clock_};
};

TEST_F(WorkerIdentityTest, JoinsOnceAndKeepsWhatItGot) {
  const auto identity = Open();
  EXPECT_FALSE(identity->Joined());
  ASSERT_TRUE(identity->Join(signer_, "kso_join_1").ok());
  EXPECT_EQ(signer_.token(), "kso_join_1");
  EXPECT_TRUE(identity->Joined());
  EXPECT_TRUE(Open()->Joined());
  EXPECT_EQ(ModeOf("worker.key"), 0600);
  EXPECT_EQ(ModeOf("worker.crt"), 0600);
}

TEST_F(WorkerIdentityTest, KeepsItsKeyWhenJoiningWasInterrupted) {
  const auto identity = Open();
  const std::string key = Content("worker.key");
  signer_.Answer(absl::UnavailableError("the network is away"));
  EXPECT_TRUE(absl::IsUnavailable(identity->Join(signer_, "kso_join_1")));
  EXPECT_FALSE(Open()->Joined());
  EXPECT_EQ(Content("worker.key"), key);
}

TEST_F(WorkerIdentityTest, ACertificateOfAnotherNameIsNoIdentity) {
  const auto identity = Open();
  signer_.SignAs("box-2");
  EXPECT_FALSE(identity->Join(signer_, "kso_join_1").ok());
  EXPECT_EQ(Content("worker.crt"), "");
  signer_.SignAs("");
  ASSERT_TRUE(identity->Join(signer_, "kso_join_1").ok());
  EXPECT_FALSE(Open("box-2")->Joined());
}

TEST_F(WorkerIdentityTest, AnExpiredCertificateIsNoIdentity) {
  ASSERT_TRUE(Open()->Join(signer_, "kso_join_1").ok());
  clock_.Advance(absl::Hours(30));
  EXPECT_FALSE(Open()->Joined());
}

TEST_F(WorkerIdentityTest, ADamagedKeyIsNotReplacedInSilence) {
  Open();
  ASSERT_TRUE(
      ReplaceSmallFile(temp_.path() / "identity/worker.key", "junk", 0600)
          .ok());
  EXPECT_FALSE(
      WorkerIdentity::Open(temp_.path() / "identity", "box-1", &clock_).ok());
}

TEST_F(WorkerIdentityTest, RenewsAtTwoThirdsOfItsLife) {
  const auto identity = Open();
  ASSERT_TRUE(identity->Join(signer_, "kso_join_1").ok());
  EXPECT_EQ(identity->RenewAt(), clock_.Now() + absl::Hours(20));
  const std::string first = Content("worker.crt");
  const std::string key = Content("worker.key");
  const auto renewal =
      Must(CertificateRenewal::Start(identity.get(), &signer_, &clock_));
  clock_.AwaitWaiters(1);
  clock_.Advance(absl::Hours(20) - absl::Seconds(1));
  clock_.AwaitWaiters(1);
  EXPECT_EQ(signer_.renewals(), 0);
  clock_.Advance(absl::Seconds(1));
  signer_.AwaitRenewals(1);
  clock_.AwaitWaiters(1);
  EXPECT_NE(Content("worker.crt"), first);
  EXPECT_EQ(Content("worker.key"), key);
  // And the next one after another 20 hours.
  clock_.Advance(absl::Hours(20));
  signer_.AwaitRenewals(2);
}

TEST_F(WorkerIdentityTest, TriesAgainWhenTheCoordinatorIsAway) {
  const auto identity = Open();
  ASSERT_TRUE(identity->Join(signer_, "kso_join_1").ok());
  const std::string first = Content("worker.crt");
  signer_.Answer(absl::UnavailableError("the network is away"));
  const auto renewal =
      Must(CertificateRenewal::Start(identity.get(), &signer_, &clock_));
  clock_.AwaitWaiters(1);
  clock_.Advance(absl::Hours(20));
  signer_.AwaitRenewals(1);
  clock_.AwaitWaiters(1);
  EXPECT_EQ(Content("worker.crt"), first);
  signer_.Answer(absl::OkStatus());
  clock_.Advance(absl::Hours(1));
  signer_.AwaitRenewals(2);
  clock_.AwaitWaiters(1);
  EXPECT_NE(Content("worker.crt"), first);
}

}  // namespace
}  // namespace kso::worker
