// SPDX-License-Identifier: Apache-2.0
#include "cli/ksoctl.h"

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_build_service.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class KsoctlTest : public ::testing::Test {
 protected:
  KsoctlTest() {
    clock_.AdvanceByItself();
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(&builds_);
    server_ = builder.BuildAndStart();
    release_ = directory_ + "/release.yaml";
    Write("images.list", "registry.k8s.io/pause:3.9\n");
    Write("release.yaml",
          "apiVersion: kso/v1\nkind: Release\nname: v1\n"
          "platforms: [linux/amd64]\n"
          "images: {base: docker.io/library/registry:3, list: images.list}\n"
          "destination: docker://127.0.0.1:5000/team\n");
  }

  void Write(const std::string& name, const std::string& content) {
    std::ofstream(directory_ + "/" + name) << content;
  }

  // Runs ksoctl against the fake coordinator; returns its exit status.
  int Run(std::vector<std::string> args) {
    out_.str("");
    err_.str("");
    args.insert(args.begin(),
                {"--coordinator", absl::StrCat("127.0.0.1:", port_)});
    return static_cast<int>(RunKsoctl(args, {&out_, &err_}, &clock_));
  }

  kso::testing::FakeClock clock_;
  FakeBuildService builds_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::string release_;
  std::ostringstream out_;
  std::ostringstream err_;
  const kso::testing::TempDirectory temp_;
  const std::string directory_ = temp_.string();
};

v1::Build Succeeded() {
  v1::Build build;
  build.set_state(v1::Build::SUCCEEDED);
  v1::ImageResult* image = build.add_images();
  image->set_name("kubespray-images");
  image->set_repository("127.0.0.1:5000/team/kubespray-images");
  image->add_tags("v1");
  image->mutable_index()->set_digest("sha256:abc");
  return build;
}

v1::Build Failed() {
  v1::Build build;
  build.set_state(v1::Build::FAILED);
  v1::Failure* failure = build.add_failures();
  failure->set_item("registry.k8s.io/pause:3.9");
  failure->set_reason("there is no linux/arm64");
  failure->set_advice("allow it in missingPlatform");
  failure->set_location("images.list:1");
  return build;
}

