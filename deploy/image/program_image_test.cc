// SPDX-License-Identifier: Apache-2.0
#include "deploy/image/program_image.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "common/text/json.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso::image {
namespace {

namespace fs = std::filesystem;

void Write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ProgramImageTest : public ::testing::Test {
 protected:
  ProgramImageTest() {
    for (const char* architecture : {"amd64", "arm64"}) {
      const fs::path root = directory_.path() / architecture;
      Write(root / "usr/bin/tool", architecture);
      fs::permissions(root / "usr/bin/tool", fs::perms::owner_all);
      Write(root / "etc/passwd", "tool:x:65532:65532::/:\n");
      v1::Platform platform;
      platform.set_os("linux");
      platform.set_architecture(architecture);
      image_.roots.push_back({platform, root});
    }
    image_.ref_name = "tool:1";
    image_.entrypoint = {"/usr/bin/tool"};
    image_.user = "65532:65532";
    image_.ports = {"7070/tcp"};
    image_.labels = {{"org.opencontainers.image.title", "tool"}};
  }

  // The document at a descriptor of the layout.
  Json At(const fs::path& layout, const Json& descriptor) const {
    const std::string digest = descriptor["digest"];
    const std::string bytes = Read(layout / "blobs/sha256" / digest.substr(7));
    EXPECT_EQ(descriptor["size"], bytes.size());
    return *ParseJson(bytes);
  }

  const testing::TempDirectory directory_;
  ProgramImage image_;
};

TEST_F(ProgramImageTest, IsAnIndexOfItsPlatforms) {
  const fs::path layout = directory_.path() / "layout";
  ASSERT_TRUE(WriteProgramImage(image_, layout).ok());
  const Json names = *ParseJson(Read(layout / "index.json"));
  ASSERT_EQ(names["manifests"].size(), 1);
  const Json index = At(layout, names["manifests"][0]);
  ASSERT_EQ(index["manifests"].size(), 2);
  EXPECT_EQ(index["manifests"][1]["platform"]["architecture"], "arm64");
  const Json manifest = At(layout, index["manifests"][1]);
  const Json config = At(layout, manifest["config"]);
  EXPECT_EQ(config["architecture"], "arm64");
  EXPECT_EQ(config["config"]["User"], "65532:65532");
  EXPECT_EQ(config["config"]["Entrypoint"][0], "/usr/bin/tool");
  EXPECT_TRUE(config["config"]["ExposedPorts"].contains("7070/tcp"));
  EXPECT_EQ(config["rootfs"]["diff_ids"].size(), 1);
}

TEST_F(ProgramImageTest, EqualFilesGiveEqualDigests) {
  const fs::path first = directory_.path() / "first";
  const fs::path second = directory_.path() / "second";
  ASSERT_TRUE(WriteProgramImage(image_, first).ok());
  for (const PlatformRoot& root : image_.roots) {
    fs::last_write_time(root.directory / "usr/bin/tool",
                        fs::file_time_type::min());
  }
  ASSERT_TRUE(WriteProgramImage(image_, second).ok());
  EXPECT_EQ(Read(first / "index.json"), Read(second / "index.json"));
}

TEST_F(ProgramImageTest, ImagesOfOtherNamesStay) {
  const fs::path layout = directory_.path() / "layout";
  ASSERT_TRUE(WriteProgramImage(image_, layout).ok());
  image_.ref_name = "other:1";
  ASSERT_TRUE(WriteProgramImage(image_, layout).ok());
  EXPECT_EQ(ParseJson(Read(layout / "index.json"))->at("manifests").size(), 2);
}

TEST_F(ProgramImageTest, HoldsRegularFilesOnly) {
  fs::create_symlink("/etc/shadow", image_.roots[0].directory / "link");
  const absl::Status status =
      WriteProgramImage(image_, directory_.path() / "layout");
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_NE(status.message().find("link is no regular file"),
            absl::string_view::npos)
      << status;
}

TEST_F(ProgramImageTest, AnEmptyRootIsRefused) {
  fs::remove_all(image_.roots[1].directory);
  EXPECT_TRUE(absl::IsInvalidArgument(
      WriteProgramImage(image_, directory_.path() / "layout")));
}

}  // namespace
}  // namespace kso::image
