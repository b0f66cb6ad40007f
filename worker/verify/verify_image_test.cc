// SPDX-License-Identifier: Apache-2.0
#include "worker/verify/verify_image.h"

#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/layer/content_time.h"
#include "common/oci/media_types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_image_stores.h"
#include "tests/fakes/fake_transport.h"
#include "tests/fakes/tar_layers.h"
#include "worker/sandbox/network_namespace.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;
using ::kso::testing::FakeAnswer;
using ::kso::testing::FakeTransport;
using ::kso::testing::File;
using ::kso::testing::HeaderOf;
using ::kso::testing::LayerBytes;
using ::testing::HasSubstr;

constexpr char kRepository[] = "destination/team/kubespray-files";
constexpr char kOrigin[] = "http://127.0.0.1:8080/";
constexpr char kIpv6Health[] = "http://[::1]:8080/health";
constexpr char kPath[] = "k8s/dl.k8s.io/kubelet";
constexpr char kContent[] = "the kubelet";

// A program as a container would run it, without one: its network is the
// test's own.
struct Program {
  bool ends = false;
  int runs = 0;
};

class FakeContainer : public Container {
 public:
  explicit FakeContainer(const Program* program) : program_(*program) {}
  absl::Status RunInNetwork(
      const std::function<absl::Status()>& work) override {
    return work();
  }
  bool Running() override { return !program_.ends; }
  int exit_status() const override { return 78; }
  std::string LogTail() override { return "bad config"; }

 private:
  const Program& program_;
};

class FakeRuntime : public ContainerRuntime {
 public:
  explicit FakeRuntime(Program* program) : program_(*program) {}
  absl::StatusOr<std::unique_ptr<Container>> Run(const ImageToRun&,
                                                 const fs::path&,
                                                 const TaskControl&) override {
    ++program_.runs;
    return std::make_unique<FakeContainer>(&program_);
  }
  const std::vector<std::string>& missing_fences() const override {
    return missing_fences_;
  }

 private:
  Program& program_;
  const std::vector<std::string> missing_fences_ = {"user namespace: no"};
};

// The verifier wants a transport of its own.
class SharedTransport : public http::Transport {
 public:
  explicit SharedTransport(FakeTransport* to) : to_(*to) {}
  absl::StatusOr<http::Response> Perform(const http::Request& request,
                                         size_t max_body) override {
    return to_.Perform(request, max_body);
  }
  absl::StatusOr<http::Response> Download(const http::Request& request,
                                          ByteSink& sink,
                                          OnResponse on_response) override {
    return to_.Download(request, sink, std::move(on_response));
  }

 private:
  FakeTransport& to_;
};

