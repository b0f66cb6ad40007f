// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/list_plan.h"

#include <filesystem>
#include <fstream>
#include <map>

#include "cli/lists/kubespray_checkout.h"
#include "cli/lists/listing.h"
#include "cli/lists/render_request.h"
#include "cli/lists/role_tree.h"
#include "common/text/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// A checkout whose questions the test answers in place of Ansible.
class ListPlanTest : public ::testing::Test {
 protected:
  ListPlanTest() {
    Write("playbooks/cluster.yml",
          "- hosts: all\n  roles: [kubespray_defaults, apps]\n");
  }

  void Write(const std::string& name, const std::string& content) {
    const auto file = directory_.path() / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content;
  }

  void WriteDownloads(const std::string& entries) {
    Write("roles/kubespray_defaults/defaults/main/download.yml",
          "downloads:\n" + entries);
  }

  // Makes the lists, where templates mean what `values` says, and what it does
  // not say is as it is written. A value "!x" is an error.
  Listing Make(const std::map<std::string, std::string>& values,
               Scope scope = Scope::kEnabled) {
    Listing listing;
    const auto checkout = OpenKubesprayCheckout(directory_.path());
    const auto tree = ReadRoleTree(directory_.path());
    EXPECT_TRUE(checkout.ok()) << checkout.status();
    EXPECT_TRUE(tree.ok()) << tree.status();
    if (!checkout.ok() || !tree.ok()) return listing;
    const auto plan = ListPlan::Make(*checkout, *tree, scope);
    EXPECT_TRUE(plan.ok()) << plan.status();
    const auto request = ParseJson(plan->Request({}));
    EXPECT_TRUE(request.ok()) << request.status();
    if (!request.ok()) return listing;
    RenderAnswer answer;
    answer.architecture = "arm64";
    for (const Json& expression : (*request)["expressions"]) {
      const std::string text = StringOf(expression, "text");
      const auto found = values.find(text);
      Rendered& rendered = answer.values[std::stoi(StringOf(expression, "id"))];
      rendered.value = found == values.end() ? text : found->second;
      if (rendered.value.starts_with("!")) {
        rendered = {"", rendered.value.substr(1)};
      }
    }
    plan->AddTo(answer, listing);
    return listing;
  }

  static std::string When(const std::string& condition) {
    return "{% if " + condition + " %}true{% else %}false{% endif %}";
  }

  static std::vector<std::string> Images(const Listing& listing) {
    std::vector<std::string> found;
    for (const ListedImage& image : listing.images()) {
      found.push_back(image.reference);
    }
    return found;
  }

  testing::TempDirectory directory_;
};

TEST_F(ListPlanTest, ListsWhatIsEnabledWithItsHashAndReason) {
  WriteDownloads(
      "  on: {enabled: true, file: true, url: '{{ on_url }}', checksum: c}\n"
      "  off: {enabled: '{{ off }}', file: true, url: 'https://h/off'}\n");
  const Listing listing = Make({{"{{ on_url }}", "https://h/on"},
                                {"c", std::string(64, 'A')},
                                {"{{ off }}", "False"}});
  ASSERT_EQ(listing.files().size(), 1u);
  const ListedFile& file = listing.files()[0];
  EXPECT_EQ(file.url, "https://h/on");
  EXPECT_EQ(file.digest, "sha256:" + std::string(64, 'a'));
  EXPECT_THAT(file.architectures, ElementsAre("arm64"));
  EXPECT_EQ(file.reason.ToString(), "on, roles/kubespray_defaults, on_url");
}

TEST_F(ListPlanTest, TakesHashesInAllFormsAndNoneForZero) {
  WriteDownloads(
      "  a: {enabled: true, file: true, url: 'https://h/a', sha256: a}\n"
      "  b: {enabled: true, file: true, url: 'https://h/b', checksum: b}\n"
      "  c: {enabled: true, file: true, url: 'https://h/c', checksum: c}\n"
      "  d: {enabled: true, file: true, url: 'https://h/d', checksum: d}\n");
  const Listing listing = Make({{"a", std::string(64, '1')},
                                {"b", "sha512:" + std::string(128, '2')},
                                {"c", "0"},
                                {"d", "!'dict' has no attribute '9.9'"}});
  std::vector<std::string> digests;
  for (const ListedFile& file : listing.files()) digests.push_back(file.digest);
  EXPECT_THAT(digests, ElementsAre("sha256:" + std::string(64, '1'),
                                   "sha512:" + std::string(128, '2'), "", ""));
}

TEST_F(ListPlanTest, AnEntryIsAFileOrAnImageAndInListsOfEverythingBoth) {
  WriteDownloads(
      "  etcd: {enabled: true, file: '{{ f }}', container: '{{ c }}', "
      "url: 'https://h/etcd', repo: q.io/etcd, tag: v1}\n");
  const std::map<std::string, std::string> values = {{"{{ f }}", "true"},
                                                     {"{{ c }}", "false"}};
  EXPECT_THAT(Images(Make(values)), IsEmpty());
  EXPECT_EQ(Make(values).files().size(), 1u);
  EXPECT_THAT(Images(Make(values, Scope::kEverything)),
              ElementsAre("q.io/etcd:v1"));
}

TEST_F(ListPlanTest, AnImageWithADigestIsPulledByIt) {
  WriteDownloads(
      "  x: {enabled: true, container: true, repo: q.io/x, tag: v1, "
      "checksum: d}\n");
  EXPECT_THAT(Images(Make({{"d", std::string(64, 'a')}})),
              ElementsAre("q.io/x:v1@sha256:" + std::string(64, 'a')));
}

