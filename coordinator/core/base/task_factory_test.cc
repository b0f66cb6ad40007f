// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/task_factory.h"

#include <string>
#include <vector>

#include "common/oci/platform.h"
#include "gtest/gtest.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {
namespace {

v1::LayerMember File(const std::string& path, int64_t size) {
  v1::LayerMember member;
  member.set_path(path);
  member.mutable_file()->set_size(size);
  return member;
}

TEST(TaskFactoryTest, ATaskKnowsItsBuildAndWhereItFetchesAndPushes) {
  v1::Release release;
  release.add_mirrors()->set_prefix("docker.io/");
  release.mutable_destination()->set_location("registry.example.com/team");
  const TaskFactory factory("b1", release);
  v1::Task task = factory.New("resolve/1", "resolve https://host/a");
  EXPECT_EQ(task.task_id(), "b1/resolve/1");
  EXPECT_EQ(task.build_id(), "b1");
  EXPECT_EQ(task.name(), "resolve https://host/a");
  ASSERT_EQ(task.mirrors_size(), 1);
  EXPECT_EQ(task.mirrors(0).prefix(), "docker.io/");
  EXPECT_EQ(task.destination().location(), "registry.example.com/team");
  EXPECT_FALSE(task.has_logins());

  release.mutable_logins()->add_places("quay.io");
  task = factory.New("1", "");
  ASSERT_EQ(task.logins().places_size(), 1);
  EXPECT_EQ(task.logins().places(0), "quay.io");
  // No places at all are another thing than no limit.
  release.mutable_logins()->clear_places();
  EXPECT_TRUE(factory.New("1", "").has_logins());
}

TEST(TaskFactoryTest, ALayerWeighsWhatIsKnownOfItsMembers) {
  v1::Release release;
  const TaskFactory factory("b1", release);
  v1::LayerMember blob;
  blob.mutable_blob()->mutable_blob()->set_size(20);
  v1::LayerMember content;
  content.set_content("three");
  const v1::Task task = factory.NewLayer(
      "layer/files-000", "kubespray-files", "kubelet",
      {File("a", 100), File("b", -1), File("c", 0), blob, content});
  EXPECT_EQ(task.task_id(), "b1/layer/files-000");
  EXPECT_EQ(task.name(), "layer kubespray-files: kubelet");
  EXPECT_EQ(task.weight(), 125);
  const v1::MakeLayer& layer = task.make_layer();
  EXPECT_EQ(layer.name(), "kubelet");
  EXPECT_EQ(layer.image(), "kubespray-files");
  EXPECT_EQ(layer.media_type(), "application/vnd.oci.image.layer.v1.tar+gzip");
  EXPECT_FALSE(layer.cross_checked());
  ASSERT_EQ(layer.members_size(), 5);
  EXPECT_EQ(layer.members(0).path(), "a");
  EXPECT_EQ(layer.members(4).content(), "three");
  EXPECT_EQ(factory.NewLayer("1", "", "", {File("b", -1)}).weight(), 0);
}

TEST(TaskFactoryTest, ALayerIsAsTheReleaseAsks) {
  v1::Release release;
  release.set_layer_media_type("application/x");
  release.set_cross_check(true);
  const v1::Task task =
      TaskFactory("b1", release).NewLayer("1", "image", "title", {});
  EXPECT_EQ(task.make_layer().media_type(), "application/x");
  EXPECT_TRUE(task.make_layer().cross_checked());
}

TEST(TaskFactoryTest, ATaskThatResolvesIsNamedByItsItem) {
  v1::Task task;
  EXPECT_EQ(ResolveNameOf(task), "");
  task.mutable_resolve_file()->set_url("https://host/a");
  EXPECT_EQ(ResolveNameOf(task), "resolve https://host/a");
  EXPECT_EQ(ItemOfResolveName(ResolveNameOf(task)), "https://host/a");
  task.mutable_resolve_image()->set_reference("quay.io/a:1");
  EXPECT_EQ(ResolveNameOf(task), "resolve quay.io/a:1");
  task.mutable_make_layer();
  EXPECT_EQ(ResolveNameOf(task), "");
}

TEST(TaskFactoryTest, AnIdTellsWhatItIsOf) {
  EXPECT_EQ(CopyId("b1/layer/files-003", 2), "b1/layer/files-003/copy-2");
  EXPECT_EQ(OriginalOfCopy("b1/layer/files-003/copy-2"), "b1/layer/files-003");
  EXPECT_EQ(OriginalOfCopy("b1/layer/files-003"), "b1/layer/files-003");
  EXPECT_EQ(NumberedId("files", 3), "files-003");
  EXPECT_EQ(NumberedId("files", 1000), "files-1000");
  EXPECT_EQ(PlatformSlug(*oci::ParsePlatform("linux/arm/v7")), "linux-arm-v7");
}

TEST(TaskFactoryTest, AMemberHasTheSizeOfItsSource) {
  EXPECT_EQ(MemberSize(File("a", -1)), -1);
  EXPECT_EQ(MemberSize(File("a", 7)), 7);
  v1::LayerMember member;
  EXPECT_EQ(MemberSize(member), 0);
  member.set_content("four");
  EXPECT_EQ(MemberSize(member), 4);
  member.mutable_blob()->mutable_blob()->set_size(9);
  EXPECT_EQ(MemberSize(member), 9);
}

}  // namespace
}  // namespace kso::coordinator