class VerifyImageTest : public ::testing::Test {
 protected:
  VerifyImageTest() {
    fs::remove_all(root_);
    fs::create_directories(root_);
    cache_ = DiskBlobStore::Create(root_ / "blobs").value();
    layers_ = std::make_unique<LayerCache>(root_ / "layers", 1 << 20, "",
                                           cache_.get(), Clock::Real());
    clock_.AdvanceByItself();
    base_ = AddLayer("etc/nginx.conf", "server {}");
    made_ = AddLayer("opt/k8s/k8s/dl.k8s.io/kubelet", kContent);
    AddImage({base_, made_}, "amd64");
    ExpectLayers({made_});
    Serve();
  }
  ~VerifyImageTest() override {
    layers_ = nullptr;
    fs::remove_all(root_);
  }
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root unpacks layers";
  }

  v1::Descriptor AddLayer(const std::string& path, const std::string& content) {
    return stores_.AddBlob(kRepository,
                           LayerBytes{{File(path, content)}}.bytes(),
                           oci::kOciLayerTar);
  }

  static std::string Json(const v1::Descriptor& blob) {
    return Concat(R"({"mediaType":")", blob.media_type(), R"(","digest":")",
                  blob.digest(), R"(","size":)", blob.size(), "}");
  }

  // Of these layers, which are plain tar.
  void AddImage(const std::vector<v1::Descriptor>& layers,
                const std::string& architecture) {
    std::string diff_ids;
    std::string list;
    for (const v1::Descriptor& layer : layers) {
      const char* const comma = list.empty() ? "" : ",";
      diff_ids += Concat(comma, "\"", layer.digest(), "\"");
      list += Concat(comma, Json(layer));
    }
    const v1::Descriptor config = stores_.AddBlob(
        kRepository,
        Concat(R"({"architecture":")", architecture,
               R"(","os":"linux","rootfs":{"type":"layers","diff_ids":[)",
               diff_ids, "]}}"),
        oci::kOciConfig);
    *task_.mutable_verify_image()->mutable_manifest() = stores_.AddManifest(
        kRepository,
        Concat(R"({"schemaVersion":2,"mediaType":")", oci::kOciManifest,
               R"(","config":)", Json(config), R"(,"layers":[)", list, "]}"),
        oci::kOciManifest, "");
  }

  // Adds to the task what the coordinator asks for.
  void ExpectLayers(const std::vector<v1::Descriptor>& layers) {
    task_.mutable_destination()->set_kind(v1::Destination::REGISTRY);
    task_.mutable_destination()->set_location("destination/team");
    task_.mutable_platform()->set_os("linux");
    task_.mutable_platform()->set_architecture("amd64");
    v1::VerifyImage& work = *task_.mutable_verify_image();
    work.set_image("kubespray-files");
    work.set_variant("kubespray-files");
    work.clear_layers();
    for (const v1::Descriptor& layer : layers) {
      work.add_layers()->set_digest(layer.digest());
    }
    work.mutable_files()->clear_files();
    v1::MadeMember& file = *work.mutable_files()->add_files();
    file.set_path(kPath);
    file.set_digest(Sha256Of(kContent).ToString());
    file.set_size(sizeof kContent - 1);
  }

  void Serve() {
    transport_.On("GET", Concat(kOrigin, "health"), FakeAnswer{});
    transport_.On("GET", kIpv6Health, FakeAnswer{});
    transport_.On("GET", Concat(kOrigin, "k8s/"), {.body = "dl.k8s.io"});
    transport_.On("GET", Concat(kOrigin, kPath),
                  [](const http::Request& request) -> FakeAnswer {
                    const std::string all = kContent;
                    const std::string etag =
                        Concat("\"", absl::Hex(ContentTime(Sha256Of(all))), "-",
                               absl::Hex(all.size()), "\"");
                    if (HeaderOf(request, "Range").empty() ||
                        HeaderOf(request, "If-Range") != etag) {
                      return {.headers = {{"ETag", etag}}, .body = all};
                    }
                    return {.status = 206,
                            .headers = {{"Content-Range", "bytes 1-10/11"}},
                            .body = all.substr(1)};
                  });
  }

  absl::StatusOr<v1::VerifiedImage> Verify() {
    VerifyTools tools;
    tools.stores = &stores_;
    tools.cache = cache_.get();
    tools.layers = layers_.get();
    tools.made_layers = &made_layers_;
    tools.clock = &clock_;
    tools.runtime = has_runtime_ ? &runtime_ : nullptr;
    tools.no_runtime_reason = has_runtime_ ? "" : "runc is too old";
    tools.create_transport =
        [this]() -> absl::StatusOr<std::unique_ptr<http::Transport>> {
      return std::make_unique<SharedTransport>(&transport_);
    };
    tools.directory = root_ / "work";
    tools.platforms = platforms_;
    return VerifyImage(task_, tools, control_);
  }

  // The image is refused before anything of it runs, for that reason.
  void ExpectRefused(const std::string& reason) {
    const absl::Status status = Verify().status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(reason));
    EXPECT_EQ(ToFailure(status, "").item(), "kubespray-files linux/amd64");
    EXPECT_EQ(program_.runs, 0);
  }

  const fs::path root_ = fs::path(::testing::TempDir()) / "verify_image";
  testing::FakeClock clock_;
  testing::FakeImageStores stores_;
  FakeTransport transport_;
  std::unique_ptr<DiskBlobStore> cache_;
  std::unique_ptr<LayerCache> layers_;
  MadeLayers made_layers_{root_ / "made-layers"};
  Program program_;
  FakeRuntime runtime_{&program_};
  bool has_runtime_ = true;
  std::vector<v1::PlatformSupport> platforms_;
  TaskControl control_;
  v1::Task task_;
  v1::Descriptor base_;
  v1::Descriptor made_;
};

TEST_F(VerifyImageTest, AnImageThatServesItsFilesPassesAndLeavesNothing) {
  const auto verified = Verify();
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_THAT(verified->checks(), ::testing::Contains("1 files compared"));
  EXPECT_THAT(verified->missing_fences(),
              ::testing::ElementsAre("user namespace: no"));
  EXPECT_EQ(program_.runs, 1);
  EXPECT_TRUE(fs::is_empty(root_ / "work"));
  // Images' setuid programs were in there.
  EXPECT_EQ(fs::status(root_ / "work").permissions(), fs::perms::owner_all);
}

