// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/result_check.h"

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "common/base/sizes.h"
#include "common/bytes/digest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/made_layer.h"
#include "tests/fakes/resolved_release.h"

namespace kso::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

std::string Said(const absl::Status& status) {
  return std::string(status.message());
}

// A text of so many bytes.
std::string TextOf(size_t bytes) { return std::string(bytes, 'x'); }

// The bounds of names, and of messages.
constexpr size_t kName = 255;
constexpr size_t kText = 4096;

// A change to a result that is at a bound, with a number one over it.
struct Bound {
  std::string of;
  int at = 0;
  std::function<void(v1::TaskResult&, int)> set = nullptr;
};

// A result passes with each bound reached, and does not one over it.
void ExpectBounds(const v1::Task& task, const v1::TaskResult& good,
                  const std::vector<Bound>& bounds) {
  for (const Bound& bound : bounds) {
    v1::TaskResult changed = good;
    bound.set(changed, bound.at);
    EXPECT_TRUE(CheckResult(task, changed).ok())
        << bound.of << ": " << CheckResult(task, changed);
    changed = good;
    bound.set(changed, bound.at + 1);
    EXPECT_THAT(Said(CheckResult(task, changed)),
                HasSubstr("does not fit its task"))
        << bound.of;
  }
}

v1::Task LayerTask() {
  v1::Task task;
  v1::MakeLayer& layer = *task.mutable_make_layer();
  layer.set_media_type("application/vnd.oci.image.layer.v1.tar+gzip");
  v1::LayerMember& file = *layer.add_members();
  file.set_path("opt/file");
  file.mutable_file()->set_url("https://dl.example.com/a");
  file.mutable_file()->set_digest(Sha256Of("a").ToString());
  v1::LayerMember& other = *layer.add_members();
  other.set_path("opt/other");
  other.mutable_file()->set_url("https://dl.example.com/b");
  v1::LayerMember& blob = *layer.add_members();
  blob.set_path("opt/blob");
  blob.mutable_blob()->mutable_blob()->set_digest(Sha256Of("blob").ToString());
  blob.mutable_blob()->mutable_blob()->set_size(4);
  v1::LayerMember& content = *layer.add_members();
  content.set_path("opt/content");
  content.set_content("made by the farm");
  v1::LayerMember& other_kind = *layer.add_members();
  other_kind.set_path("opt/sha512");
  other_kind.mutable_file()->set_url("https://dl.example.com/c");
  other_kind.mutable_file()->set_digest("sha512:" + std::string(128, 'a'));
  return task;
}

TEST(ResultCheckTest, ALayerIsComparedWithWhatWasAskedFor) {
  const v1::Task task = LayerTask();
  v1::TaskResult good;
  *good.mutable_made_layer() = kso::testing::MadeOf(task);
  EXPECT_TRUE(CheckResult(task, good).ok()) << CheckResult(task, good);

  using Change = std::function<void(v1::MadeLayer&)>;
  const std::vector<Change> changes = {
      [](auto& made) { made.mutable_members()->RemoveLast(); },
      [](auto& made) { made.add_members(); },
      [](auto& made) { made.mutable_members(0)->set_path("../etc/passwd"); },
      [](auto& made) { made.mutable_members()->SwapElements(0, 1); },
      [](auto& made) {
        made.mutable_members(0)->set_digest(Sha256Of("x").ToString());
      },
      [](auto& made) {
        made.mutable_members(2)->set_digest(Sha256Of("x").ToString());
      },
      [](auto& made) { made.mutable_members(1)->set_digest("sha256:../.."); },
      [](auto& made) { made.mutable_members(1)->clear_digest(); },
      [](auto& made) { made.mutable_members(2)->set_size(5); },
      [](auto& made) {
        made.mutable_members(3)->set_digest(Sha256Of("x").ToString());
      },
      [](auto& made) { made.mutable_members(3)->set_size(1); },
      [](auto& made) {
        made.mutable_members(4)->set_sha512("sha512:" + std::string(128, 'b'));
      },
      [](auto& made) { made.mutable_members(1)->set_size(-1); },
      [](auto& made) { made.mutable_members(1)->set_size(kMost); },
      [](auto& made) { made.set_diff_id("md5:0"); },
      [](auto& made) { made.mutable_layer()->set_digest("latest"); },
      [](auto& made) { made.mutable_layer()->set_size(kLargestContent + 1); },
      [](auto& made) { made.mutable_layer()->set_media_type("text/html"); },
      [](auto& made) {
        made.mutable_made_on()->set_architecture(std::string(17, 'a'));
      },
      [](auto& made) { made.Clear(); }};
  for (size_t i = 0; i < changes.size(); ++i) {
    v1::TaskResult bad = good;
    changes[i](*bad.mutable_made_layer());
    EXPECT_THAT(Said(CheckResult(task, bad)),
                HasSubstr("does not fit its task"))
        << i;
  }
}

