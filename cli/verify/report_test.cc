// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/report.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ImageReport Good() {
  ImageReport report;
  report.top.set_digest("sha256:aa");
  PlatformReport& platform = report.platforms.emplace_back();
  platform.manifest.set_digest("sha256:bb");
  platform.manifest.mutable_platform()->set_os("linux");
  platform.manifest.mutable_platform()->set_architecture("arm64");
  platform.layers = 1;
  platform.bytes = 2048;
  return report;
}

TEST(ReportTest, AGoodImageIsThereByteForByte) {
  EXPECT_EQ(ReportText("r.example/a:v1", Good(), /*quick=*/false),
            "r.example/a:v1\n"
            "  digest  sha256:aa\n"
            "  linux/arm64  sha256:bb  1 layer, 2.0 KiB: ok\n"
            "Everything is there, byte for byte.\n");
  EXPECT_THAT(ReportText("r.example/a:v1", Good(), /*quick=*/true),
              HasSubstr("\nEverything is there.\n"));
}

TEST(ReportTest, ProblemsStandWithWhatTheyAreOf) {
  ImageReport report = Good();
  report.platforms[0].problems = {"a layer is gone"};
  report.problems = {"there is no linux/amd64"};
  const std::string text = ReportText("r.example/a:v1", report, false);
  EXPECT_THAT(text, HasSubstr(": NOT OK\n    a layer is gone\n"));
  EXPECT_THAT(text, HasSubstr("\n  there is no linux/amd64\n"));
  EXPECT_THAT(text, HasSubstr("The image is not what it promises.\n"));
  report.top.clear_digest();
  EXPECT_THAT(ReportText("r.example/a:v1", report, false),
              HasSubstr("The image could not be checked.\n"));
  const auto json = ReportJson("r.example/a:v1", report);
  EXPECT_EQ(json["ok"], false);
  EXPECT_EQ(json["problems"][0], "there is no linux/amd64");
  EXPECT_EQ(json["platforms"][0]["problems"][0], "a layer is gone");
}

TEST(ReportTest, FindingsAndNotesAreTold) {
  ImageReport report = Good();
  report.checks = {"two files are those of the list"};
  report.notes = {"one file has no checksum"};
  const std::string text = ReportText("a", report, false);
  EXPECT_THAT(text, HasSubstr("\n  found: two files are those of the list\n"));
  EXPECT_THAT(text, HasSubstr("\n  note: one file has no checksum\n"));
  const auto json = ReportJson("a", report);
  EXPECT_EQ(json["digest"], "sha256:aa");
  EXPECT_EQ(json["checks"][0], "two files are those of the list");
  EXPECT_EQ(json["notes"][0], "one file has no checksum");
  const auto& platform = json["platforms"][0];
  EXPECT_EQ(platform["platform"], "linux/arm64");
  EXPECT_EQ(platform["digest"], "sha256:bb");
  EXPECT_EQ(platform["layers"], 1);
  EXPECT_EQ(platform["bytes"], 2048);
}

TEST(ReportTest, ARunSaysHowAndWithoutWhat) {
  ImageReport report = Good();
  report.platforms[0].run.emplace();
  report.platforms[0].run->native = true;
  report.platforms[0].run->checks = {"it starts", "it answers"};
  report.platforms[0].run->missing_fences = {"network of its own"};
  EXPECT_THAT(ReportText("a", report, false),
              HasSubstr("    ran natively: it starts, it answers\n"
                        "    without a network of its own\n"));
  auto json = ReportJson("a", report)["platforms"][0];
  EXPECT_EQ(json["native"], true);
  EXPECT_EQ(json["checks"][1], "it answers");
  EXPECT_EQ(json["missingFences"][0], "network of its own");
  EXPECT_FALSE(json.contains("notRun"));
  report.platforms[0].run->native = false;
  EXPECT_THAT(ReportText("a", report, false), HasSubstr("    ran emulated: "));
  report.platforms[0].run.reset();
  report.platforms[0].not_run = "there is no runc";
  EXPECT_THAT(ReportText("a", report, false),
              HasSubstr("    not run: there is no runc\n"));
  json = ReportJson("a", report)["platforms"][0];
  EXPECT_EQ(json["notRun"], "there is no runc");
  EXPECT_FALSE(json.contains("native"));
}