TEST_F(VerifyImageTest, AnImageOfImagesIsAskedForThem) {
  constexpr char kRegistry[] = "http://127.0.0.1:5000/v2/";
  const std::string config = "{}";
  const std::string manifest =
      Concat(R"({"schemaVersion":2,"mediaType":")", oci::kOciManifest,
             R"(","config":{"mediaType":")", oci::kOciConfig, R"(","digest":")",
             Sha256Of(config).ToString(), R"(","size":2},"layers":[]})");
  v1::VerifyImage& work = *task_.mutable_verify_image();
  work.clear_files();
  v1::ExpectedImage& image = *work.mutable_images()->add_images();
  image.set_repository("k8s/pause");
  image.mutable_top()->set_digest(Sha256Of(manifest).ToString());
  *image.add_manifests() = image.top();
  transport_.On("GET", kRegistry, FakeAnswer{});
  transport_.On("GET", "http://[::1]:5000/v2/", FakeAnswer{});
  transport_.On("GET", Concat(kRegistry, "_catalog?n=500"),
                {.body = R"({"repositories":["k8s/pause"]})"});
  transport_.On(
      "PUT", Concat(kRegistry, "k8s/pause/manifests/pushed-by-a-verification"),
      {.status = 405});
  transport_.On("GET",
                Concat(kRegistry, "k8s/pause/manifests/", image.top().digest()),
                {.headers = {{"Content-Type", std::string(oci::kOciManifest)}},
                 .body = manifest});
  transport_.On(
      "GET", Concat(kRegistry, "k8s/pause/blobs/", Sha256Of(config).ToString()),
      {.body = config});
  const auto verified = Verify();
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_THAT(
      verified->checks(),
      ::testing::Contains("1 images: 1 manifests and 1 blobs compared"));
}

TEST_F(VerifyImageTest, AWorkerThatRunsNoContainersSaysWhy) {
  has_runtime_ = false;
  const absl::Status status = Verify().status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("runc is too old"));
  EXPECT_EQ(ToFailure(status, "").kind(), v1::Failure::INFRASTRUCTURE);
}

TEST_F(VerifyImageTest, TheTaskSaysWhatItDoes) {
  std::vector<std::string> activities;
  transport_.On("GET", Concat(kOrigin, "health"),
                [&](const http::Request&) -> FakeAnswer {
                  activities.push_back(control_.activity());
                  return {.status = 503};
                });
  // It is ready, and then not healthy.
  EXPECT_FALSE(Verify().ok());
  EXPECT_THAT(activities, ::testing::ElementsAre("starting kubespray-files"));
  EXPECT_EQ(control_.activity(),
            "looking for what is wrong in kubespray-files");
}

TEST_F(VerifyImageTest, AnImageThatServesOtherBytesDoesNotPass) {
  task_.mutable_verify_image()->mutable_files()->mutable_files(0)->set_digest(
      Sha256Of("another").ToString());
  const absl::Status status = Verify().status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_EQ(ToFailure(status, "").item(), kPath);
  // Its layer has them.
  EXPECT_THAT(ToFailure(status, "").wrong_layers(),
              ::testing::ElementsAre(made_.digest()));
  EXPECT_TRUE(fs::is_empty(root_ / "work"));
}

TEST_F(VerifyImageTest, NoLayerIsToBlameForAProgramThatServesOtherBytes) {
  // The second request is for a byte range.
  transport_.On("GET", Concat(kOrigin, kPath), {.body = "evil"});
  const absl::Status status = Verify().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(ToFailure(status, "").wrong_layers(), ::testing::IsEmpty());
}

TEST_F(VerifyImageTest, TheLayersThatWereMadeForAnImageAreItsLast) {
  const std::string reason = "does not end with";
  const v1::Descriptor other = AddLayer("etc/other", "other");
  ExpectLayers({other});
  ExpectRefused(reason);
  // There, but covered by one that nobody made for it.
  ExpectLayers({base_});
  ExpectRefused(reason);
  ExpectLayers({made_, base_});
  ExpectRefused(reason);
  // More than the image has.
  ExpectLayers({other, base_, made_});
  ExpectRefused(reason);
  ExpectLayers({base_, made_});
  EXPECT_TRUE(Verify().ok());
}

TEST_F(VerifyImageTest, AnImageThatDoesNotServeOverIpv6DoesNotPass) {
  if (!HasIpv6Loopback()) GTEST_SKIP() << "this machine has no IPv6";
  transport_.On("GET", kIpv6Health,
                {.ending = absl::UnavailableError("connection refused")});
  const auto verified = Verify();
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_THAT(verified->checks(), ::testing::Contains("IPv6"));

  const absl::Status status = Verify().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(kIpv6Health));
}

TEST_F(VerifyImageTest, AnImageOfAnotherPlatformIsRefused) {
  AddImage({base_, made_}, "arm64");
  ExpectRefused("the image's config says linux/arm64, not linux/amd64");
  EXPECT_EQ(control_.activity(), "unpacking kubespray-files");
}