TEST(ResultCheckTest, ALayerMayBeOfAnySizeThatThereIs) {
  v1::Task task = LayerTask();
  v1::LayerMember& none = *task.mutable_make_layer()->add_members();
  none.set_path("opt/none");
  none.mutable_blob()->mutable_blob()->set_digest(Sha256Of("").ToString());
  v1::TaskResult result;
  *result.mutable_made_layer() = kso::testing::MadeOf(task);
  v1::MadeLayer& made = *result.mutable_made_layer();
  for (const int64_t size : {int64_t{0}, kLargestContent}) {
    made.mutable_layer()->set_size(size);
    made.mutable_members(0)->set_size(size);
    EXPECT_TRUE(CheckResult(task, result).ok()) << CheckResult(task, result);
  }
  // An older worker does not tell the sha512 of what it fetched.
  made.mutable_members(4)->clear_sha512();
  EXPECT_TRUE(CheckResult(task, result).ok()) << CheckResult(task, result);
  // That a blob is empty is stated, too.
  made.mutable_members(5)->set_size(1);
  EXPECT_THAT(Said(CheckResult(task, result)), HasSubstr("1 bytes, not 0"));
}

TEST(ResultCheckTest, ASha512IsComparedToo) {
  const std::string stated = "sha512:" + std::string(128, 'a');
  for (const bool waived : {false, true}) {
    v1::Task task = LayerTask();
    v1::FileSource& file =
        *task.mutable_make_layer()->mutable_members(0)->mutable_file();
    file.clear_digest();
    (waived ? *file.mutable_waived_digest() : *file.mutable_digest()) = stated;
    v1::TaskResult result;
    *result.mutable_made_layer() = kso::testing::MadeOf(task);
    v1::MadeMember& made = *result.mutable_made_layer()->mutable_members(0);
    made.set_sha512(stated);
    EXPECT_TRUE(CheckResult(task, result).ok()) << CheckResult(task, result);
    // A waived file may be another one, which has to be named.
    made.set_sha512("sha512:" + std::string(128, 'b'));
    EXPECT_EQ(CheckResult(task, result).ok(), waived);
    for (const std::string bad : {"sha512:b", "b"}) {
      made.set_sha512(bad);
      EXPECT_FALSE(CheckResult(task, result).ok()) << bad;
    }
  }
}

TEST(ResultCheckTest, WhatWasFoundInAFileIsBounded) {
  const v1::Task task = LayerTask();
  v1::TaskResult good;
  *good.mutable_made_layer() = kso::testing::MadeOf(task);
  v1::FileContent& content =
      *good.mutable_made_layer()->mutable_members(0)->mutable_content();
  for (const char* architecture : {"amd64", "arm64"}) {
    v1::FoundPrograms& found = *content.add_programs();
    found.set_architecture(architecture);
    found.set_count(2);
    found.set_executables(1);
    found.set_example("bin/ctr");
  }
  EXPECT_TRUE(CheckResult(task, good).ok()) << CheckResult(task, good);

  using Change = std::function<void(v1::FileContent&)>;
  const std::vector<Change> changes = {
      [](auto& bad) { bad.mutable_programs()->SwapElements(0, 1); },
      [](auto& bad) { bad.mutable_programs(1)->set_architecture("amd64"); },
      [](auto& bad) { bad.mutable_programs(0)->set_architecture("a\nb"); },
      [](auto& bad) { bad.mutable_programs(0)->clear_architecture(); },
      [](auto& bad) { bad.mutable_programs(0)->set_count(0); },
      [](auto& bad) { bad.mutable_programs(0)->set_executables(3); },
      [](auto& bad) { bad.mutable_programs(0)->set_executables(-1); },
      [](auto& bad) {
        bad.mutable_programs(0)->set_example(std::string(1 << 20, 'x'));
      },
      [](auto& bad) { bad.set_not_looked_at(std::string(1 << 20, 'x')); },
      [](auto& bad) {
        for (int i = 100; i < 200; ++i) {
          v1::FoundPrograms& found = *bad.add_programs();
          found.set_architecture("b" + std::to_string(i));
          found.set_count(1);
        }
      },
      [](auto& bad) {
        bad.mutable_programs(0)->set_count(0);
        bad.mutable_programs(0)->set_executables(0);
      }};
  for (size_t i = 0; i < changes.size(); ++i) {
    v1::TaskResult bad = good;
    changes[i](
        *bad.mutable_made_layer()->mutable_members(0)->mutable_content());
    EXPECT_FALSE(CheckResult(task, bad).ok()) << i;
  }
  v1::TaskResult blob = good;
  blob.mutable_made_layer()->mutable_members(2)->mutable_content();
  EXPECT_FALSE(CheckResult(task, blob).ok());

  const auto content_of = [](v1::TaskResult& result) -> v1::FileContent& {
    return *result.mutable_made_layer()->mutable_members(0)->mutable_content();
  };
  ExpectBounds(
      task, good,
      {{.of = "architectures",
        .at = 32,
        .set =
            [&](auto& result, int number) {
              content_of(result).clear_programs();
              for (int i = 0; i < number; ++i) {
                v1::FoundPrograms& found = *content_of(result).add_programs();
                found.set_architecture("b" + std::to_string(100 + i));
                found.set_count(1);
              }
            }},
       {.of = "executables of two programs",
        .at = 2,
        .set =
            [&](auto& result, int number) {
              content_of(result).mutable_programs(0)->set_executables(number);
            }},
       {.of = "an example",
        .at = kText,
        .set =
            [&](auto& result, int number) {
              content_of(result).mutable_programs(0)->set_example(
                  TextOf(number));
            }},
       {.of = "a reason", .at = kText, .set = [&](auto& result, int n) {
          content_of(result).set_not_looked_at(TextOf(n));
        }}});
}

