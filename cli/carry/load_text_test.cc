// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/load_text.h"

#include <string>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

v1::Destination Registry() {
  v1::Destination destination;
  destination.set_kind(v1::Destination::REGISTRY);
  destination.set_location("10.0.0.5:5000/team");
  return destination;
}

TEST(LoadTextTest, NamesTheImagesAndWhatMoved) {
  LoadReport report;
  report.images = {{"team/kubespray-files", "v1", "sha256:aa"},
                   {"team/kubespray-images", "v1-all", "sha256:bb"}};
  report.pushed = 3;
  report.bytes_pushed = 2048;
  report.there = 1;
  EXPECT_EQ(LoadText(Registry(), report),
            "10.0.0.5:5000/team/kubespray-files:v1       sha256:aa\n"
            "10.0.0.5:5000/team/kubespray-images:v1-all  sha256:bb\n"
            "Pushed 3 blobs, 2.0 KiB; 1 blob was there.\n");
}

TEST(LoadTextTest, TellsOfMountsAndNotesWhereThereAreSome) {
  LoadReport report;
  report.images = {{"team/kubespray-files", "v1", "sha256:aa"}};
  report.pushed = 1;
  report.bytes_pushed = 5;
  report.mounted = 1;
  report.notes = {"latest stays\x1b[2J where it is"};
  const std::string text = LoadText(Registry(), report);
  EXPECT_NE(text.find("Pushed 1 blob, 5 B; 0 blobs were there, and 1 blob in "
                      "another repository.\nNote: latest stays"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(LoadTextTest, JsonHasTheSame) {
  LoadReport report;
  report.images = {{"team/kubespray-files", "v1", "sha256:aa"}};
  report.pushed = 1;
  report.bytes_pushed = 5;
  report.there = 2;
  report.mounted = 3;
  report.notes = {"latest stays"};
  const nlohmann::ordered_json image = {
      {"reference", "10.0.0.5:5000/team/kubespray-files:v1"},
      {"digest", "sha256:aa"}};
  const nlohmann::ordered_json expected = {
      {"images", nlohmann::ordered_json::array({image})},
      {"bytesPushed", 5},
      {"blobsPushed", 1},
      {"blobsThere", 2},
      {"blobsMounted", 3},
      {"notes", nlohmann::ordered_json::array({"latest stays"})}};
  EXPECT_EQ(LoadJson(Registry(), report), expected);
  EXPECT_EQ(LoadJson(Registry(), LoadReport())["images"],
            nlohmann::ordered_json::array());
}

}  // namespace
}  // namespace kso::cli
