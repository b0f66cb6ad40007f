// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/layer_key.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "common/bytes/digest.h"
#include "common/layer/layer_writer.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

v1::LayerMember File(const std::string& path, const std::string& digest) {
  v1::LayerMember member;
  member.set_path(path);
  member.mutable_file()->set_url("https://host/" + path);
  member.mutable_file()->set_digest(digest);
  return member;
}

v1::Task Layer(const std::vector<v1::LayerMember>& members) {
  v1::Task task;
  task.mutable_make_layer()->set_media_type("tar+gzip");
  *task.mutable_make_layer()->mutable_members() = {members.begin(),
                                                   members.end()};
  return task;
}

const std::string kOne = Sha256Of("one").ToString();
const std::string kTwo = Sha256Of("two").ToString();

TEST(LayerKeyTest, DoesNotDependOnOrderOrNames) {
  v1::Task task = Layer({File("a", kOne), File("b", kTwo)});
  const std::string key = RecipeOf(task)->key;
  std::swap(*task.mutable_make_layer()->mutable_members(0),
            *task.mutable_make_layer()->mutable_members(1));
  task.set_task_id("other/layer");
  task.mutable_make_layer()->set_name("another name");
  task.mutable_make_layer()->set_image("another-image");
  EXPECT_EQ(RecipeOf(task)->key, key);
}

TEST(LayerKeyTest, DependsOnAllThatIsInTheLayer) {
  std::set<std::string> keys;
  const v1::Task task = Layer({File("a", kOne)});
  keys.insert(RecipeOf(task)->key);
  keys.insert(RecipeOf(Layer({File("b", kOne)}))->key);
  keys.insert(RecipeOf(Layer({File("a", kTwo)}))->key);
  keys.insert(RecipeOf(Layer({File("a", kOne), File("b", kOne)}))->key);
  v1::Task other = task;
  other.mutable_make_layer()->mutable_members(0)->set_mode(0755);
  keys.insert(RecipeOf(other)->key);
  other = task;
  other.mutable_make_layer()->set_media_type("tar");
  keys.insert(RecipeOf(other)->key);
  other = task;
  other.mutable_make_layer()->set_times_of_content(true);
  keys.insert(RecipeOf(other)->key);
  EXPECT_EQ(keys.size(), 7u);
}

// A file without a stated hash, as a host describes it.
struct Unstated {
  std::string etag = "";
  std::string modified = "";
  int64_t size = 7;
};

std::string IdentityOf(const Unstated& unstated, const Mirrors& mirrors = {}) {
  v1::LayerMember member;
  v1::FileSource& file = *member.mutable_file();
  file.set_url("https://host/file");
  file.set_size(unstated.size);
  file.set_etag(unstated.etag);
  file.set_last_modified(unstated.modified);
  return ContentIdentity(member, mirrors);
}

TEST(LayerKeyTest, TakesStrongValidatorsAndDoubtsTheRest) {
  const std::string date = "Mon, 02 Sep 2024 10:00:00 GMT";
  EXPECT_FALSE(IdentityOf({.etag = "\"1\""}).empty());
  EXPECT_NE(IdentityOf({.etag = "\"1\""}), IdentityOf({.etag = "\"2\""}));
  EXPECT_NE(IdentityOf({.etag = "\"1\""}),
            IdentityOf({.etag = "\"1\"", .size = 8}));
  EXPECT_FALSE(IdentityOf({.modified = date}).empty());

  EXPECT_EQ(IdentityOf({}), "");
  EXPECT_EQ(IdentityOf({.etag = "W/\"1\""}), "");
  EXPECT_EQ(IdentityOf({.etag = "W/\"1\"", .modified = date}), "");
  EXPECT_EQ(IdentityOf({.etag = "\"1\"", .size = -1}), "");
  EXPECT_EQ(RecipeOf(Layer({File("a", kOne), File("b", "")})), std::nullopt);
}

TEST(LayerKeyTest, ValidatorsOfAnotherHostAreOthers) {
  Mirrors mirrors;
  mirrors.Add()->set_prefix("https://host/");
  mirrors[0].set_location("http://mirror/");
  EXPECT_NE(IdentityOf({.etag = "\"1\""}),
            IdentityOf({.etag = "\"1\""}, mirrors));
}

TEST(LayerKeyTest, AHashIsTheSameFromAnywhere) {
  v1::LayerMember blob;
  blob.mutable_blob()->set_repository("docker.io/library/x");
  blob.mutable_blob()->mutable_blob()->set_digest(kOne);
  v1::LayerMember content;
  content.set_content("one");
  EXPECT_EQ(ContentIdentity(blob, {}), kOne);
  EXPECT_EQ(ContentIdentity(content, {}), kOne);
  EXPECT_EQ(ContentIdentity(File("a", kOne), {}), kOne);
}