TEST(ResultCheckTest, AnArchitectureIsAShortWordOfSmallLettersAndDigits) {
  const v1::Task task = LayerTask();
  v1::TaskResult result;
  *result.mutable_made_layer() = kso::testing::MadeOf(task);
  v1::FoundPrograms& found = *result.mutable_made_layer()
                                  ->mutable_members(0)
                                  ->mutable_content()
                                  ->add_programs();
  found.set_count(1);
  for (const std::string good : {"a", "z", "0", "9", "ppc64le"}) {
    found.set_architecture(good);
    EXPECT_TRUE(CheckResult(task, result).ok()) << good;
  }
  found.set_architecture(TextOf(16));
  EXPECT_TRUE(CheckResult(task, result).ok());
  found.set_architecture(TextOf(17));
  EXPECT_FALSE(CheckResult(task, result).ok());
  // The neighbours of the letters and the digits.
  for (const std::string bad : {"`", "{", "/", ":", "A", "x86_64"}) {
    found.set_architecture(bad);
    EXPECT_FALSE(CheckResult(task, result).ok()) << bad;
  }
}

TEST(ResultCheckTest, AResultIsOfItsTasksKind) {
  v1::TaskResult result;
  result.mutable_resolved_file();
  EXPECT_EQ(CheckResult(LayerTask(), result).code(),
            absl::StatusCode::kInternal);
  EXPECT_FALSE(CheckResult(LayerTask(), v1::TaskResult()).ok());
  v1::Task copy;
  copy.mutable_copy_blobs();
  result.mutable_copied_blobs();
  EXPECT_TRUE(CheckResult(copy, result).ok());
  result.set_bytes_pushed(-1);
  EXPECT_FALSE(CheckResult(copy, result).ok());
  result.clear_bytes_pushed();
  result.set_bytes_fetched(-1);
  EXPECT_FALSE(CheckResult(copy, result).ok());
}

TEST(ResultCheckTest, NoKindOfTaskTakesTheResultOfAnother) {
  std::vector<v1::Task> tasks(5);
  tasks[0].mutable_resolve_file();
  tasks[1].mutable_resolve_image();
  tasks[2].mutable_make_layer();
  tasks[3].mutable_copy_blobs();
  tasks[4].mutable_verify_image();
  std::vector<v1::TaskResult> results(5);
  results[0].mutable_resolved_file();
  results[1].mutable_resolved_image();
  results[2].mutable_made_layer();
  results[3].mutable_copied_blobs();
  results[4].mutable_verified_image();
  for (size_t i = 0; i < tasks.size(); ++i) {
    for (size_t k = 0; k < results.size(); ++k) {
      const std::string said = Said(CheckResult(tasks[i], results[k]));
      EXPECT_EQ(said.find("of another kind") != std::string::npos, i != k)
          << i << " " << k << " " << said;
    }
  }
}

TEST(ResultCheckTest, AFileIsTheOneThatWasAskedForAndOfAPossibleSize) {
  v1::Task task;
  task.mutable_resolve_file()->set_url("https://dl.example.com/a");
  v1::TaskResult result;
  v1::ResolvedFile& file = *result.mutable_resolved_file();
  file.set_url("https://dl.example.com/a");
  for (const int64_t size : {int64_t{-1}, int64_t{0}, kLargestContent}) {
    file.set_size(size);
    EXPECT_TRUE(CheckResult(task, result).ok()) << size;
  }
  for (const int64_t size : {int64_t{-2}, kLargestContent + 1, kMost}) {
    file.set_size(size);
    EXPECT_FALSE(CheckResult(task, result).ok()) << size;
  }
  file.set_size(1);
  ExpectBounds(
      task, result,
      {{.of = "a tag",
        .at = kText,
        .set =
            [](auto& bad, int number) {
              bad.mutable_resolved_file()->set_etag(TextOf(number));
            }},
       {.of = "a date", .at = kText, .set = [](auto& bad, int number) {
          bad.mutable_resolved_file()->set_last_modified(TextOf(number));
        }}});
  file.set_url("https://dl.example.com/b");
  EXPECT_FALSE(CheckResult(task, result).ok());
}

