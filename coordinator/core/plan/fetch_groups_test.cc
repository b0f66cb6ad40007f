// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/fetch_groups.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;

v1::Task Copy(const std::string& id, const std::vector<std::string>& digests) {
  v1::Task task;
  task.set_task_id(id);
  for (const std::string& digest : digests) {
    task.mutable_copy_blobs()->add_blobs()->mutable_blob()->set_digest(digest);
  }
  return task;
}

v1::Task Pack(const std::string& id, const std::vector<std::string>& digests) {
  v1::Task task;
  task.set_task_id(id);
  // A file is no blob.
  task.mutable_make_layer()->add_members()->mutable_file()->set_url("u");
  for (const std::string& digest : digests) {
    task.mutable_make_layer()
        ->add_members()
        ->mutable_blob()
        ->mutable_blob()
        ->set_digest(digest);
  }
  return task;
}

std::vector<int> GroupsOf(Plan plan) {
  GroupByFetch(plan);
  std::vector<int> groups;
  for (const v1::Task& task : plan.tasks) groups.push_back(task.fetch_group());
  return groups;
}

TEST(FetchGroupsTest, WhoFetchTheSameBlobAreAGroup) {
  Plan plan;
  plan.tasks = {Copy("base", {"a", "b"}), Pack("other", {"x"}),
                Pack("packed", {"y", "b"}), Pack("files", {})};
  EXPECT_THAT(GroupsOf(plan), ElementsAre(1, 0, 1, 0));
}

TEST(FetchGroupsTest, GroupsThatShareATaskAreOne) {
  Plan plan;
  plan.tasks = {Pack("1", {"a"}), Pack("2", {"b"}), Pack("3", {"c"}),
                Copy("4", {"a", "b"}), Copy("5", {"c"})};
  EXPECT_THAT(GroupsOf(plan), ElementsAre(1, 1, 2, 1, 2));
}

TEST(FetchGroupsTest, WhatIsThereAlreadyIsNotFetched) {
  Plan plan;
  plan.tasks = {Copy("base", {"a"}), Pack("packed", {"a"})};
  plan.reused["packed"];
  EXPECT_THAT(GroupsOf(plan), ElementsAre(0, 0));
}

}  // namespace
}  // namespace kso::coordinator
