// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/image_mentions.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> TextsOf(std::string_view content) {
  std::vector<std::string> texts;
  for (const ImageMention& mention : FindImageMentions(content)) {
    texts.push_back(mention.text);
  }
  return texts;
}

TEST(ImageMentionsTest, FindsTheImageOfAContainer) {
  EXPECT_THAT(TextsOf("  image: {{ a_image_repo }}:{{ a_image_tag }}\n"
                      "  - image: \"{{ b }}\"\n"
                      "    \"image\": 'quay.io/x/y:1'\n"),
              ElementsAre("{{ a_image_repo }}:{{ a_image_tag }}", "{{ b }}",
                          "quay.io/x/y:1"));
}

TEST(ImageMentionsTest, FindsImagesInFlagsSettingsAndCommands) {
  EXPECT_THAT(
      TextsOf("  - --acme-http01-solver-image=quay.io/x/solver:v1\n"
              "    sandbox_image = \"{{ pause_repo }}:{{ pause_tag }}\"\n"
              "docker run --rm {{ etcd_image_repo }}:{{ etcd_tag }} \\\n"
              "  args: [--helper-image={{ helper }}]\n"),
      ElementsAre("quay.io/x/solver:v1", "{{ pause_repo }}:{{ pause_tag }}",
                  "{{ etcd_image_repo }}:{{ etcd_tag }}", "{{ helper }}"));
}

TEST(ImageMentionsTest, JoinsRepositoryAndTagOfAChartsValues) {
  EXPECT_THAT(
      TextsOf("relay:\n"
              "  image:\n"
              "    repository: {{ relay_repo }}\n"
              "    tag: {{ relay_tag }}\n"
              "  image:\n"
              "    registry: quay.io\n"
              "    repository: a/b\n"
              "    tag: \"v2\"\n"
              "next: true\n"),
      ElementsAre("{{ relay_repo }}:{{ relay_tag }}", "quay.io/a/b:v2"));
}

TEST(ImageMentionsTest, TakesNoOtherKeyForAnImage) {
  EXPECT_THAT(TextsOf("imagePullPolicy: IfNotPresent\n"
                      "image = \"/opt/kata/kata-containers.img\"\n"
                      "image:\n"
                      "  description: an image, such as a/b:c\n"
                      "# image: quay.io/x/y:1\n"
                      "{# image: quay.io/x/y:1 #}\n"
                      "image: |\n"
                      "image_volumes = \"mkdir\"\n"),
              IsEmpty());
}

TEST(ImageMentionsTest, SaysWhichConditionsStandAroundAnImage) {
  const auto mentions = FindImageMentions(
      "{% if a %}\n"
      "image: x/a:1\n"
      "{% elif b %}\n"
      "image: x/b:1\n"
      "{%- else -%}\n"
      "image: x/c:1\n"
      "{% endif %}\n"
      "{% for n in nodes %}\n"
      "{% if\n"
      "   c %}\n"
      "image: x/d:1\n"
      "{% endif %}{% endfor %}\n"
      "image: x/e:1\n");
  ASSERT_EQ(mentions.size(), 5u);
  EXPECT_THAT(mentions[0].conditions, ElementsAre("a"));
  EXPECT_THAT(mentions[1].conditions, ElementsAre("not (a)", "b"));
  EXPECT_THAT(mentions[2].conditions, ElementsAre("not (a)", "not (b)"));
  EXPECT_THAT(mentions[3].conditions, ElementsAre("c"));
  EXPECT_THAT(mentions[4].conditions, IsEmpty());
  EXPECT_EQ(mentions[4].line, 13);
}

TEST(ImageMentionsTest, KeepsAConditionThatStandsInTheNameItself) {
  EXPECT_THAT(TextsOf("image: {% if dpdk %}{{ d_repo }}:{{ d }}{% else %}{{ "
                      "n_repo }}:{{ n }}{% endif %}\n"),
              ElementsAre("{% if dpdk %}{{ d_repo }}:{{ d }}{% else %}{{ "
                          "n_repo }}:{{ n }}{% endif %}"));
}

TEST(ImageMentionsTest, BringsTheAssignmentsThatItNeedsAndNoOthers) {
  const auto mentions = FindImageMentions(
      "{% set tag = base ~ '-x' %}\n"
      "{% set base = 'v1' %}\n"
      "{% set other = item.nothing %}\n"
      "image: x/a:{{ tag }}\n");
  ASSERT_EQ(mentions.size(), 1u);
  EXPECT_EQ(mentions[0].text, "{% set tag = base ~ '-x' %}x/a:{{ tag }}");
  EXPECT_EQ(mentions[0].shown, "x/a:{{ tag }}");
}

}  // namespace
}  // namespace kso::cli
