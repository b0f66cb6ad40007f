// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/release_form.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kType[] = "multipart/form-data; boundary=bb";

constexpr char kRelease[] = R"(apiVersion: kso/v1
kind: Release
name: v1
platforms: [linux/amd64]
files:
  base: docker.io/library/nginx:1.25
  lists: {amd64: lists/a.list}
destination: docker://registry.example.com/team
)";

// A form as curl makes it.
class Form {
 public:
  Form& Field(const std::string& name, const std::string& content) {
    return Add(absl::StrCat("name=\"", name, "\""), content);
  }
  Form& File(const std::string& name, const std::string& file,
             const std::string& content) {
    return Add(absl::StrCat("name=\"", name, "\"; filename=\"", file, "\""),
               content);
  }
  absl::StatusOr<v1::SubmitBuildRequest> Read() const {
    return ReadReleaseForm(kType, body_ + "--bb--\r\n");
  }
  std::string Error() const {
    const auto read = Read();
    EXPECT_TRUE(absl::IsInvalidArgument(read.status()));
    return std::string(read.status().message());
  }

 private:
  Form& Add(const std::string& what, const std::string& content) {
    absl::StrAppend(&body_, "--bb\r\nContent-Disposition: form-data; ", what,
                    "\r\n\r\n", content, "\r\n");
    return *this;
  }

  std::string body_;
};

Form GoodForm() {
  return Form()
      .File("release", "release.yaml", kRelease)
      .File("file", "lists/a.list", "https://example.com/x\n");
}

TEST(ReleaseFormTest, ReadsAReleaseAndHowItIsToBeBuilt) {
  const auto request = GoodForm()
                           .Field("buildId", "b1")
                           .Field("planOnly", "true")
                           .Field("fresh", "false")
                           .Field("priority", "-7")
                           .Read();
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->build_id(), "b1");
  EXPECT_TRUE(request->plan_only());
  EXPECT_FALSE(request->fresh());
  EXPECT_EQ(request->priority(), -7);
  EXPECT_EQ(request->release().name(), "v1");
  ASSERT_EQ(request->release().files_size(), 1);
  EXPECT_EQ(request->release().files(0).location(), "lists/a.list:1");
}

TEST(ReleaseFormTest, ABuildMayBeFreshAndIsNoPlanWhereAFormSaysSo) {
  const auto request =
      GoodForm().Field("planOnly", "false").Field("fresh", "true").Read();
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_FALSE(request->plan_only());
  EXPECT_TRUE(request->fresh());
  EXPECT_EQ(request->build_id(), "");
  EXPECT_EQ(request->priority(), 0);
}

TEST(ReleaseFormTest, AFieldIsBoundedUtf8) {
  const auto request =
      GoodForm().Field("buildId", std::string(256, 'x')).Read();
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->build_id(), std::string(256, 'x'));
  EXPECT_THAT(GoodForm().Field("buildId", std::string(257, 'x')).Error(),
              HasSubstr("too long"));
  EXPECT_THAT(GoodForm().Field("buildId", "\xff").Error(),
              HasSubstr("not UTF-8"));
}

TEST(ReleaseFormTest, ProblemsOfTheReleaseAreToldByFileAndLine) {
  EXPECT_THAT(Form().File("release", "my.yaml", kRelease).Error(),
              StartsWith("my.yaml:7: "));
  EXPECT_EQ(Form().File("release", "release.yaml", kRelease).Error(),
            "release.yaml:7: 'lists/a.list': this file was not sent; paths are "
            "relative to the release file");
  EXPECT_THAT(Form()
                  .File("release", "my.yaml", kRelease)
                  .File("file", "lists/a.list", "https://x/y\n\nnot a url\n")
                  .Error(),
              HasSubstr("lists/a.list:3: "));
}

TEST(ReleaseFormTest, AReleaseWithoutANameIsReleaseYaml) {
  EXPECT_THAT(Form().Field("release", "kind: [").Error(),
              HasSubstr("release.yaml:"));
}

TEST(ReleaseFormTest, WhatIsNoFormIsSaidSo) {
  EXPECT_THAT(Form().Error(), HasSubstr("no release.yaml"));
  EXPECT_THAT(GoodForm().Field("file", "x").Error(),
              HasSubstr("without its name"));
  EXPECT_THAT(GoodForm().File("file", "./lists/a.list", "").Error(),
              HasSubstr("sent twice"));
  EXPECT_THAT(GoodForm().File("release", "other.yaml", kRelease).Error(),
              HasSubstr("twice"));
  EXPECT_THAT(GoodForm().Field("buildId", "a").Field("buildId", "b").Error(),
              HasSubstr("the field buildId is there twice"));
  EXPECT_THAT(GoodForm().Field("planOnly", "yes").Error(),
              HasSubstr("write true or false"));
  EXPECT_THAT(GoodForm().Field("priority", "1e3").Error(),
              HasSubstr("write a number"));
  EXPECT_THAT(GoodForm().Field("buildId", std::string(300, 'x')).Error(),
              HasSubstr("too long"));
  EXPECT_THAT(GoodForm().Field("submittedBy", "me").Error(),
              HasSubstr("there is no field 'submittedBy'"));
}

}  // namespace
}  // namespace kso::coordinator