TEST(ReportTest, ProgramsAreTold) {
  using Outcome = ProgramReport::Outcome;
  ImageReport report = Good();
  EXPECT_FALSE(ReportJson("a", report).contains("programs"));
  for (const Outcome outcome : {Outcome::kAnswered, Outcome::kNoAnswer,
                                Outcome::kBroken, Outcome::kNotRun}) {
    ProgramReport& program = report.programs.emplace_back();
    program.path = "kubelet";
    program.platform = "linux/arm64";
    program.outcome = outcome;
    program.native = true;
  }
  report.programs[0].arguments = "--version";
  report.programs[0].last_line = "Kubernetes v1.29.5";
  const std::string text = ReportText("a", report, false);
  EXPECT_THAT(text, HasSubstr("  answered   natively  kubelet --version  "
                              "Kubernetes v1.29.5\n"));
  EXPECT_THAT(text, HasSubstr("  no-answer  natively  kubelet"));
  EXPECT_THAT(text, HasSubstr("  broken     natively  kubelet"));
  EXPECT_THAT(text, HasSubstr("  not-run              kubelet"));
  const auto json = ReportJson("a", report)["programs"];
  ASSERT_EQ(json.size(), 4u);
  EXPECT_EQ(json[0]["outcome"], "answered");
  EXPECT_EQ(json[0]["lastLine"], "Kubernetes v1.29.5");
  EXPECT_EQ(json[3]["outcome"], "not-run");
}

TEST(ReportTest, SignaturesAreToldWhereTheyWereChecked) {
  ImageReport report = Good();
  EXPECT_THAT(ReportText("a", report, false), Not(HasSubstr("signed")));
  EXPECT_FALSE(ReportJson("a", report).contains("signed"));
  report.is_signed = true;
  EXPECT_THAT(ReportText("a", report, false),
              HasSubstr("  signed by the key\n"));
  report.attested = {"sbom", "provenance"};
  EXPECT_THAT(ReportText("a", report, false),
              HasSubstr("  signed by the key, attested: sbom, provenance\n"));
  EXPECT_EQ(ReportJson("a", report)["attested"][1], "provenance");
}

TEST(ReportTest, AVerificationIsRightWhenAllItsImagesAre) {
  const ImageReport good = Good();
  ImageReport bad = Good();
  bad.problems = {"gone"};
  VerificationSummary summary;
  summary.level = "static";
  summary.images = {{"a", &good}};
  EXPECT_TRUE(summary.ok());
  // Of one image, its fields stand at the top, too.
  EXPECT_EQ(VerificationJson(summary)["reference"], "a");
  EXPECT_EQ(VerificationJson(summary)["ok"], true);
  summary.images.push_back({"b", &bad});
  EXPECT_FALSE(summary.ok());
  summary.not_run = "there is no runc";
  const auto json = VerificationJson(summary);
  EXPECT_FALSE(json.contains("reference"));
  EXPECT_EQ(json["ok"], false);
  EXPECT_EQ(json["level"], "static");
  EXPECT_EQ(json["notRun"], "there is no runc");
  EXPECT_EQ(json["images"][1]["reference"], "b");
  const std::string text = VerificationText(summary);
  EXPECT_THAT(text, HasSubstr("Nothing was run (level static): there is no"));
  EXPECT_THAT(text, HasSubstr("byte for byte"));
  summary.level = "quick";
  summary.not_run.clear();
  EXPECT_THAT(VerificationText(summary), Not(HasSubstr("byte for byte")));
  EXPECT_THAT(VerificationText(summary), Not(HasSubstr("Nothing was run")));
}

}  // namespace
}  // namespace kso::cli