TEST(ResultCheckTest, DocumentsAreBounded) {
  kso::testing::ResolvedRelease release;
  constexpr char kImage[] = "registry.example.com/pause:3.9";
  release.AddImage(kImage);
  v1::Task task;
  task.mutable_resolve_image()->set_reference(kImage);
  v1::TaskResult result;
  v1::ResolvedImage& image = *result.mutable_resolved_image();
  image = release.resolved.images.at(kImage);
  EXPECT_TRUE(CheckResult(task, result).ok()) << CheckResult(task, result);

  v1::TaskResult absurd = result;
  absurd.mutable_resolved_image()
      ->mutable_top()
      ->mutable_content_descriptor()
      ->set_size(kMost);
  EXPECT_FALSE(CheckResult(task, absurd).ok());

  for (const bool in_index : {false, true}) {
    v1::TaskResult large = result;
    v1::ResolvedImage& large_image = *large.mutable_resolved_image();
    for (v1::Document* document :
         {large_image.mutable_top(), in_index
                                         ? large_image.add_indexes()
                                         : large_image.mutable_manifests(0)}) {
      if (document->content().empty()) *document = large_image.manifests(0);
      document->mutable_content()->append(5 << 20, ' ');
      document->mutable_content_descriptor()->set_size(
          static_cast<int64_t>(document->content().size()));
    }
    const absl::Status status = CheckResult(task, large);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(Said(status), HasSubstr("over the limit of 8.0 MiB"));
  }

  v1::TaskResult many = result;
  for (int i = 0; i < 65; ++i) {
    *many.mutable_resolved_image()->add_indexes() = image.top();
  }
  EXPECT_THAT(Said(CheckResult(task, many)), HasSubstr("65 indexes"));

  // At the limit, and one byte over it.
  const auto padded_to = [&](int64_t bytes) {
    v1::TaskResult at = result;
    v1::Document& top = *at.mutable_resolved_image()->mutable_top();
    for (const v1::Document& manifest : image.manifests()) {
      bytes -= static_cast<int64_t>(manifest.content().size());
    }
    for (const v1::Document& config : image.configs()) {
      bytes -= static_cast<int64_t>(config.content().size());
    }
    top.mutable_content()->resize(static_cast<size_t>(bytes), ' ');
    top.mutable_content_descriptor()->set_size(bytes);
    return at;
  };
  EXPECT_TRUE(CheckResult(task, padded_to(kLargestDocuments)).ok());
  EXPECT_EQ(CheckResult(task, padded_to(kLargestDocuments + 1)).code(),
            absl::StatusCode::kInvalidArgument);
}

// An image with `manifests` manifests, and a config and a licence of each.
v1::ResolvedImage ImageOf(const std::string& reference, int manifests) {
  v1::ResolvedImage image;
  image.set_reference(reference);
  const auto describe = [](v1::Document& document) {
    document.set_content("{}");
    document.mutable_content_descriptor()->set_digest(
        Sha256Of("{}").ToString());
    document.mutable_content_descriptor()->set_size(2);
  };
  describe(*image.mutable_top());
  for (int i = 0; i < manifests; ++i) {
    describe(*image.add_manifests());
    describe(*image.add_configs());
    image.add_licenses("Apache-2.0");
  }
  return image;
}

constexpr char kImageName[] = "registry.example.com/pause:3.9";

v1::Task ImageTask() {
  v1::Task task;
  task.mutable_resolve_image()->set_reference(kImageName);
  return task;
}

TEST(ResultCheckTest, AnImageHasAsManyOfEachAsItMayHave) {
  const v1::Task task = ImageTask();
  v1::TaskResult good;
  *good.mutable_resolved_image() = ImageOf(kImageName, 2);
  EXPECT_TRUE(CheckResult(task, good).ok()) << CheckResult(task, good);
  ExpectBounds(
      task, good,
      {{.of = "manifests",
        .at = 256,
        .set =
            [](auto& result, int number) {
              *result.mutable_resolved_image() = ImageOf(kImageName, number);
            }},
       {.of = "configs of two manifests",
        .at = 2,
        .set =
            [](auto& result, int number) {
              v1::ResolvedImage& image = *result.mutable_resolved_image();
              while (image.configs_size() < number) {
                *image.add_configs() = image.configs(0);
              }
            }},
       {.of = "licences of two manifests",
        .at = 2,
        .set =
            [](auto& result, int number) {
              v1::ResolvedImage& image = *result.mutable_resolved_image();
              while (image.licenses_size() < number) image.add_licenses("MIT");
            }},
       {.of = "a licence",
        .at = kText,
        .set =
            [](auto& result, int number) {
              result.mutable_resolved_image()->set_licenses(1, TextOf(number));
            }},
       {.of = "a media type", .at = kName, .set = [](auto& result, int number) {
          result.mutable_resolved_image()
              ->mutable_top()
              ->mutable_content_descriptor()
              ->set_media_type(TextOf(number));
        }}});

  v1::TaskResult none = good;
  none.mutable_resolved_image()->clear_configs();
  EXPECT_TRUE(CheckResult(task, none).ok());
  none.mutable_resolved_image()->clear_licenses();
  EXPECT_TRUE(CheckResult(task, none).ok());
  none.mutable_resolved_image()->set_manifest_gets(-1);
  EXPECT_FALSE(CheckResult(task, none).ok());

  // A base needs the config of each manifest.
  v1::Task base = task;
  base.mutable_resolve_image()->set_want_configs(true);
  EXPECT_TRUE(CheckResult(base, good).ok()) << CheckResult(base, good);
  v1::TaskResult fewer = good;
  fewer.mutable_resolved_image()->mutable_configs()->RemoveLast();
  EXPECT_TRUE(CheckResult(task, fewer).ok());
  EXPECT_FALSE(CheckResult(base, fewer).ok());
}

