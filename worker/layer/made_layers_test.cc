#include "worker/layer/made_layers.h"

#include "gtest/gtest.h"

namespace kso::worker {
namespace {

std::vector<MadeFile> Files(const std::string& name, int count) {
  return std::vector<MadeFile>(count,
                               {.path = name, .blob = Sha256Of("content")});
}

TEST(MadeLayersTest, FindsWhatWasMade) {
  MadeLayers layers;
  EXPECT_FALSE(layers.Find("sha256:1", "tar 1").has_value());
  layers.Add("sha256:1", "tar 1", Files("one", 1));
  layers.Add("sha256:2", "tar 2", Files("two", 2));
  EXPECT_EQ(layers.Find("sha256:1", "tar 1")->at(0).path, "one");
  EXPECT_EQ(layers.Find("sha256:2", "tar 2")->size(), 2);
  EXPECT_FALSE(layers.Find("sha256:2", "tar 1").has_value());
}

TEST(MadeLayersTest, ForgetsTheOldest) {
  MadeLayers layers(/*most_files=*/3);
  layers.Add("sha256:1", "tar 1", Files("one", 1));
  layers.Add("sha256:2", "tar 2", Files("two", 2));
  // It is the newest then.
  layers.Add("sha256:1", "tar 1", Files("one", 1));
  layers.Add("sha256:3", "tar 3", Files("three", 1));
  EXPECT_TRUE(layers.Find("sha256:1", "tar 1").has_value());
  EXPECT_FALSE(layers.Find("sha256:2", "tar 2").has_value());
  EXPECT_TRUE(layers.Find("sha256:3", "tar 3").has_value());
  layers.Add("sha256:4", "tar 4", Files("four", 4));
  EXPECT_FALSE(layers.Find("sha256:4", "tar 4").has_value());
}

}  // namespace
}  // namespace kso::worker
