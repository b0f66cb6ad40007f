// SPDX-License-Identifier: Apache-2.0
#include "worker/layer/make_layer.h"

#include <filesystem>
#include <memory>
#include <string>

#include "common/oci/media_types.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_image_stores.h"
#include "tests/fakes/fake_transport.h"
#include "worker/layer/copy_blobs.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

constexpr char kUrl[] = "https://dl.k8s.io/kubelet";

class MakeLayerTest : public ::testing::Test {
 protected:
  MakeLayerTest() {
    clock_.AdvanceByItself();
    directory_ =
        std::filesystem::path(::testing::TempDir()) /
        ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    cache_ = DiskBlobStore::Create(directory_ / "blobs").value();
    files_ = std::make_unique<FileFetcher>(&transport_, &clock_, cache_.get(),
                                           directory_);
    blobs_ = std::make_unique<BlobFetcher>(&stores_, &clock_, cache_.get(),
                                           directory_);
    task_.mutable_destination()->set_kind(v1::Destination::REGISTRY);
    task_.mutable_destination()->set_location("destination/team");
  }

  LayerTools Tools() {
    return {.files = files_.get(),
            .blobs = blobs_.get(),
            .stores = &stores_,
            .cache = cache_.get(),
            .made_layers = &made_layers_};
  }

  // The number of files in the cache's directory for unfinished ones.
  int Leftovers() const {
    int count = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator(directory_ / "blobs/incoming")) {
      ++count;
    }
    return count;
  }

  // The number of files that the cache keeps.
  int CachedFiles() const {
    int count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             directory_ / "blobs/sha256")) {
      count += entry.is_regular_file() ? 1 : 0;
    }
    return count;
  }

  // Adds a layer that is not encoded, of one file.
  void AddFile(const std::string& content) {
    transport_.On("GET", kUrl, {.status = 200, .body = content});
    v1::MakeLayer& work = *task_.mutable_make_layer();
    work.set_image("kubespray-files");
    work.set_media_type(std::string(oci::kOciLayerTar));
    v1::LayerMember& member = *work.add_members();
    member.set_path("opt/kubelet");
    member.mutable_file()->set_url(kUrl);
    member.mutable_file()->set_size(-1);
  }

  testing::FakeClock clock_;
  testing::FakeTransport transport_;
  testing::FakeImageStores stores_;
  std::filesystem::path directory_;
  std::unique_ptr<DiskBlobStore> cache_;
  std::unique_ptr<FileFetcher> files_;
  std::unique_ptr<BlobFetcher> blobs_;
  MadeLayers made_layers_{directory_ / "made-layers"};
  v1::Task task_;
  TaskControl control_;
};

TEST_F(MakeLayerTest, FetchesPacksAndPushes) {
  transport_.On("GET", kUrl, {.status = 200, .body = "the kubelet"});
  const v1::Descriptor blob =
      stores_.AddBlob("quay.io/coreos/etcd", "a blob", oci::kOciLayerGzip);
  v1::MakeLayer& work = *task_.mutable_make_layer();
  work.set_name("files-001");
  work.set_image("kubespray-files");
  work.set_media_type(std::string(oci::kOciLayerGzip));
  v1::LayerMember* member = work.add_members();
  member->set_path("opt/k8s/k8s/dl.k8s.io/kubelet");
  member->mutable_file()->set_url(kUrl);
  member->mutable_file()->set_size(-1);
  member = work.add_members();
  member->set_path("var/lib/registry/data");
  member->mutable_blob()->set_repository("quay.io/coreos/etcd");
  *member->mutable_blob()->mutable_blob() = blob;
  member = work.add_members();
  member->set_path("etc/nginx/nginx.conf");
  member->set_content("events {}");

  const auto made = MakeLayer(task_, Tools(), control_);
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_EQ(made->members_size(), 3);
  EXPECT_EQ(made->members(0).digest(), Sha256Of("the kubelet").ToString());
  EXPECT_EQ(made->members(0).size(), 11);
  EXPECT_EQ(made->members(1).digest(), blob.digest());
  EXPECT_EQ(made->members(2).path(), "etc/nginx/nginx.conf");
  EXPECT_TRUE(Digest::Parse(made->diff_id()).ok());
  const std::string pushed =
      stores_.DestinationBlob("team/kubespray-files", made->layer().digest());
  EXPECT_EQ(static_cast<int64_t>(pushed.size()), made->layer().size());
  EXPECT_EQ(control_.bytes_pushed(), made->layer().size());
  EXPECT_EQ(control_.bytes_fetched(), 11 + 6);
  EXPECT_EQ(Leftovers(), 0);

  // The same layer again needs no upstream.
  TaskControl again;
  ASSERT_TRUE(MakeLayer(task_, Tools(), again).ok());
  EXPECT_EQ(stores_.blob_gets(), 1);
}

