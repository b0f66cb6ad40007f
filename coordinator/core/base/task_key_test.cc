// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/task_key.h"

#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

v1::Task LayerTask() {
  v1::Task task;
  task.set_task_id("b1/layer/files-001");
  task.set_build_id("b1");
  task.set_name("layer kubespray-files: kubelet");
  task.set_weight(12);
  task.mutable_destination()->set_kind(v1::Destination::REGISTRY);
  task.mutable_destination()->set_location("registry.example.com/team");
  task.mutable_make_layer()->set_image("kubespray-files");
  v1::LayerMember& member = *task.mutable_make_layer()->add_members();
  member.set_path("opt/kubelet");
  member.mutable_file()->set_url("https://dl.example.com/kubelet");
  member.mutable_file()->set_location("files.list:3");
  return task;
}

TEST(TaskKeyTest, NamesAndPlacesDoNotCount) {
  v1::Task other = LayerTask();
  other.set_task_id("b2/layer/files-007");
  other.set_build_id("b2");
  other.set_name("another");
  other.set_weight(0);
  other.set_fetch_group(7);
  other.mutable_make_layer()->set_name("another");
  other.mutable_make_layer()->mutable_members(0)->mutable_file()->set_location(
      "other.list:9");
  EXPECT_EQ(TaskKeyOf(LayerTask()), TaskKeyOf(other));
}

TEST(TaskKeyTest, WorkPlatformMirrorsAndDestinationCount) {
  const TaskKey key = TaskKeyOf(LayerTask());
  v1::Task other = LayerTask();
  other.mutable_make_layer()->mutable_members(0)->set_path("opt/other");
  EXPECT_NE(TaskKeyOf(other), key);
  other = LayerTask();
  other.mutable_platform()->set_architecture("arm64");
  EXPECT_NE(TaskKeyOf(other), key);
  other = LayerTask();
  other.add_mirrors()->set_prefix("https://dl.example.com/");
  EXPECT_NE(TaskKeyOf(other), key);
  other = LayerTask();
  other.mutable_destination()->set_location("registry.example.com/other");
  EXPECT_NE(TaskKeyOf(other), key);
}

// One who may not use a login does not get what another's login fetched.
TEST(TaskKeyTest, WhatLoginsMayBeUsedForCounts) {
  v1::Task resolve = LayerTask();
  resolve.mutable_resolve_image()->set_reference("a.example.com/b:1");
  v1::Task none = resolve;
  none.mutable_logins();
  v1::Task some = resolve;
  some.mutable_logins()->add_places("a.example.com");
  EXPECT_NE(TaskKeyOf(resolve), TaskKeyOf(none));
  EXPECT_NE(TaskKeyOf(resolve), TaskKeyOf(some));
  EXPECT_NE(TaskKeyOf(none), TaskKeyOf(some));
}

TEST(TaskKeyTest, WhatIsLookedUpCounts) {
  v1::Task file;
  file.mutable_resolve_file()->set_url("https://dl.example.com/a");
  v1::Task other_file = file;
  other_file.mutable_resolve_file()->set_url("https://dl.example.com/b");
  EXPECT_NE(TaskKeyOf(file), TaskKeyOf(other_file));
  v1::Task image;
  image.mutable_resolve_image()->set_reference("a.example.com/b:1");
  v1::Task other_image = image;
  other_image.mutable_resolve_image()->set_reference("a.example.com/b:2");
  EXPECT_NE(TaskKeyOf(image), TaskKeyOf(other_image));
  EXPECT_NE(TaskKeyOf(image), TaskKeyOf(file));
}

TEST(TaskKeyTest, TheBlobsOfALayerCount) {
  v1::Task one = LayerTask();
  v1::BlobSource& blob =
      *one.mutable_make_layer()->mutable_members(0)->mutable_blob();
  blob.mutable_blob()->set_digest("sha256:1");
  v1::Task other = one;
  other.mutable_make_layer()
      ->mutable_members(0)
      ->mutable_blob()
      ->mutable_blob()
      ->set_digest("sha256:2");
  EXPECT_NE(TaskKeyOf(one), TaskKeyOf(other));
}

TEST(TaskKeyTest, TheLineThatAsksForAnItemDoesNotCount) {
  v1::Task file;
  file.mutable_resolve_file()->set_url("https://dl.example.com/a");
  v1::Task image;
  image.mutable_resolve_image()->set_reference("a.example.com/b:1");
  const TaskKey of_file = TaskKeyOf(file);
  const TaskKey of_image = TaskKeyOf(image);
  file.mutable_resolve_file()->set_location("files.list:3");
  image.mutable_resolve_image()->set_location("images.list:3");
  EXPECT_EQ(TaskKeyOf(file), of_file);
  EXPECT_EQ(TaskKeyOf(image), of_image);
}

TEST(TaskKeyTest, WhereNothingIsPushedTheDestinationDoesNotCount) {
  v1::Task resolve = LayerTask();
  resolve.mutable_resolve_file()->set_url("https://dl.example.com/kubelet");
  v1::Task other = resolve;
  other.mutable_destination()->set_location("registry.example.com/other");
  EXPECT_EQ(TaskKeyOf(resolve), TaskKeyOf(other));
  resolve.mutable_resolve_image()->set_reference("a.example.com/b:1");
  other.mutable_resolve_image()->set_reference("a.example.com/b:1");
  EXPECT_EQ(TaskKeyOf(resolve), TaskKeyOf(other));
}

TEST(TaskKeyTest, WhereTheFarmKeepsWhatItMakesThePathDoesNotCount) {
  v1::Task task = LayerTask();
  task.mutable_destination()->set_kind(v1::Destination::OCI_LAYOUT);
  v1::Task other = task;
  other.mutable_destination()->set_location("/home/somebody/out");
  EXPECT_EQ(TaskKeyOf(task), TaskKeyOf(other));
}

}  // namespace
}  // namespace kso::coordinator