TEST(ResultCheckTest, OtherPlatformsOfConfigsAreToldWhereTheyAreTaken) {
  v1::Task task = ImageTask();
  v1::TaskResult good;
  *good.mutable_resolved_image() = ImageOf(kImageName, 2);
  good.mutable_resolved_image()->add_config_platforms("");
  good.mutable_resolved_image()->add_config_platforms("linux/amd64");
  EXPECT_THAT(Said(CheckResult(task, good)), HasSubstr("for other platforms"));
  task.mutable_resolve_image()->set_take_mislabelled(true);
  EXPECT_TRUE(CheckResult(task, good).ok()) << CheckResult(task, good);
  ExpectBounds(
      task, good,
      {{.of = "platforms of two configs",
        .at = 2,
        .set =
            [](auto& result, int number) {
              v1::ResolvedImage& image = *result.mutable_resolved_image();
              image.clear_config_platforms();
              while (image.config_platforms_size() < number) {
                image.add_config_platforms("linux/arm64");
              }
            }},
       {.of = "a platform", .at = kName, .set = [](auto& result, int number) {
          result.mutable_resolved_image()->set_config_platforms(1,
                                                                TextOf(number));
        }}});
}

TEST(ResultCheckTest, EveryDocumentHasADigest) {
  v1::Task task = ImageTask();
  task.mutable_resolve_image()->set_want_signatures(true);
  v1::TaskResult good;
  *good.mutable_resolved_image() = ImageOf(kImageName, 2);
  v1::UpstreamArtifact& signature =
      *good.mutable_resolved_image()->add_signatures();
  *signature.mutable_manifest() = good.resolved_image().top();
  *signature.add_contents() = good.resolved_image().top();
  EXPECT_TRUE(CheckResult(task, good).ok()) << CheckResult(task, good);

  using Choose = std::function<v1::Document*(v1::ResolvedImage&)>;
  const std::vector<Choose> documents = {
      [](auto& image) { return image.mutable_top(); },
      [](auto& image) { return image.mutable_manifests(1); },
      [](auto& image) { return image.mutable_configs(1); },
      [](auto& image) {
        return image.mutable_signatures(0)->mutable_manifest();
      },
      [](auto& image) {
        return image.mutable_signatures(0)->mutable_contents(0);
      }};
  for (size_t i = 0; i < documents.size(); ++i) {
    v1::TaskResult bad = good;
    documents[i](*bad.mutable_resolved_image())
        ->mutable_content_descriptor()
        ->set_digest("sha256:../..");
    EXPECT_THAT(Said(CheckResult(task, bad)), HasSubstr("the digest of")) << i;
    // Each counts towards what they are together.
    v1::TaskResult large = good;
    documents[i](*large.mutable_resolved_image())
        ->set_content(TextOf(kLargestDocuments));
    EXPECT_THAT(Said(CheckResult(task, large)), HasSubstr("over the limit"))
        << i;
  }
}

TEST(ResultCheckTest, AnImageIsTheOneThatWasAskedFor) {
  v1::TaskResult result;
  *result.mutable_resolved_image() = ImageOf(kImageName, 1);
  EXPECT_TRUE(CheckResult(ImageTask(), result).ok());
  result.mutable_resolved_image()->set_reference("registry.example.com/other");
  EXPECT_THAT(Said(CheckResult(ImageTask(), result)),
              HasSubstr("another image"));
}

TEST(ResultCheckTest, WhatIsUnchangedWasKnownAndIsNotToldAgain) {
  v1::Task task = ImageTask();
  v1::TaskResult unchanged;
  unchanged.mutable_resolved_image()->set_reference(kImageName);
  unchanged.mutable_resolved_image()->set_unchanged(true);
  EXPECT_FALSE(CheckResult(task, unchanged).ok());
  task.mutable_resolve_image()->set_known_digest(Sha256Of("top").ToString());
  EXPECT_TRUE(CheckResult(task, unchanged).ok());

  using Change = std::function<void(v1::ResolvedImage&)>;
  const std::vector<Change> changes = {
      [](auto& image) { image.mutable_top(); },
      [](auto& image) { image.add_indexes(); },
      [](auto& image) { image.add_manifests(); },
      [](auto& image) { image.add_configs(); },
      [](auto& image) { image.add_licenses("MIT"); },
      [](auto& image) { image.add_config_platforms("linux/amd64"); },
      [](auto& image) { image.add_signatures(); }};
  for (size_t i = 0; i < changes.size(); ++i) {
    v1::TaskResult bad = unchanged;
    changes[i](*bad.mutable_resolved_image());
    EXPECT_THAT(Said(CheckResult(task, bad)),
                HasSubstr("unchanged has documents"))
        << i;
  }
}