TEST(LayerKeyTest, ImagesAreKnownByWhereTheyAreLookedUp) {
  v1::Task task;
  task.mutable_resolve_image()->set_reference("docker.io/library/nginx:1");
  const std::string key = ImageKey(task);
  task.mutable_resolve_image()->set_known_digest(kOne);
  EXPECT_EQ(ImageKey(task), key);
  v1::Task other = task;
  other.mutable_resolve_image()->set_want_configs(true);
  EXPECT_NE(ImageKey(other), key);
  other = task;
  other.add_mirrors()->set_prefix("docker.io/");
  other.mutable_mirrors(0)->set_location("mirror:5000/");
  EXPECT_NE(ImageKey(other), key);
}

// A field as it goes into a key.
std::string Field(const std::string& text) {
  return std::to_string(text.size()) + ":" + text;
}

std::string KeyOfFields(const std::vector<std::string>& fields) {
  std::string bytes;
  for (const std::string& field : fields) bytes += Field(field);
  return Sha256Of(bytes).hex();
}

// The journal keeps these keys: with others, a farm of another version would
// make, look up and verify everything again.
TEST(LayerKeyTest, KeysAreTheSameInEveryVersion) {
  const std::string encoder(kLayerEncoder);
  v1::Task layer = Layer({File("b", kTwo), File("a", kOne)});
  EXPECT_EQ(RecipeOf(layer)->key,
            KeyOfFields({"layer", encoder, "tar+gzip", "a", "0", kOne, "b", "0",
                         kTwo}));
  layer.mutable_make_layer()->set_times_of_content(true);
  EXPECT_EQ(RecipeOf(layer)->key,
            KeyOfFields({"layer", encoder, "tar+gzip", "a", "0", kOne, "b", "0",
                         kTwo, "times of content"}));
  // The identities are in the task's order.
  EXPECT_EQ(RecipeOf(layer)->identities,
            (std::vector<std::string>{kTwo, kOne}));

  v1::Task image;
  v1::ResolveImage& work = *image.mutable_resolve_image();
  work.set_reference("registry.example.com/team/nginx:1");
  v1::Platform& platform = *work.add_platforms();
  platform.set_os("linux");
  platform.set_architecture("arm64");
  EXPECT_EQ(
      ImageKey(image),
      KeyOfFields({"image 3", "registry.example.com/team/nginx:1",
                   "registry.example.com", "team/nginx", "", "linux/arm64"}));
  work.set_want_configs(true);
  work.set_want_signatures(true);
  EXPECT_EQ(ImageKey(image),
            KeyOfFields({"image 3", "registry.example.com/team/nginx:1",
                         "registry.example.com", "team/nginx", "configs",
                         "signatures", "linux/arm64"}));
  work.set_take_mislabelled(true);
  EXPECT_EQ(ImageKey(image),
            KeyOfFields({"image 3", "registry.example.com/team/nginx:1",
                         "registry.example.com", "team/nginx", "configs",
                         "signatures", "mislabelled", "linux/arm64"}));
  work.set_take_mislabelled(false);
  work.set_reference("UPPER");
  work.clear_platforms();
  EXPECT_EQ(ImageKey(image),
            KeyOfFields({"image 3", "UPPER", "configs", "signatures"}));

  v1::Task verify;
  verify.mutable_platform()->set_os("linux");
  verify.mutable_platform()->set_architecture("arm64");
  verify.mutable_verify_image()->set_image("kubespray-files");
  EXPECT_EQ(VerificationKey(verify),
            KeyOfFields({"verification", "linux/arm64",
                         verify.verify_image().SerializeAsString()}));

  EXPECT_EQ(IdentityOf({.etag = "\"1\""}),
            "url:" + KeyOfFields({"file", "https://host/file",
                                  "https://host/file", "7", "etag \"1\""}));
  EXPECT_EQ(IdentityOf({.modified = "Mon"}),
            "url:" + KeyOfFields({"file", "https://host/file",
                                  "https://host/file", "7", "modified Mon"}));
}

TEST(LayerKeyTest, AnEmptyFileIsKnownToo) {
  EXPECT_NE(IdentityOf({.etag = "\"1\"", .size = 0}), "");
}

TEST(LayerKeyTest, WhatTheManifestDeterminesIsNoPartOfAVerification) {
  v1::Task verify;
  verify.mutable_verify_image()->mutable_manifest()->set_digest(kOne);
  const std::string key = VerificationKey(verify);
  v1::Task other = verify;
  other.mutable_verify_image()->set_base(kTwo);
  other.mutable_verify_image()->add_layers()->set_digest(kTwo);
  EXPECT_EQ(VerificationKey(other), key);
  other.mutable_verify_image()->mutable_manifest()->set_digest(kTwo);
  EXPECT_NE(VerificationKey(other), key);
}

}  // namespace
}  // namespace kso::coordinator
