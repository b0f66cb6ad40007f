// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/find_blobs.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/bytes/digest.h"
#include "common/oci/login/access.h"
#include "coordinator/core/plan/plan_history.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// A registry that knows which repository has which blob, and nothing else.
class Repositories : public oci::ImageStore {
 public:
  void Add(const std::string& repository, const std::string& content) {
    absl::MutexLock lock(&mutex_);
    blobs_.emplace(repository, Sha256Of(content).ToString());
  }
  void Fail(const absl::Status& error) {
    absl::MutexLock lock(&mutex_);
    error_ = error;
  }
  // Denies questions for the repository, and answers a push of it so.
  void Deny(const std::string& repository, const absl::Status& push = {}) {
    absl::MutexLock lock(&mutex_);
    denied_.insert(repository);
    pushes_[repository] = push;
  }
  std::vector<std::string> checked() {
    absl::MutexLock lock(&mutex_);
    return checked_;
  }
  int mounts() {
    absl::MutexLock lock(&mutex_);
    return mounts_;
  }
  // How often it was asked for a blob.
  int questions() {
    absl::MutexLock lock(&mutex_);
    return questions_;
  }

  absl::StatusOr<bool> HasBlob(std::string_view repository,
                               const Digest& digest) override {
    absl::MutexLock lock(&mutex_);
    ++questions_;
    if (!error_.ok()) return error_;
    if (denied_.contains(std::string(repository))) {
      return oci::AsDenial(absl::PermissionDeniedError("DENIED"));
    }
    return blobs_.contains({std::string(repository), digest.ToString()});
  }
  absl::Status CheckPush(std::string_view repository) override {
    absl::MutexLock lock(&mutex_);
    checked_.emplace_back(repository);
    return pushes_[std::string(repository)];
  }
  absl::StatusOr<bool> MountBlob(std::string_view repository,
                                 const Digest& digest,
                                 std::string_view from) override {
    absl::MutexLock lock(&mutex_);
    if (!blobs_.contains({std::string(from), digest.ToString()})) return false;
    ++mounts_;
    blobs_.emplace(repository, digest.ToString());
    return true;
  }

  absl::StatusOr<int64_t> PutBlob(std::string_view, const v1::Descriptor&,
                                  const OpenSource&) override {
    return Unexpected();
  }
  absl::Status GetBlob(std::string_view, const v1::Descriptor&, ByteSink&,
                       int64_t) override {
    return Unexpected();
  }
  absl::StatusOr<v1::Descriptor> HeadManifest(std::string_view,
                                              std::string_view) override {
    return Unexpected();
  }
  absl::StatusOr<v1::Document> GetManifest(std::string_view,
                                           std::string_view) override {
    return Unexpected();
  }
  absl::Status PutManifest(std::string_view, const v1::Document&,
                           std::string_view) override {
    return Unexpected();
  }

 private:
  static absl::Status Unexpected() {
    return absl::InternalError("nobody should ask for that");
  }

  absl::Mutex mutex_;
  std::set<std::pair<std::string, std::string>> blobs_;
  absl::Status error_;
  std::set<std::string> denied_;
  std::map<std::string, absl::Status> pushes_;
  std::vector<std::string> checked_;
  int mounts_ = 0;
  int questions_ = 0;
};

BlobQuestion Question(const std::string& image, const std::string& content,
                      std::vector<std::string> elsewhere = {}) {
  BlobQuestion question;
  question.image = image;
  question.blob.set_digest(Sha256Of(content).ToString());
  question.elsewhere = std::move(elsewhere);
  return question;
}

std::string Name(const std::string& image, const std::string& content) {
  return BlobName(image, Sha256Of(content).ToString());
}

class FindBlobsTest : public ::testing::TestWithParam<int> {
 protected:
  FindBlobsTest() {
    request_.destination.set_kind(v1::Destination::REGISTRY);
    request_.destination.set_location("reg:5000/team");
  }
  absl::StatusOr<FindOutcome> Find() {
    return FindBlobs(store_, request_, GetParam());
  }

  Repositories store_;
  FindRequest request_;
};

TEST_P(FindBlobsTest, SaysWhatIsThere) {
  store_.Add("team/files", "a");
  store_.Add("team/images", "b");
  request_.questions = {Question("files", "a"), Question("files", "b"),
                        Question("images", "b"), Question("images", "c"),
                        Question("files", "a")};
  EXPECT_THAT(Find()->present,
              UnorderedElementsAre(Name("files", "a"), Name("images", "b")));
}

TEST_P(FindBlobsTest, TakesOverWhatAnotherRepositoryHas) {
  store_.Add("other/files", "a");
  request_.questions = {Question("files", "a", {"gone/files", "other/files"})};
  EXPECT_THAT(Find()->present, SizeIs(1));
  EXPECT_EQ(store_.mounts(), 0) << "a plan changes nothing";
  request_.mount = true;
  EXPECT_THAT(Find()->present, SizeIs(1));
  EXPECT_EQ(store_.mounts(), 1);
}

TEST_P(FindBlobsTest, ARepositoryIsAskedOnceForABlob) {
  request_.questions = {Question("files", "a", {"team/files", "other/files"})};
  EXPECT_THAT(Find()->present, IsEmpty());
  EXPECT_EQ(store_.questions(), 2);
}

TEST_P(FindBlobsTest, ADigestThatIsNoneIsNowhere) {
  request_.questions = {Question("files", "a")};
  request_.questions[0].blob.set_digest("../../etc/passwd");
  EXPECT_THAT(Find()->present, IsEmpty());
}

TEST_P(FindBlobsTest, SaysWhyItCannotAsk) {
  store_.Fail(absl::PermissionDeniedError("log in"));
  request_.questions = {Question("files", "a"), Question("files", "b")};
  EXPECT_EQ(Find().status().code(), absl::StatusCode::kPermissionDenied);
}

TEST_P(FindBlobsTest, WhatIsDeniedOfANewRepositoryIsNotThere) {
  store_.Add("team/images", "b");
  store_.Deny("team/files");
  request_.questions = {Question("files", "a"), Question("images", "b")};
  request_.mount = true;
  EXPECT_THAT(Find()->present, UnorderedElementsAre(Name("images", "b")));
  EXPECT_THAT(store_.checked(), UnorderedElementsAre("team/files"))
      << "where all is there, nothing is pushed";
}

TEST_P(FindBlobsTest, ADeniedPushIsSaidBeforeAnythingIsFetched) {
  store_.Deny("team/files",
              oci::AsDenial(absl::PermissionDeniedError("may not push")));
  request_.questions = {Question("files", "a")};
  request_.mount = true;
  EXPECT_EQ(Find().status().message(), "may not push");
}

TEST_P(FindBlobsTest, AllRepositoriesThatHaveToBeMadeAreNamedAtOnce) {
  for (const char* repository : {"team/files", "team/images"}) {
    store_.Deny(repository, absl::NotFoundError("NAME_UNKNOWN"));
  }
  request_.questions = {Question("files", "a"), Question("images", "b")};
  request_.mount = true;
  const absl::Status status = Find().status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("team/files and team/images"));
}

TEST_P(FindBlobsTest, APlanSaysWhatIsDeniedAndPushesNothing) {
  store_.Deny("team/files");
  request_.questions = {Question("files", "a")};
  EXPECT_TRUE(oci::IsDenial(Find().status()));
  EXPECT_THAT(store_.checked(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(AtOnce, FindBlobsTest, ::testing::Values(1, 8));

}  // namespace
}  // namespace kso::coordinator