TEST_F(ListPlanTest, ReportsAnEntryThatCannotBeRenderedUnlessItIsOff) {
  WriteDownloads(
      "  x: {enabled: '{{ on }}', container: true, repo: q.io/x, "
      "tag: '{{ t }}'}\n");
  const auto values = [](const std::string& on) {
    return std::map<std::string, std::string>{
        {"{{ on }}", on}, {"{{ t }}", "!'x_version' is undefined"}};
  };
  EXPECT_THAT(Make(values("false")).unsettled(), IsEmpty());
  const Listing listing = Make(values("true"));
  ASSERT_EQ(listing.unsettled().size(), 1u);
  EXPECT_EQ(listing.unsettled().begin()->role, "kubespray_defaults");
  EXPECT_EQ(listing.unsettled().begin()->variable, "x_version");
}

class MentionTest : public ListPlanTest {
 protected:
  MentionTest() {
    WriteDownloads(
        "  dns: {enabled: '{{ dns }}', container: true, repo: r.io/dns, "
        "tag: v1}\n");
    Write("roles/apps/meta/main.yml",
          "dependencies:\n  - {role: apps/one, when: one_on}\n");
    Write("roles/apps/one/tasks/main.yml",
          "- template: src=a.yml.j2\n  when: a_on\n");
    Write("roles/apps/one/templates/a.yml.j2", "image: q.io/a:v1\n");
    Write("roles/apps/one/templates/unnamed.yml.j2",
          "image: q.io/b:v1\nimage: r.io/dns:v1\n");
  }

  Listing MakeWith(const std::string& one, const std::string& a,
                   Scope scope = Scope::kEnabled) {
    return Make(
        {{When("one_on"), one}, {When("a_on"), a}, {"{{ dns }}", "false"}},
        scope);
  }
};

TEST_F(MentionTest, AnImageIsListedWhereItsRoleAndTaskMayRun) {
  EXPECT_THAT(Images(MakeWith("true", "true")),
              UnorderedElementsAre("q.io/a:v1", "q.io/b:v1"));
  EXPECT_THAT(Images(MakeWith("true", "false")), ElementsAre("q.io/b:v1"));
  EXPECT_THAT(Images(MakeWith("false", "true")), IsEmpty());
}

TEST_F(MentionTest, WhatCannotBeToldIsTakenAsAskedFor) {
  EXPECT_THAT(Images(MakeWith("!'facts' is undefined", "!no")),
              UnorderedElementsAre("q.io/a:v1", "q.io/b:v1"));
}

TEST_F(MentionTest, ListsOfEverythingDoNotAskWhatIsEnabled) {
  EXPECT_THAT(Images(MakeWith("false", "false", Scope::kEverything)),
              UnorderedElementsAre("q.io/a:v1", "q.io/b:v1", "r.io/dns:v1"));
}

TEST_F(MentionTest, AConditionOnAVersionHoldsAlsoForListsOfEverything) {
  Write("roles/apps/meta/main.yml",
        "dependencies:\n  - role: apps/one\n"
        "    when: [one_on, \"v is version('1.29', '<')\"]\n");
  EXPECT_THAT(Images(Make({{When("one_on"), "false"},
                           {When("v is version('1.29', '<')"), "false"},
                           {"{{ dns }}", "false"}},
                          Scope::kEverything)),
              ElementsAre("r.io/dns:v1"));
}

TEST_F(MentionTest, SaysWhichImageHasNoNameWithoutARunningCluster) {
  Write("roles/apps/one/templates/a.yml.j2", "image: {{ chosen }}\n");
  const Listing listing = Make({{When("one_on"), "true"},
                                {When("a_on"), "true"},
                                {"{{ dns }}", "false"},
                                {"{{ chosen }}", "!'chosen' is undefined"}});
  ASSERT_EQ(listing.unsettled().size(), 1u);
  EXPECT_EQ(listing.unsettled().begin()->role, "apps/one");
  EXPECT_EQ(listing.unsettled().begin()->variable, "chosen");
  EXPECT_EQ(listing.unsettled().begin()->why,
            "roles/apps/one/templates/a.yml.j2:1: 'chosen' is undefined");
}

TEST_F(MentionTest, AnImageInPlaceOfRepositoryAndTagNeedsNoTag) {
  const std::string text =
      "{% if x_repo is defined %}{{ x_repo }}:{{ t }}{% else %}busybox{% endif "
      "%}";
  Write("roles/apps/one/templates/a.yml.j2",
        "image: " + text + "\nimage: {{ on }}\n");
  EXPECT_THAT(
      Images(Make({{When("one_on"), "true"},
                   {When("a_on"), "true"},
                   {"{{ dns }}", "false"},
                   {text, "busybox"},
                   {"{{ on }}", "false"}})),
      UnorderedElementsAre("docker.io/library/busybox:latest", "q.io/b:v1"));
}

TEST_F(MentionTest, FollowsARoleWhoseNameIsATemplate) {
  Write("roles/apps/meta/main.yml",
        "dependencies:\n  - role: 'apps/{{ which }}'\n");
  const std::map<std::string, std::string> values = {
      {"apps/{{ which }}", "apps/one"},
      {When("a_on"), "true"},
      {"{{ dns }}", "false"}};
  EXPECT_THAT(Images(Make(values)),
              UnorderedElementsAre("q.io/a:v1", "q.io/b:v1"));
}

}  // namespace
}  // namespace kso::cli