TEST(ResultCheckTest, SignaturesAreBounded) {
  kso::testing::ResolvedRelease release;
  constexpr char kImage[] = "registry.example.com/pause:3.9";
  release.AddImage(kImage);
  v1::Task task;
  task.mutable_resolve_image()->set_reference(kImage);
  task.mutable_resolve_image()->set_want_signatures(true);
  v1::TaskResult good;
  v1::ResolvedImage& image = *good.mutable_resolved_image();
  image = release.resolved.images.at(kImage);
  v1::UpstreamArtifact& signature = *image.add_signatures();
  signature.set_tag("sha256-1.sig");
  *signature.mutable_manifest() = image.top();
  *signature.add_contents() = image.top();
  v1::UpstreamArtifact& left_out = *image.add_signatures();
  left_out.set_left_out("it is too large");
  left_out.mutable_manifest()->mutable_content_descriptor()->set_digest(
      Sha256Of("a").ToString());
  EXPECT_TRUE(CheckResult(task, good).ok()) << CheckResult(task, good);
  // One that is left out may be known by its tag alone.
  v1::UpstreamArtifact& by_tag = *image.add_signatures();
  by_tag.set_tag("sha256-2.sig");
  by_tag.set_left_out("it is too large");
  EXPECT_TRUE(CheckResult(task, good).ok()) << CheckResult(task, good);

  using Change = std::function<void(v1::ResolvedImage&)>;
  const std::vector<Change> changes = {
      // More than a document may have, under cover of one that is not there.
      [](auto& bad) {
        bad.mutable_signatures(1)->mutable_manifest()->set_content(
            std::string(64 << 20, 'x'));
      },
      [](auto& bad) {
        bad.mutable_signatures(1)->add_contents()->set_content("x");
      },
      [](auto& bad) {
        bad.mutable_signatures(1)
            ->mutable_manifest()
            ->mutable_content_descriptor()
            ->set_digest(std::string(1 << 20, 'x'));
      },
      [](auto& bad) {
        bad.mutable_signatures(0)->mutable_contents(0)->Clear();
      }};
  for (size_t i = 0; i < changes.size(); ++i) {
    v1::TaskResult bad = good;
    changes[i](*bad.mutable_resolved_image());
    EXPECT_THAT(Said(CheckResult(task, bad)),
                HasSubstr("does not fit its task"))
        << i;
  }

  ExpectBounds(
      task, good,
      {{.of = "signatures",
        .at = 256,
        .set =
            [](auto& result, int number) {
              v1::ResolvedImage& image = *result.mutable_resolved_image();
              while (image.signatures_size() < number) {
                *image.add_signatures() = image.signatures(1);
              }
            }},
       {.of = "signed documents",
        .at = 256,
        .set =
            [](auto& result, int number) {
              v1::UpstreamArtifact& signature =
                  *result.mutable_resolved_image()->mutable_signatures(0);
              while (signature.contents_size() < number) {
                *signature.add_contents() = signature.contents(0);
              }
            }},
       {.of = "a tag",
        .at = kName,
        .set =
            [](auto& result, int number) {
              result.mutable_resolved_image()->mutable_signatures(0)->set_tag(
                  TextOf(number));
            }},
       {.of = "a reason", .at = kText, .set = [](auto& result, int number) {
          result.mutable_resolved_image()->mutable_signatures(1)->set_left_out(
              TextOf(number));
        }}});

  // One is too many where none was asked for.
  task.mutable_resolve_image()->set_want_signatures(false);
  image.mutable_signatures()->DeleteSubrange(1, 2);
  EXPECT_THAT(Said(CheckResult(task, good)), HasSubstr("nobody asked for"));
}

TEST(ResultCheckTest, WhatAVerificationTellsIsBounded) {
  v1::Task task;
  task.mutable_verify_image();
  v1::TaskResult good;
  good.mutable_verified_image()->add_checks("serves 7 files");
  good.mutable_verified_image()->add_missing_fences("seccomp: too old");
  EXPECT_TRUE(CheckResult(task, good).ok()) << CheckResult(task, good);
  ExpectBounds(
      task, good,
      {{.of = "checks",
        .at = 1000,
        .set =
            [](auto& result, int number) {
              v1::VerifiedImage& image = *result.mutable_verified_image();
              while (image.checks_size() < number) image.add_checks("one");
            }},
       {.of = "fences",
        .at = 1000,
        .set =
            [](auto& result, int number) {
              v1::VerifiedImage& image = *result.mutable_verified_image();
              while (image.missing_fences_size() < number) {
                image.add_missing_fences("one");
              }
            }},
       {.of = "a check",
        .at = kText,
        .set =
            [](auto& result, int number) {
              result.mutable_verified_image()->set_checks(0, TextOf(number));
            }},
       {.of = "a fence", .at = kText, .set = [](auto& result, int number) {
          result.mutable_verified_image()->set_missing_fences(0,
                                                              TextOf(number));
        }}});
}