TEST_F(MakeLayerTest, SaysHowMuchOfALayerHasGoneOut) {
  AddFile(std::string(3 << 20, 'k'));
  int pushes = 0;
  stores_.OnPush([&](int64_t bytes) {
    ++pushes;
    EXPECT_EQ(control_.bytes_pushing(), bytes);
    EXPECT_EQ(control_.host(), "destination");
  });
  const auto made = MakeLayer(task_, Tools(), control_);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_GT(pushes, 1);
  EXPECT_EQ(control_.bytes_pushing(), 0);
  EXPECT_EQ(control_.bytes_pushed(), made->layer().size());
}

TEST_F(MakeLayerTest, WhatIsMadeToBeComparedIsTheSameAndIsNotPushed) {
  AddFile("the kubelet");
  task_.mutable_make_layer()->set_copy_of("b1/layer/files-001");
  const auto copy = MakeLayer(task_, Tools(), control_);
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(control_.bytes_pushed(), 0);
  task_.mutable_make_layer()->clear_copy_of();
  const auto made = MakeLayer(task_, Tools(), control_);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(copy->layer().digest(), made->layer().digest());
  EXPECT_EQ(copy->diff_id(), made->diff_id());
  EXPECT_GT(control_.bytes_pushed(), 0);
}

TEST_F(MakeLayerTest, RemembersWhatIsInTheLayer) {
  AddFile("the kubelet");
  task_.mutable_make_layer()->set_media_type(std::string(oci::kOciLayerGzip));
  const auto made = MakeLayer(task_, Tools(), control_);
  ASSERT_TRUE(made.ok()) << made.status();
  const auto files = made_layers_.Find(made->layer().digest(), made->diff_id());
  ASSERT_TRUE(files.has_value());
  ASSERT_EQ(files->size(), 1);
  EXPECT_EQ(files->front().path, task_.make_layer().members(0).path());
  EXPECT_EQ(files->front().size, 11);
  EXPECT_EQ(files->front().blob, Sha256Of("the kubelet"));
}

TEST_F(MakeLayerTest, WhatTheTaskBroughtIsNotRemembered) {
  AddFile("the kubelet");
  v1::LayerMember& member = *task_.mutable_make_layer()->add_members();
  member.set_path("etc/nginx/nginx.conf");
  member.set_content("events {}");
  const auto made = MakeLayer(task_, Tools(), control_);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_FALSE(
      made_layers_.Find(made->layer().digest(), made->diff_id()).has_value());
}

TEST_F(MakeLayerTest, PutsNothingButMembersOnTheDisk) {
  const std::string kubelet(3 << 20, 'k');
  AddFile(kubelet);
  int looks = 0;
  stores_.OnPush([&](int64_t bytes) {
    // The bytes that were pushed left nothing here.
    EXPECT_EQ(Leftovers(), 0) << bytes;
    ++looks;
  });
  const auto made = MakeLayer(task_, Tools(), control_);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_GT(looks, 3);
  EXPECT_EQ(CachedFiles(), 1);
  EXPECT_TRUE(cache_->Stat(Sha256Of(kubelet)).ok());
}

TEST_F(MakeLayerTest, GoesByWayOfTheDiskWhereStreamsAreRefused) {
  AddFile("the kubelet");
  const auto streamed = MakeLayer(task_, Tools(), control_);
  ASSERT_TRUE(streamed.ok()) << streamed.status();
  stores_.RefuseStreams();
  TaskControl control;
  const auto spooled = MakeLayer(task_, Tools(), control);
  ASSERT_TRUE(spooled.ok()) << spooled.status();
  EXPECT_EQ(spooled->SerializeAsString(), streamed->SerializeAsString());
  EXPECT_EQ(control.bytes_pushed(), spooled->layer().size());
  EXPECT_EQ(Leftovers(), 0);
  EXPECT_EQ(CachedFiles(), 1);
}

