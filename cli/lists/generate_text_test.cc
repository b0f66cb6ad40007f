// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/generate_text.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Generated Lists() {
  Generated generated;
  generated.version = "2.28.1";
  generated.ansible_version = "2.17.3";
  generated.hosts = {"node1", "node2"};
  const std::string digest = "sha256:" + std::string(64, 'a');
  generated.listing.AddFile("https://h/amd64/kubelet", digest, "amd64", {});
  generated.listing.AddFile("https://h/arm64/kubelet", digest, "arm64", {});
  generated.listing.AddFile("https://h/chart.tgz", "", "amd64", {});
  generated.listing.AddImage("quay.io/a/b:v1", {});
  return generated;
}

GenerateReport Report() {
  GenerateReport report;
  report.directory = "my-release";
  return report;
}

TEST(GenerateTextTest, SaysWhatWasWrittenAndWhatIsNext) {
  const std::string text = GenerateText(Lists(), Report());
  EXPECT_THAT(
      text,
      HasSubstr("Wrote my-release for Kubespray 2.28.1, rendered with "
                "ansible-core 2.17.3 for node1, node2:\n"
                "  2 files for amd64, 1 for arm64; hashes are stated for 2 of "
                "3 in all\n"
                "  1 image\n"));
  EXPECT_THAT(text, HasSubstr("\nEverything was settled.\n"));
  EXPECT_THAT(text, HasSubstr("ksoctl plan -f my-release/release.yaml\n"));
  EXPECT_THAT(text,
              AllOf(Not(HasSubstr("as it was")), Not(HasSubstr("overrides")),
                    Not(HasSubstr("Look at these"))));
}

TEST(GenerateTextTest, SaysWhatIsLeftToDo) {
  Generated generated = Lists();
  generated.overridden = {{"kubelet_download_url", "http://mirror/kubelet"}};
  generated.listing.AddUnsettled({"download", "crun_url", "is a loop"});
  generated.listing.AddUnsettled({"", "", "a template is missing"});
  GenerateReport report = Report();
  report.kept_release = true;
  report.smells = {{"files.list:1", "https://h/x", "no hash", "add one"}};
  EXPECT_THAT(
      GenerateText(generated, report),
      AllOf(HasSubstr("The release.yaml that was there is as it was.\n"),
            HasSubstr("  kubelet_download_url: http://mirror/kubelet\n"),
            HasSubstr("  roles/download, crun_url: is a loop\n"),
            HasSubstr("  a template is missing\n"),
            HasSubstr("\nLook at these:\nfiles.list:1: https://h/x: no hash; "
                      "add one\n1 warning\n")));
}

TEST(GenerateTextTest, JsonHasTheSame) {
  Generated generated = Lists();
  generated.overridden = {{"kubelet_download_url", "http://mirror/kubelet"}};
  generated.listing.AddUnsettled({"download", "crun_url", "is a loop"});
  GenerateReport report = Report();
  report.kept_release = true;
  report.smells = {{"files.list:1", "https://h/x", "no hash", "add one"}};
  const auto json = GenerateJson(generated, report);
  EXPECT_EQ(json["directory"], "my-release");
  EXPECT_EQ(json["kubespray"], "2.28.1");
  EXPECT_EQ(json["ansible"], "2.17.3");
  EXPECT_EQ(json["hosts"][1], "node2");
  EXPECT_EQ(json["keptRelease"], true);
  EXPECT_EQ(json["files"]["amd64"], 2);
  EXPECT_EQ(json["files"]["arm64"], 1);
  EXPECT_EQ(json["hashed"], 2);
  EXPECT_EQ(json["images"], 1);
  EXPECT_EQ(json["unsettled"][0]["variable"], "crun_url");
  EXPECT_EQ(json["overridden"][0]["value"], "http://mirror/kubelet");
  EXPECT_EQ(json["warnings"][0]["place"], "files.list:1");
  EXPECT_EQ(json["warnings"][0]["item"], "https://h/x");
  EXPECT_EQ(json["warnings"][0]["what"], "no hash");
  EXPECT_EQ(json["warnings"][0]["advice"], "add one");
}

}  // namespace
}  // namespace kso::cli
