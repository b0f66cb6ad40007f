// SPDX-License-Identifier: Apache-2.0
// The example release against registries and hosts that are having a bad day.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/http/transport.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/harness/example_upstream.h"
#include "tests/harness/farm.h"
#include "tests/upstream/faults.h"
#include "tests/upstream/upstream_server.h"

namespace kso::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Property;
using ::testing::SizeIs;
using upstream::FaultKind;

class RegistriesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = DirectoryOfTest();
    auto example = StartExampleUpstream(directory_, server_options_);
    ASSERT_TRUE(example.ok()) << example.status();
    example_ = *std::move(example);
    // Waits in seconds would be much the same as these.
    engine_options_.retry.first_delay = absl::Milliseconds(50);
    engine_options_.retry.longest_delay = absl::Milliseconds(200);
  }

  void Expect(FaultKind kind, const std::string& text) {
    EXPECT_TRUE(example_.faults->Add(kind, text).ok()) << text;
  }

  v1::Build Build(const std::string& name) {
    std::filesystem::create_directories(directory_ / name);
    auto farm = Farm::Start(directory_ / name, engine_options_);
    EXPECT_TRUE(farm.ok()) << farm.status();
    EXPECT_TRUE((*farm)->AddWorker("a", "amd64").ok());
    EXPECT_TRUE((*farm)->AddWorker("b", "arm64").ok());
    const auto build = (*farm)->Run(example_.release, name);
    EXPECT_TRUE(build.ok()) << build.status();
    return build.ok() ? *build : v1::Build();
  }

  static std::vector<std::string> Digests(const v1::Build& build) {
    std::vector<std::string> digests;
    for (const v1::ImageResult& image : build.images()) {
      digests.push_back(image.index().digest());
    }
    return digests;
  }

  coordinator::EngineOptions engine_options_;
  upstream::UpstreamServer::Options server_options_;
  std::filesystem::path directory_;
  ExampleUpstream example_;
};

class ShortTokensTest : public RegistriesTest {
 protected:
  // Past their time by the next request but one.
  ShortTokensTest() { server_options_.token_lifetime = absl::Seconds(2); }
};

TEST_F(ShortTokensTest, AStormOfFaultsChangesNothing) {
  const v1::Build calm = Build("calm");
  ASSERT_EQ(calm.state(), v1::Build::SUCCEEDED) << calm.DebugString();
  ASSERT_THAT(Digests(calm), SizeIs(3));

  Expect(FaultKind::kFail, "dl.k8s.io=503/1*3");
  Expect(FaultKind::kFail, "github.com=502*6");
  Expect(FaultKind::kFail, "get.helm.sh=429/-*2");
  Expect(FaultKind::kFail, "quay.io=429/1*4");
  Expect(FaultKind::kFail, "registry.k8s.io=429/d1*3");
  Expect(FaultKind::kFail, "docker.io=500*5");
  Expect(FaultKind::kFail, "sha256:1=503/-*3");
  Expect(FaultKind::kCut, "github.com=1000*5");
  Expect(FaultKind::kCut, "sha256:=500*20");
  Expect(FaultKind::kCorrupt, "calicoctl=10*1");
  Expect(FaultKind::kCorrupt, "sha256:a=5*1");
  Expect(FaultKind::kShorten, "get.helm.sh=10*1");
  Expect(FaultKind::kLengthen, "kubelet=100*1");
  Expect(FaultKind::kLengthen, "sha256:b=100*1");
  Expect(FaultKind::kDrip, "kubectl=20000*1");
  Expect(FaultKind::kRedirect, "runc=1*2");
  Expect(FaultKind::kRedirect, "sha256:c=1*2");
  const v1::Build stormy = Build("stormy");
  ASSERT_EQ(stormy.state(), v1::Build::SUCCEEDED) << stormy.DebugString();
  EXPECT_EQ(Digests(stormy), Digests(calm));
}

TEST_F(RegistriesTest, HopelessFaultsAreSaidForEachItem) {
  Expect(FaultKind::kRedirect, "kubelet=0");
  Expect(FaultKind::kRedirect, "get.helm.sh=1");
  Expect(FaultKind::kFail, "registry.k8s.io/pause:3.9=503/-");
  Expect(FaultKind::kFail, "quay.io/calico/node=403");
  engine_options_.retry.transient_budget = 1;
  const v1::Build build = Build("hopeless");
  ASSERT_EQ(build.state(), v1::Build::FAILED) << build.DebugString();
  EXPECT_THAT(build.images(), IsEmpty());
  const auto failure = [](const std::string& item, const std::string& reason) {
    return Contains(AllOf(Property(&v1::Failure::item, HasSubstr(item)),
                          Property(&v1::Failure::reason, HasSubstr(reason))));
  };
  EXPECT_THAT(build.failures(), failure("kubelet", "redirects more than"));
  // The host that the files of both architectures are redirected to is down.
  EXPECT_THAT(build.failures(),
              failure("127.0.0.1:1", "redirects to http://127.0.0.1:1/"));
  EXPECT_THAT(build.failures(),
              failure("127.0.0.1:1", "2 items need it: https://get.helm.sh/"));
  EXPECT_THAT(build.failures(),
              failure("registry.k8s.io/pause:3.9", "answers 503"));
  EXPECT_THAT(build.failures(), failure("quay.io/calico/node", "answers 403"));
}

TEST_F(RegistriesTest, WrongBytesAreRefusedForEachItem) {
  // Past what resolving reads: a file that its list states a hash of, a blob.
  Expect(FaultKind::kCorrupt, "calicoctl-linux-amd64=10");
  const v1::Build build = Build("wrong");
  ASSERT_EQ(build.state(), v1::Build::FAILED) << build.DebugString();
  ASSERT_THAT(build.failures(), SizeIs(1));
  EXPECT_THAT(build.failures(0).item(), HasSubstr("calicoctl-linux-amd64"));
  EXPECT_THAT(build.failures(0).reason(), HasSubstr("expected sha256:"));
  EXPECT_THAT(build.failures(0).advice(), HasSubstr("checksum"));
}

class PullQuotaTest : public RegistriesTest {
 protected:
  // Two windows' worth of pulls.
  PullQuotaTest() {
    server_options_.pull_limit = 100;
    server_options_.pull_window = absl::Seconds(5);
  }
};

TEST_F(PullQuotaTest, IsRespectedByTheWholeFarm) {
  const v1::Build build = Build("counted");
  EXPECT_EQ(build.state(), v1::Build::SUCCEEDED) << build.DebugString();
  // Nobody asked for more than there was.
  http::Request request;
  request.url = "http://" + example_.server->main_address() + "/-/stats";
  const auto stats = (*http::CreateCurlTransport())->Perform(request);
  ASSERT_TRUE(stats.ok()) << stats.status();
  EXPECT_THAT(stats->body, HasSubstr("manifest GET 200"));
  EXPECT_THAT(stats->body, Not(HasSubstr("GET 429")));
}

}  // namespace
}  // namespace kso::testing
