// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/host_demand.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::Task ToRegistry(const std::string& location) {
  v1::Task task;
  task.mutable_destination()->set_kind(v1::Destination::REGISTRY);
  task.mutable_destination()->set_location(location);
  return task;
}

void Mirror(v1::Task& task, const std::string& prefix,
            const std::string& location) {
  v1::Mirror* mirror = task.add_mirrors();
  mirror->set_prefix(prefix);
  mirror->set_location(location);
}

TEST(HostDemandTest, AFileIsOfItsHostOrItsMirror) {
  v1::Task task;
  task.mutable_resolve_file()->set_url("https://dl.k8s.io/v1/kubelet");
  EXPECT_THAT(HostsOf(task), ElementsAre(HostDemand{"dl.k8s.io", false}));
  Mirror(task, "https://dl.k8s.io/", "http://mirror.example:8080/dl/");
  EXPECT_THAT(HostsOf(task),
              ElementsAre(HostDemand{"mirror.example:8080", false}));
  task.mutable_resolve_file()->set_url("not a url");
  EXPECT_THAT(HostsOf(task), IsEmpty());
  EXPECT_THAT(HostsOf(v1::Task()), IsEmpty());
}

TEST(HostDemandTest, ManifestsOfAnImageAreOfItsRegistry) {
  v1::Task task;
  task.mutable_resolve_image()->set_reference("docker.io/library/nginx:1");
  EXPECT_THAT(HostsOf(task),
              ElementsAre(HostDemand{"registry-1.docker.io", true}));
  Mirror(task, "docker.io/", "mirror.example/hub/");
  EXPECT_THAT(HostsOf(task), ElementsAre(HostDemand{"mirror.example", true}));
  task.mutable_resolve_image()->set_reference("UPPER");
  EXPECT_THAT(HostsOf(task), IsEmpty());
}

TEST(HostDemandTest, LookingSomethingUpAsksNothingOfTheDestination) {
  v1::Task task = ToRegistry("reg.example/team");
  task.mutable_resolve_file()->set_url("https://dl.k8s.io/v1/kubelet");
  EXPECT_THAT(HostsOf(task), ElementsAre(HostDemand{"dl.k8s.io", false}));
  task.mutable_resolve_image()->set_reference("quay.io/a/b:1");
  EXPECT_THAT(HostsOf(task), ElementsAre(HostDemand{"quay.io", true}));
}

TEST(HostDemandTest, ADestinationWithoutAHostAsksNobody) {
  v1::Task task = ToRegistry("");
  task.mutable_verify_image();
  EXPECT_THAT(HostsOf(task), IsEmpty());
}

TEST(HostDemandTest, ALayerIsOfItsMembersHostsAndTheDestination) {
  v1::Task task = ToRegistry("reg.example/team");
  v1::MakeLayer& layer = *task.mutable_make_layer();
  layer.add_members()->mutable_file()->set_url("https://b.example/x");
  layer.add_members()->mutable_file()->set_url("https://a.example/x");
  layer.add_members()->mutable_file()->set_url("https://b.example/y");
  for (const char* repository : {"quay.io/one", "quay.io/one", "ghcr.io/two"}) {
    layer.add_members()->mutable_blob()->set_repository(repository);
  }
  EXPECT_THAT(HostsOf(task), ElementsAre(HostDemand{"a.example", false},
                                         HostDemand{"b.example", false},
                                         HostDemand{"ghcr.io", false},
                                         HostDemand{"quay.io", false},
                                         HostDemand{"reg.example", false}));
  // An image that stays on this machine asks no registry.
  task.mutable_destination()->set_kind(v1::Destination::OCI_LAYOUT);
  layer.clear_members();
  EXPECT_THAT(HostsOf(task), IsEmpty());
}

TEST(HostDemandTest, CopiesReadAndWriteBlobsAndVerifyingReadsManifests) {
  v1::Task task = ToRegistry("reg.example/team");
  task.mutable_copy_blobs()->add_blobs()->set_repository("quay.io/a/b");
  EXPECT_THAT(HostsOf(task), ElementsAre(HostDemand{"quay.io", false},
                                         HostDemand{"reg.example", false}));
  task.mutable_verify_image();
  EXPECT_THAT(HostsOf(task), ElementsAre(HostDemand{"reg.example", true}));
}

}  // namespace
}  // namespace kso::coordinator