TEST(ResultCheckTest, FailuresAreBounded) {
  v1::Failure failure;
  failure.set_kind(static_cast<v1::Failure::Kind>(77));
  failure.set_reason(std::string(1 << 20, 'x') + "\n\x1b");
  failure.mutable_retry_after()->set_seconds(kMost);
  failure.mutable_retry_after()->set_nanos(-5);
  BoundFailure(failure);
  EXPECT_EQ(failure.kind(), v1::Failure::INFRASTRUCTURE);
  EXPECT_LE(failure.reason().size(), 4096u);
  EXPECT_EQ(failure.retry_after().seconds(), 24 * 3600);
  EXPECT_EQ(failure.retry_after().nanos(), 0);
}

TEST(ResultCheckTest, EveryTextOfAFailureIsBounded) {
  v1::Failure failure;
  failure.set_item(TextOf(kText + 1));
  failure.set_reason(std::string(kText + 1, 'r'));
  failure.set_advice(TextOf(kText + 1));
  failure.set_location(TextOf(kText + 1));
  for (int i = 0; i < 300; ++i) failure.add_wrong_layers(TextOf(kName + 1));
  BoundFailure(failure);
  EXPECT_EQ(failure.item().size(), kText);
  EXPECT_EQ(failure.reason().size(), kText);
  EXPECT_EQ(failure.advice().size(), kText);
  EXPECT_EQ(failure.location().size(), kText);
  ASSERT_THAT(failure.wrong_layers(), SizeIs(256));
  for (const std::string& digest : failure.wrong_layers()) {
    EXPECT_EQ(digest.size(), kName);
  }
}

TEST(ResultCheckTest, AFailureThatIsWellSaidStaysAsItIs) {
  for (const v1::Failure::Kind kind :
       {v1::Failure::INFRASTRUCTURE, v1::Failure::TRANSIENT,
        v1::Failure::PERMANENT}) {
    v1::Failure failure;
    failure.set_kind(kind);
    failure.set_item("https://dl.example.com/a");
    failure.set_reason("answered HTTP 503");
    failure.set_advice("wait");
    failure.set_location("files.list:3");
    failure.add_wrong_layers(Sha256Of("a").ToString());
    const std::string before = failure.SerializeAsString();
    BoundFailure(failure);
    EXPECT_EQ(failure.SerializeAsString(), before);
    EXPECT_FALSE(failure.has_retry_after());
  }
  v1::Failure unspecified;
  BoundFailure(unspecified);
  EXPECT_EQ(unspecified.kind(), v1::Failure::INFRASTRUCTURE);
}

TEST(ResultCheckTest, AFailureDoesNotNameItsItemTwice) {
  v1::Failure failure;
  failure.set_item("kubelet");
  failure.set_reason("kubelet: it is gone");
  BoundFailure(failure);
  EXPECT_EQ(failure.reason(), "it is gone");
}

