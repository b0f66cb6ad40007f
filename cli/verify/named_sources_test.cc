// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/named_sources.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class NamedSourcesTest : public ::testing::Test {
 protected:
  std::string File(const std::string& name) const {
    const std::filesystem::path path = directory_.path() / name;
    std::ofstream(path) << "x";
    return path.string();
  }
  NamedSources Sort(const std::vector<std::string>& words) const {
    const auto sources = SortSources(words);
    EXPECT_TRUE(sources.ok()) << sources.status();
    return sources.ok() ? *sources : NamedSources();
  }

  testing::TempDirectory directory_;
};

TEST_F(NamedSourcesTest, TellsWordsApart) {
  const std::string archive = File("release.tar");
  const NamedSources sources =
      Sort({"registry.example.com/team/kubespray-files:v1", archive,
            directory_.string(), "docker://127.0.0.1:5000/x:1"});
  ASSERT_THAT(sources.references, SizeIs(2));
  EXPECT_EQ(sources.references[0].path, "team/kubespray-files");
  EXPECT_THAT(sources.archives,
              ElementsAre(ElementsAre(std::filesystem::path(archive))));
  EXPECT_THAT(sources.directories, ElementsAre(directory_.path()));
}

TEST_F(NamedSourcesTest, TheDestinationsOfAReleaseAreUnderstood) {
  const std::string archive = File("release.tar");
  const NamedSources sources =
      Sort({"oci:" + directory_.string(), "oci-archive:" + archive});
  EXPECT_THAT(sources.directories, SizeIs(1));
  EXPECT_THAT(sources.archives, SizeIs(1));
}

TEST_F(NamedSourcesTest, PartsAreOneArchive) {
  const std::string first = File("r.tar.000");
  const std::string second = File("r.tar.001");
  EXPECT_THAT(Sort({first, second}).archives, ElementsAre(SizeIs(2)));
  // By the name that they have in common.
  EXPECT_THAT(Sort({(directory_.path() / "r.tar").string()}).archives,
              ElementsAre(SizeIs(2)));
}

TEST_F(NamedSourcesTest, ATagMayEndAsPartsOfArchivesDo) {
  const NamedSources sources =
      Sort({"registry.example.com/team/kubespray-files:v1.28.100",
            "10.0.0.5:5000/team/kubespray-images:v0.1.0-2.25.101"});
  ASSERT_THAT(sources.references, SizeIs(2));
  EXPECT_EQ(sources.references[0].tag, "v1.28.100");
}

TEST_F(NamedSourcesTest, AFileThatIsNotThereIsNoReference) {
  for (const std::string& word :
       {std::string("release.tar"), std::string("/nothing/here"),
        std::string("./x"), std::string("oci:nothing"),
        std::string("release.tar.004"), std::string("my-layout")}) {
    EXPECT_TRUE(absl::IsInvalidArgument(SortSources({word}).status())) << word;
  }
  EXPECT_THAT(Sort({"kubespray-files:v1"}).references, SizeIs(1));
  EXPECT_THAT(Sort({}).references, IsEmpty());
}

}  // namespace
}  // namespace kso::cli