TEST_F(MakeLayerTest, AMemberThatRotsIsTheWorkersTrouble) {
  const std::string kubelet(3 << 20, 'k');
  AddFile(kubelet);
  stores_.OnPush([&](int64_t bytes) {
    if (bytes > (1 << 20)) return;
    // The member's file is cut while it is packed.
    const std::string hex = Sha256Of(kubelet).hex();
    std::filesystem::resize_file(
        directory_ / "blobs/sha256" / hex.substr(0, 2) / hex, 1 << 20);
  });
  const auto made = MakeLayer(task_, Tools(), control_);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(ToFailure(made.status(), "task").kind(),
            v1::Failure::INFRASTRUCTURE);
  EXPECT_EQ(stores_.blob_puts(), 0);
}

TEST_F(MakeLayerTest, ACancelledTaskEndsInMidPush) {
  AddFile(std::string(3 << 20, 'k'));
  stores_.OnPush([&](int64_t) { control_.Cancel(); });
  const auto made = MakeLayer(task_, Tools(), control_);
  EXPECT_TRUE(absl::IsCancelled(made.status())) << made.status();
  EXPECT_EQ(stores_.blob_puts(), 0);
}

TEST_F(MakeLayerTest, NamesTheMemberThatIsMissing) {
  transport_.On("GET", kUrl, {.status = 404});
  v1::MakeLayer& work = *task_.mutable_make_layer();
  work.set_media_type(std::string(oci::kOciLayerGzip));
  v1::LayerMember& member = *work.add_members();
  member.set_path("opt/k8s/k8s/dl.k8s.io/kubelet");
  member.mutable_file()->set_url(kUrl);
  member.mutable_file()->set_location("files.list:1");

  const auto made = MakeLayer(task_, Tools(), control_);
  ASSERT_FALSE(made.ok());
  const v1::Failure failure = ToFailure(made.status(), "task");
  EXPECT_EQ(failure.item(), kUrl);
  EXPECT_EQ(failure.location(), "files.list:1");
  EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
  EXPECT_EQ(Leftovers(), 0);
}

TEST_F(MakeLayerTest, CopiesOnlyTheBlobsThatTheDestinationLacks) {
  const v1::Descriptor base = stores_.AddBlob(
      "docker.io/library/nginx", "base layer", oci::kDockerLayerGzip);
  v1::CopyBlobs& work = *task_.mutable_copy_blobs();
  work.set_image("kubespray-files");
  v1::BlobSource& source = *work.add_blobs();
  source.set_repository("docker.io/library/nginx");
  *source.mutable_blob() = base;
  stores_.CutNextBlob(4);

  ASSERT_TRUE(CopyBlobs(task_, Tools(), control_).ok());
  EXPECT_EQ(stores_.DestinationBlob("team/kubespray-files", base.digest()),
            "base layer");
  // The transfer that was cut was resumed where it ended.
  EXPECT_EQ(control_.bytes_fetched(), 10);

  ASSERT_TRUE(CopyBlobs(task_, Tools(), control_).ok());
  EXPECT_EQ(stores_.blob_puts(), 1);
  EXPECT_EQ(control_.bytes_fetched(), 10);
}

TEST_F(MakeLayerTest, RefusesABlobWithOtherBytes) {
  const v1::Descriptor wrong = stores_.AddBlob(
      "docker.io/library/nginx", "what was promised", oci::kOciConfig);
  stores_.DamageBlob("docker.io/library/nginx", wrong.digest(), "other bytes");
  v1::CopyBlobs& work = *task_.mutable_copy_blobs();
  work.set_image("kubespray-files");
  v1::BlobSource& source = *work.add_blobs();
  source.set_repository("docker.io/library/nginx");
  *source.mutable_blob() = wrong;

  const auto copied = CopyBlobs(task_, Tools(), control_);
  EXPECT_EQ(copied.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(stores_.blob_puts(), 0);
}

}  // namespace
}  // namespace kso::worker
