// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/ksoctl.h"
#include "common/blob/blob_service.h"
#include "common/bytes/digest.h"
#include "gmock/gmock.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_build_service.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_blob_store.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A coordinator that has made an image for the submitter's machine.
class BringHomeTest : public ::testing::Test {
 protected:
  BringHomeTest() : blob_service_(&blobs_) {
    clock_.AdvanceByItself();
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(&builds_);
    builder.RegisterService(&blob_service_);
    server_ = builder.BuildAndStart();
    Write("images.list", "registry.k8s.io/pause:3.9\n");
    builds_.EndAs(FinishedBuild());
  }

  void Write(const std::string& name, const std::string& content) {
    std::ofstream(directory_ / name) << content;
  }

  std::string Describe(const std::string& type, const std::string& content) {
    return absl::StrCat(R"({"mediaType":"application/vnd.oci.image.)", type,
                        R"(","digest":")", blobs_.Add(content).ToString(),
                        R"(","size":)", content.size(), "}");
  }

  v1::Build FinishedBuild() {
    const std::string manifest = absl::StrCat(
        R"({"schemaVersion":2,"config":)", Describe("config.v1+json", "{}"),
        R"(,"layers":[)", Describe("layer.v1.tar+gzip", "layer"), "]}");
    const std::string index =
        absl::StrCat(R"({"schemaVersion":2,"manifests":[)",
                     Describe("manifest.v1+json", manifest), "]}");
    v1::Build build;
    build.set_state(v1::Build::SUCCEEDED);
    v1::ImageResult* image = build.add_images();
    image->set_name("kubespray-images");
    image->add_tags("v1");
    image->add_tags("latest");
    v1::Descriptor* top = image->mutable_index();
    top->set_media_type("application/vnd.oci.image.index.v1+json");
    top->set_digest(blobs_.Add(index).ToString());
    top->set_size(static_cast<int64_t>(index.size()));
    return build;
  }

  int Run(std::vector<std::string> args) {
    out_.str("");
    args.insert(args.begin(),
                {"--coordinator", absl::StrCat("127.0.0.1:", port_)});
    return static_cast<int>(RunKsoctl(args, {&out_, &err_}, &clock_));
  }

  int SubmitTo(const std::string& destination) {
    Write("release.yaml",
          absl::StrCat("apiVersion: kso/v1\nkind: Release\nname: v1\n"
                       "platforms: [linux/amd64]\nimages: {base: "
                       "docker.io/library/registry:3, list: images.list}\n"
                       "destination: ",
                       destination, "\n"));
    return Run({"submit", "-f", (directory_ / "release.yaml").string(),
                "--wait", "--id", "b1"});
  }

  std::string Read(const std::string& name) {
    std::stringstream content;
    content << std::ifstream(directory_ / name).rdbuf();
    return content.str();
  }

  kso::testing::FakeClock clock_;
  kso::testing::MemoryBlobStore blobs_;
  FakeBuildService builds_;
  BlobServiceImpl blob_service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::ostringstream out_;
  std::ostringstream err_;
  const kso::testing::TempDirectory temp_;
  const std::filesystem::path directory_ = temp_.path();
};

TEST_F(BringHomeTest, ALayoutComesHomeBesideTheRelease) {
  EXPECT_EQ(SubmitTo("oci:result"), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr((directory_ / "result").string()));
  EXPECT_THAT(Read("result/index.json"),
              ::testing::AllOf(HasSubstr("kubespray-images:v1"),
                               HasSubstr("kubespray-images:latest")));
  EXPECT_EQ(Read("result/blobs/sha256/" + Sha256Of("layer").hex()), "layer");
}

TEST_F(BringHomeTest, AnArchiveComesHome) {
  EXPECT_EQ(SubmitTo("oci-archive:result.tar"), 0) << err_.str();
  EXPECT_THAT(Read("result.tar"), HasSubstr("kubespray-images:v1"));
}

TEST_F(BringHomeTest, AnExportSaysBrieflyWhereTheImagesAre) {
  ASSERT_EQ(SubmitTo("oci:result"), 0) << err_.str();
  const std::string archive = (directory_ / "later.tar").string();
  EXPECT_EQ(Run({"export", "b1", "-o", archive}), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("The images are in " + archive));
  EXPECT_THAT(out_.str(), HasSubstr("sha256sum -c later.tar.sha256\n"));
  EXPECT_THAT(out_.str(), HasSubstr("ksoctl status b1\n"));
  // The digests and phases are the build's summary, not the export's.
  EXPECT_THAT(out_.str(), Not(HasSubstr("digest  ")));
  EXPECT_THAT(out_.str(), Not(HasSubstr("succeeded")));
  EXPECT_EQ(Run({"export", "b1", "-o", archive, "--quiet"}), 0) << err_.str();
  EXPECT_THAT(out_.str(), Not(HasSubstr("ksoctl status")));
  EXPECT_EQ(Run({"export", "b1", "-o", archive, "--output", "json"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("\"buildId\": \"b1\""));
}

TEST_F(BringHomeTest, SaysThatTheBuildIsFineWhenItsImagesDidNotArrive) {
  blobs_.Remove(Sha256Of("layer"));
  EXPECT_EQ(SubmitTo("oci:result"), 1);
  EXPECT_THAT(err_.str(), HasSubstr("the build succeeded, but its images did "
                                    "not get here"));
  EXPECT_THAT(err_.str(), HasSubstr("ksoctl export "));
}

}  // namespace
}  // namespace kso::cli