TEST(ResultCheckTest, ADelayIsBetweenNoneAndADay) {
  struct Case {
    int64_t seconds;
    int nanos;
    int64_t bounded_seconds;
    int bounded_nanos;
  };
  for (const Case& one :
       {Case{2, 0, 2, 0}, Case{2, 500, 2, 500}, Case{2, -5, 2, 0},
        Case{2, 2'000'000'000, 2, 999'999'999}, Case{-1, 0, 0, 0},
        Case{24 * 3600, 0, 24 * 3600, 0}, Case{24 * 3600, 1, 24 * 3600, 0}}) {
    v1::Failure failure;
    failure.mutable_retry_after()->set_seconds(one.seconds);
    failure.mutable_retry_after()->set_nanos(one.nanos);
    BoundFailure(failure);
    EXPECT_EQ(failure.retry_after().seconds(), one.bounded_seconds);
    EXPECT_EQ(failure.retry_after().nanos(), one.bounded_nanos);
  }
}

TEST(ResultCheckTest, AFailureHasAReason) {
  for (const char* reason : {"", "kubelet", " "}) {
    v1::Failure failure;
    failure.set_item("kubelet");
    failure.set_reason(reason);
    BoundFailure(failure);
    EXPECT_NE(failure.reason(), "") << reason;
  }
}

TEST(ResultCheckTest, WhatAWorkerSaysOfItselfIsBounded) {
  v1::WorkerInfo info;
  info.set_slots(1'000'000'000);
  info.set_unhealthy_reason("a\nb");
  for (int i = 0; i < 5000; ++i) {
    v1::HostReport& host = *info.add_hosts();
    host.set_host("h");
    host.set_refusals(-1);
    host.mutable_quota()->set_remaining(kMost);
    host.mutable_quota()->mutable_window()->set_seconds(kMost);
    host.mutable_retry_after()->set_seconds(-kMost);
    v1::HostTraffic& traffic = *info.add_traffic();
    traffic.set_host("h\n");
    traffic.set_bytes_received(-1);
    traffic.set_bytes_sent(7);
  }
  for (int i = 0; i < 100; ++i) {
    info.add_missing_fences(std::string(1 << 20, 'x'));
    info.add_remarks("a\x1b");
  }
  BoundWorkerInfo(info);
  EXPECT_EQ(info.slots(), kMostSlots);
  EXPECT_LE(info.missing_fences_size(), 16);
  EXPECT_LE(info.missing_fences(0).size(), 4096u);
  EXPECT_LE(info.remarks_size(), 16);
  EXPECT_EQ(info.remarks(0).find('\x1b'), std::string::npos);
  EXPECT_EQ(info.unhealthy_reason(), "a b");
  EXPECT_THAT(info.hosts(), SizeIs(1000));
  EXPECT_EQ(info.hosts(0).refusals(), 0);
  EXPECT_EQ(info.hosts(0).retry_after().seconds(), 0);
  EXPECT_EQ(info.hosts(0).quota().window().seconds(), 24 * 3600);
  EXPECT_LT(info.hosts(0).quota().remaining(), kMost);
  EXPECT_THAT(info.traffic(), SizeIs(1000));
  EXPECT_EQ(info.traffic(0).host().find('\n'), std::string::npos);
  EXPECT_EQ(info.traffic(0).bytes_received(), 0);
  EXPECT_EQ(info.traffic(0).bytes_sent(), 7);

  EXPECT_EQ(BoundFreeSlots(info, 1'000'000), kMostSlots);
  info.set_slots(1);
  EXPECT_EQ(BoundFreeSlots(info, 5), 1);
  EXPECT_EQ(BoundFreeSlots(info, 0), 0);
  // A worker that does not say how many it has may have any number.
  info.set_slots(0);
  EXPECT_EQ(BoundFreeSlots(info, 5), 5);
  info.set_slots(4);
  EXPECT_EQ(BoundFreeSlots(info, 100), 4);
  EXPECT_EQ(BoundFreeSlots(info, -100), 0);
  EXPECT_EQ(BoundFreeSlots(info, 3), 3);
}

TEST(ResultCheckTest, EveryTextAndNumberOfAWorkerIsBounded) {
  v1::WorkerInfo info;
  info.set_name(TextOf(kName + 1));
  info.set_version(TextOf(kName + 1));
  info.set_unhealthy_reason(TextOf(kText + 1));
  info.set_cannot_execute_reason(TextOf(kText + 1));
  info.set_slots(-1);
  info.set_cache_bytes(-1);
  for (int i = 0; i < 17; ++i) info.add_remarks("one");
  for (int i = 0; i < 65; ++i) {
    v1::Platform& platform = *info.add_platforms()->mutable_platform();
    platform.set_os(TextOf(kName + 1));
    platform.set_architecture(TextOf(kName + 1));
    platform.set_variant(TextOf(kName + 1));
  }
  v1::HostReport& host = *info.add_hosts();
  host.set_host(TextOf(kName + 1));
  host.mutable_retry_after()->set_seconds(kMost);
  host.mutable_quota_age()->set_seconds(kMost);
  host.mutable_quota()->set_limit(kMost);
  host.mutable_quota()->set_remaining(-1);
  v1::HostTraffic& traffic = *info.add_traffic();
  traffic.set_host(TextOf(kName + 1));
  traffic.set_bytes_sent(-1);
  BoundWorkerInfo(info);
  EXPECT_EQ(info.name().size(), kName);
  EXPECT_EQ(info.version().size(), kName);
  EXPECT_EQ(info.unhealthy_reason().size(), kText);
  EXPECT_EQ(info.cannot_execute_reason().size(), kText);
  EXPECT_EQ(info.slots(), 0);
  EXPECT_EQ(info.cache_bytes(), 0);
  EXPECT_THAT(info.remarks(), SizeIs(16));
  ASSERT_THAT(info.platforms(), SizeIs(64));
  EXPECT_EQ(info.platforms(63).platform().os().size(), kName);
  EXPECT_EQ(info.platforms(63).platform().architecture().size(), kName);
  EXPECT_EQ(info.platforms(63).platform().variant().size(), kName);
  EXPECT_EQ(info.hosts(0).host().size(), kName);
  EXPECT_EQ(info.hosts(0).retry_after().seconds(), 24 * 3600);
  EXPECT_EQ(info.hosts(0).quota_age().seconds(), 24 * 3600);
  EXPECT_EQ(info.hosts(0).quota().limit(), kLargestContent);
  EXPECT_EQ(info.hosts(0).quota().remaining(), 0);
  EXPECT_FALSE(info.hosts(0).quota().has_window());
  EXPECT_EQ(info.traffic(0).host().size(), kName);
  EXPECT_EQ(info.traffic(0).bytes_sent(), 0);

  host.mutable_quota()->set_limit(-1);
  BoundWorkerInfo(info);
  EXPECT_EQ(info.hosts(0).quota().limit(), 0);
}

TEST(ResultCheckTest, WhatAWorkerDoesNotSayStaysUnsaid) {
  v1::WorkerInfo info;
  info.set_name("w");
  info.add_remarks("an old runc");
  info.add_missing_fences("seccomp");
  info.add_platforms()->mutable_platform()->set_os("linux");
  info.add_hosts()->set_host("quay.io");
  info.mutable_hosts(0)->set_refusals(3);
  info.add_traffic()->set_bytes_received(5);
  info.set_cache_bytes(7);
  info.set_slots(kMostSlots);
  const std::string before = info.SerializeAsString();
  BoundWorkerInfo(info);
  EXPECT_EQ(info.SerializeAsString(), before);
}

}  // namespace
}  // namespace kso::coordinator