TEST_F(KsoctlTest, SubmitAndWaitShowsTheImages) {
  builds_.EndAs(Succeeded());
  EXPECT_EQ(Run({"submit", "-f", release_, "--wait"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("the plan is made"));
  EXPECT_THAT(out_.str(),
              HasSubstr("127.0.0.1:5000/team/kubespray-images:v1\n"));
  EXPECT_THAT(out_.str(), HasSubstr("sha256:abc"));
}

TEST_F(KsoctlTest, AFailedBuildIsExitStatus1) {
  builds_.EndAs(Failed());
  EXPECT_EQ(Run({"submit", "-f", release_, "--wait"}), 1);
  EXPECT_THAT(out_.str(),
              HasSubstr("registry.k8s.io/pause:3.9 (images.list:1)"));
  EXPECT_THAT(out_.str(), HasSubstr("there is no linux/arm64"));
  EXPECT_THAT(out_.str(), HasSubstr("allow it in missingPlatform"));
  EXPECT_EQ(Run({"watch", "v1"}), 1);
  EXPECT_EQ(Run({"plan", "-f", release_}), 1);
}

TEST_F(KsoctlTest, SubmitSaysWhatToDoNext) {
  EXPECT_EQ(Run({"submit", "-f", release_, "--id", "my-build"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("ksoctl watch my-build"));
  EXPECT_THAT(builds_.ids(), ::testing::ElementsAre("my-build"));
}

TEST_F(KsoctlTest, SubmitsAgainWithTheSameIdWhenTheConnectionBreaks) {
  builds_.RefuseFirst(2);
  EXPECT_EQ(Run({"submit", "-f", release_}), 0) << err_.str();
  const std::vector<std::string> ids = builds_.ids();
  ASSERT_EQ(ids.size(), 3u);
  EXPECT_EQ(ids[0], ids[2]);
  EXPECT_THAT(ids[0], ::testing::MatchesRegex("[a-z0-9-]+"));
}

TEST_F(KsoctlTest, JsonIsAloneOnStdout) {
  builds_.EndAs(Failed());
  EXPECT_EQ(Run({"submit", "-f", release_, "--wait", "--output", "json"}), 1);
  EXPECT_THAT(out_.str(), ::testing::StartsWith("{"));
  EXPECT_THAT(out_.str(), HasSubstr("\"state\": \"FAILED\""));
  EXPECT_THAT(out_.str(), ::testing::EndsWith("}\n"));
  EXPECT_THAT(err_.str(), HasSubstr("the plan is made"));
  EXPECT_EQ(Run({"--output", "json", "builds"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("\"bytesFetched\": \"0\""));
}

TEST_F(KsoctlTest, BadInputIsExitStatus2AndIsNotSent) {
  Write("images.list", "registry.k8s.io/UPPER:1\n\nalso bad\n");
  EXPECT_EQ(Run({"submit", "-f", release_}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("/images.list:1: "));
  EXPECT_THAT(err_.str(), HasSubstr("/images.list:3: "));
  EXPECT_THAT(builds_.ids(), ::testing::IsEmpty());
  EXPECT_EQ(Run({"submit", "-f", directory_ + "/none.yaml"}), 2);
  EXPECT_EQ(Run({"submit", "-f", release_, "--id", "UPPER"}), 2);
}

TEST_F(KsoctlTest, UsageIsExitStatus2WithAWayOut) {
  EXPECT_EQ(Run({"sumbit"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("did you mean 'submit'?"));
  EXPECT_EQ(Run({"submit"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("--file is required"));
  EXPECT_THAT(err_.str(), HasSubstr("ksoctl submit --help"));
  EXPECT_EQ(Run({"submit", "-f", release_, "--wiat"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("did you mean '--wait'?"));
  EXPECT_EQ(Run({}), 2);
  EXPECT_EQ(Run({"builds", "--output", "xml"}), 2);
  EXPECT_EQ(Run({"farm"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("say which: up, down"));
  EXPECT_EQ(Run({"--coordinator", "nonsense", "builds"}), 2);
  EXPECT_EQ(Run({"status", "x"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("there is no build 'x'"));
}

TEST_F(KsoctlTest, NoCoordinatorIsExitStatus3WithAWayOut) {
  server_->Shutdown();
  server_.reset();
  const std::vector<std::vector<std::string>> commands = {
      {"builds"}, {"submit", "-f", release_}, {"watch", "x"}, {"workers"}};
  for (const auto& command : commands) {
    EXPECT_EQ(Run(command), 3) << command[0];
    EXPECT_THAT(err_.str(), HasSubstr(absl::StrCat("127.0.0.1:", port_)));
    EXPECT_THAT(err_.str(), HasSubstr("ksoctl farm up"));
    EXPECT_EQ(out_.str(), "");
  }
  EXPECT_EQ(Run({"version"}), 0);
}

TEST_F(KsoctlTest, HelpAndCompletionNameTheCommands) {
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("submit"));
  EXPECT_EQ(Run({"submit", "--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("--wait"));
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_EQ(Run({"completion", shell}), 0);
    EXPECT_THAT(out_.str(), HasSubstr("drain")) << shell;
    EXPECT_THAT(out_.str(), HasSubstr("state-dir")) << shell;
  }
  EXPECT_EQ(Run({"completion", "tcsh"}), 2);
}

TEST_F(KsoctlTest, SaysWhenTheSameRequestRunsAlready) {
  EXPECT_EQ(Run({"submit", "-f", release_, "--id", "mine"}), 0);
  EXPECT_THAT(out_.str(), Not(HasSubstr("Joined")));
  builds_.AlreadyRuns("theirs");
  EXPECT_EQ(Run({"submit", "-f", release_, "--id", "mine"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("Joined build theirs"));
  EXPECT_THAT(out_.str(), HasSubstr("ksoctl watch theirs"));
}

}  // namespace
}  // namespace kso::cli