TEST_F(VerifyImageTest, ALayerThatIsNotWhatTheConfigSaysIsRefused) {
  stores_.DamageBlob(kRepository, made_.digest(), "not the layer");
  EXPECT_FALSE(Verify().ok());
  EXPECT_EQ(program_.runs, 0);
  EXPECT_TRUE(fs::is_empty(root_ / "work"));
}

TEST_F(VerifyImageTest, SaysWhetherTheImageRanOnTheWorkersOwnProcessor) {
  EXPECT_FALSE(Verify()->native());
  v1::PlatformSupport& other = platforms_.emplace_back();
  other.mutable_platform()->set_os("linux");
  other.mutable_platform()->set_architecture("arm64");
  other.set_native(true);
  EXPECT_FALSE(Verify()->native());
  v1::PlatformSupport& own = platforms_.emplace_back();
  *own.mutable_platform() = task_.platform();
  EXPECT_FALSE(Verify()->native());
  own.set_native(true);
  EXPECT_TRUE(Verify()->native());
}

TEST_F(VerifyImageTest, AProgramThatFallsOverWhileItIsAskedIsQuoted) {
  // It is ready at first.
  transport_.On("GET", Concat(kOrigin, "health"),
                {.ending = absl::UnavailableError("refused")});
  const absl::Status passing = Verify().status();
  EXPECT_TRUE(absl::IsUnavailable(passing)) << passing;

  program_.ends = true;
  const absl::Status status = Verify().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("bad config"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("exit status 78"));
  EXPECT_EQ(ToFailure(status, "").kind(), v1::Failure::PERMANENT);
}

TEST_F(VerifyImageTest, WrongBytesAreSaidToBeSoWhateverTheProgramDoes) {
  task_.mutable_verify_image()->mutable_files()->mutable_files(0)->set_digest(
      Sha256Of("another").ToString());
  program_.ends = true;
  const absl::Status status = Verify().status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
}

TEST_F(VerifyImageTest, APassingTroubleIsNoLayersFault) {
  task_.mutable_verify_image()->mutable_files()->mutable_files(0)->set_digest(
      Sha256Of("another").ToString());
  // It is ready at first.
  transport_.On("GET", Concat(kOrigin, "health"),
                {.ending = absl::UnavailableError("refused")});
  const absl::Status status = Verify().status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(ToFailure(status, "").wrong_layers(), ::testing::IsEmpty());
}

TEST_F(VerifyImageTest, AProgramThatTakesItsTimeIsWaitedForAMinute) {
  task_.mutable_verify_image()->clear_files();
  task_.mutable_verify_image()->mutable_images();
  transport_.On("GET", "http://127.0.0.1:5000/v2/", {.status = 503});
  const absl::Time start = clock_.Now();
  const absl::Status status = Verify().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("does not serve http://127.0.0.1:5000/v2/ after 1m"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("HTTP 503"));
  EXPECT_GE(clock_.Now() - start, absl::Minutes(1));
}

TEST_F(VerifyImageTest, ACancelledTaskDoesNotWaitForAProgram) {
  int asked = 0;
  transport_.On("GET", "http://127.0.0.1:5000/v2/",
                [&](const http::Request& request) -> FakeAnswer {
                  ++asked;
                  control_.Cancel();
                  EXPECT_TRUE(request.transfer.stop.stop_requested());
                  return {.status = 503};
                });
  task_.mutable_verify_image()->clear_files();
  task_.mutable_verify_image()->mutable_images();
  const absl::Status status = Verify().status();
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_EQ(asked, 1);
}

TEST_F(VerifyImageTest, WhatIsCancelledAtItsEndDoesNotPass) {
  transport_.On("GET", Concat(kOrigin, "k8s/"),
                [this](const http::Request&) -> FakeAnswer {
                  control_.Cancel();
                  return {.body = "dl.k8s.io"};
                });
  // The first answer is that of Serve.
  ASSERT_TRUE(Verify().ok());
  EXPECT_TRUE(absl::IsCancelled(Verify().status()));
}

TEST_F(VerifyImageTest, WhatIsCancelledWhileItIsAskedLeavesNothing) {
  // The second request is for a byte range.
  transport_.On("GET", Concat(kOrigin, kPath),
                [this](const http::Request&) -> FakeAnswer {
                  control_.Cancel();
                  return {.body = kContent};
                });
  const absl::Status status = Verify().status();
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_EQ(program_.runs, 1);
  EXPECT_TRUE(fs::is_empty(root_ / "work"));
}

}  // namespace
}  // namespace kso::worker
