// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "coordinator/core/state/state.h"
#include "coordinator/core/state/task_status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/core_fixture.h"

namespace kso::coordinator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(StateTasksTest, ATaskIsRunnableLeasedAndDone) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::LAYERS);
  test.Grant("b/1", "w");
  EXPECT_EQ(test.state.FindTask("b/1")->state, TaskState::kLeased);
  EXPECT_THAT(test.state.LeasesOf("w"), ElementsAre("lease-b/1-1"));
  test.time += absl::Milliseconds(1200);
  v1::TaskResult result;
  result.mutable_made_layer();
  result.set_bytes_pushed(12 << 20);
  test.Finish("b/1", result);

  const BuildEntry* build = test.state.FindBuild("b");
  EXPECT_EQ(build->CountsOf(v1::LAYERS).done, 1);
  EXPECT_EQ(build->CountsOf(v1::LAYERS).leased, 0);
  EXPECT_EQ(build->bytes_pushed, 12 << 20);
  EXPECT_THAT(test.state.LeasesOf("w"), ElementsAre());
  EXPECT_THAT(Texts(*build),
              Contains("task b/1: done (12.0 MiB pushed, 1.2 s)"));
}

TEST(StateTasksTest, ATaskSaysAllThatItWasToldThoughLessIsKept) {
  v1::Release release;
  release.add_mirrors()->set_prefix("https://");
  release.mutable_destination()->set_location("registry.example.com/team");
  v1::Task task;
  task.set_task_id("b/1");
  task.set_build_id("b");
  task.set_name("resolve https://dl.example.com/a");
  *task.mutable_mirrors() = release.mirrors();
  *task.mutable_destination() = release.destination();
  task.mutable_resolve_file()->set_url("https://dl.example.com/a");
  v1::Task named = task;
  named.set_task_id("b/2");
  named.set_name("by another name");
  TestState test;
  test.AddBuild("b", {task, named}, v1::RESOLVE, release);
  EXPECT_EQ(test.state.FindTask("b/1")->UnpackTask().SerializeAsString(),
            task.SerializeAsString());
  EXPECT_EQ(test.state.FindTask("b/2")->UnpackTask().SerializeAsString(),
            named.SerializeAsString());

  v1::TaskResult result;
  result.mutable_resolved_file()->set_url("https://dl.example.com/a");
  result.mutable_resolved_file()->set_size(7);
  test.Grant("b/1", "w");
  test.Finish("b/1", result);
  EXPECT_EQ(test.state.FindTask("b/1")->UnpackResult().SerializeAsString(),
            result.SerializeAsString());
}

TEST(StateTasksTest, AnImageToResolveSaysAllThatItWasToldToo) {
  v1::Release release;
  release.mutable_destination()->set_location("registry.example.com/team");
  v1::Task image;
  image.set_task_id("b/1");
  image.set_build_id("b");
  image.set_name("resolve quay.io/a:1");
  image.set_weight(3);
  image.set_fetch_group(2);
  image.mutable_resolve_image()->set_reference("quay.io/a:1");
  image.mutable_resolve_image()->set_want_configs(true);
  // As the release says, or in its own way.
  v1::Task alike = image;
  alike.set_task_id("b/2");
  *alike.mutable_destination() = release.destination();
  v1::Task other = alike;
  other.set_task_id("b/3");
  other.mutable_destination()->set_location("registry.example.com/other");
  v1::Task mirrored = alike;
  mirrored.set_task_id("b/4");
  mirrored.add_mirrors()->set_prefix("quay.io/");
  v1::Task nameless = alike;
  nameless.set_task_id("b/5");
  nameless.clear_name();
  v1::Task layer = MakeTask("b/6");
  layer.set_build_id("b");
  layer.mutable_make_layer()->set_copy_of("b/7");
  const std::vector<v1::Task> tasks = {image,    alike,    other,
                                       mirrored, nameless, layer};
  TestState test;
  test.AddBuild("b", tasks, v1::RESOLVE, release);
  for (const v1::Task& task : tasks) {
    const TaskEntry& entry = *test.state.FindTask(task.task_id());
    EXPECT_EQ(entry.UnpackTask().SerializeAsString(), task.SerializeAsString())
        << task.task_id();
    EXPECT_EQ(entry.name, task.name());
    EXPECT_EQ(entry.weight, task.weight());
    EXPECT_EQ(entry.fetch_group, task.fetch_group());
    EXPECT_EQ(entry.work, task.work_case());
    EXPECT_EQ(entry.copy, task.task_id() == "b/6");
    EXPECT_EQ(entry.phase, v1::RESOLVE);
  }
}

TEST(StateTasksTest, AResultIsKeptAsItIs) {
  v1::Task named;
  named.set_task_id("b/1");
  named.set_name("resolve https://dl.example.com/a");
  named.mutable_resolve_file()->set_url("https://dl.example.com/a");
  v1::Task other = named;
  other.set_task_id("b/2");
  other.set_name("by another name");
  other.mutable_resolve_file()->set_digest("sha256:1");
  TestState test;
  test.AddBuild("b", {named, other, MakeTask("b/3")}, v1::RESOLVE);
  v1::TaskResult file;
  file.mutable_resolved_file()->set_url("https://dl.example.com/a");
  file.mutable_resolved_file()->set_size(7);
  v1::TaskResult elsewhere = file;
  elsewhere.mutable_resolved_file()->set_url("https://dl.example.com/b");
  v1::TaskResult layer;
  layer.mutable_made_layer()->set_diff_id("sha256:2");
  layer.set_bytes_fetched(5);
  const auto kept = [&](const std::string& id, const v1::TaskResult& result) {
    test.Grant(id, "w");
    test.Finish(id, result);
    return test.state.FindTask(id)->UnpackResult().SerializeAsString();
  };
  EXPECT_EQ(kept("b/1", file), file.SerializeAsString());
  EXPECT_EQ(kept("b/2", file), file.SerializeAsString());
  EXPECT_EQ(kept("b/3", layer), layer.SerializeAsString());
  test.AddBuild("c", {[&] {
                  v1::Task task = named;
                  task.set_task_id("c/1");
                  return task;
                }()},
                v1::RESOLVE);
  EXPECT_EQ(kept("c/1", elsewhere), elsewhere.SerializeAsString());
}

TEST(StateTasksTest, ALeaseThatIsOverCannotEndTwice) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  test.Grant("b/1", "w");
  const v1::JournalRecord stale = test.FinishRecord("b/1", {});
  test.Requeue("b/1", v1::Failure::INFRASTRUCTURE, "lost", {});
  const absl::Status status = test.state.Apply(stale);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("lease-b/1-1"));
}

TEST(StateTasksTest, WhatEarlierBuildsKnewIsDoneBeforeItBegins) {
  TestState test;
  v1::JournalRecord resolve = TasksRecord(
      "b", v1::RESOLVE, {MakeTask("b/1"), MakeTask("b/2"), MakeTask("b/3")});
  v1::ReusedResult known;
  known.mutable_result()->mutable_resolved_file()->set_size(7);
  (*resolve.mutable_tasks_added()->mutable_reused())["b/1"] = known;
  (*resolve.mutable_tasks_added()->mutable_reused())["b/2"] = known;
  test.AddBuild("b", {}, v1::RESOLVE);
  const BuildEntry& build = *test.state.FindBuild("b");
  EXPECT_EQ(LastText(build), "phase resolve");
  test.Apply(resolve);
  EXPECT_EQ(LastText(build),
            "2 files known by checksum from the newest release at the "
            "destination: not asked for");
  EXPECT_EQ(test.state.FindTask("b/1")->state, TaskState::kDone);
  EXPECT_EQ(test.state.FindTask("b/1")->made_by, nullptr);
  EXPECT_EQ(test.state.FindTask("b/3")->state, TaskState::kRunnable);
  EXPECT_EQ(build.CountsOf(v1::RESOLVE).done, 2);

  v1::Task verify = MakeTask("b/verify", "arm64", true);
  verify.mutable_verify_image()->set_variant("kubespray-files-all");
  v1::JournalRecord added = TasksRecord("b", v1::VERIFY, {verify});
  v1::ReusedResult& reused =
      (*added.mutable_tasks_added()->mutable_reused())["b/verify"];
  reused.set_build_id("a");
  reused.set_worker("w");
  reused.mutable_result()->mutable_verified_image()->set_native(true);
  reused.mutable_result()->mutable_verified_image()->add_checks("serves all");
  reused.mutable_result()->mutable_verified_image()->add_missing_fences(
      "seccomp");
  test.time += absl::Seconds(1);
  test.Apply(added);
  const v1::TaskStatus status = StatusOfTask(*test.state.FindTask("b/verify"));
  EXPECT_EQ(status.state(), v1::TaskStatus::DONE);
  EXPECT_TRUE(status.reused());
  EXPECT_EQ(FromProto(status.ended()), test.time);
  EXPECT_EQ(status.worker(), "");
  EXPECT_EQ(*test.state.FindTask("b/verify")->made_by, "w");
  ASSERT_THAT(build.verifications, SizeIs(1));
  const v1::Verification& verified = build.verifications[0];
  EXPECT_EQ(verified.image(), "kubespray-files-all");
  EXPECT_EQ(verified.platform().architecture(), "arm64");
  EXPECT_EQ(verified.worker(), "w");
  EXPECT_TRUE(verified.native());
  EXPECT_THAT(verified.checks(), ElementsAre("serves all"));
  EXPECT_THAT(verified.missing_fences(), ElementsAre("seccomp"));
  EXPECT_EQ(verified.verified_in_build(), "a");
  EXPECT_EQ(LastText(build),
            "task b/verify: the very image was verified in build a");
  EXPECT_EQ(test.state.totals().tasks_reused(), 3);
  EXPECT_EQ(test.state.totals().tasks_done(), 0);
}

TEST(StateTasksTest, AnIdenticalTaskSharesTheResult) {
  TestState test;
  v1::Task twin = MakeTask("b/1");
  *twin.mutable_make_layer() = MakeTask("a/1").make_layer();
  test.AddBuild("a", {MakeTask("a/1")}, v1::LAYERS);
  test.AddBuild("b", {twin}, v1::LAYERS);
  v1::TaskResult result;
  result.mutable_made_layer();
  v1::JournalRecord shared;
  shared.mutable_task_shared()->set_task_id("b/1");
  shared.mutable_task_shared()->set_from_build_id("a");
  shared.mutable_task_shared()->set_worker("w");
  *shared.mutable_task_shared()->mutable_result() = result;
  test.Grant("a/1", "w");
  test.Finish("a/1", result);
  test.time += absl::Seconds(1);
  test.Apply(shared);
  const v1::TaskStatus status = StatusOfTask(*test.state.FindTask("b/1"));
  EXPECT_EQ(status.state(), v1::TaskStatus::DONE);
  EXPECT_TRUE(status.reused());
  EXPECT_EQ(status.worker(), "w");
  EXPECT_EQ(FromProto(status.ended()), test.time);
  EXPECT_EQ(*test.state.FindTask("b/1")->made_by, "w");
  EXPECT_TRUE(test.state.FindTask("b/1")->UnpackResult().has_made_layer());
  EXPECT_EQ(test.state.totals().tasks_reused(), 1);
  EXPECT_EQ(test.state.totals().tasks_done(), 1);
  EXPECT_EQ(test.state.totals().layers_made(), 1);
  EXPECT_EQ(LastText(*test.state.FindBuild("b")),
            "task b/1: done (nothing to push, shared with build a)");
  // Once is enough.
  ExpectRefused(test, shared);
  shared.mutable_task_shared()->set_task_id("nobody");
  ExpectRefused(test, shared);
}

TEST(StateTasksTest, OnlyATaskThatWaitsIsLeasedAndUnderAnIdOfItsOwn) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::LAYERS);
  v1::JournalRecord granted;
  granted.mutable_lease_granted()->set_task_id("nobody");
  granted.mutable_lease_granted()->set_lease_id("lease-1");
  ExpectRefused(test, granted);
  granted.mutable_lease_granted()->set_task_id("b/1");
  test.Apply(granted);
  EXPECT_EQ(test.state.FindLease("lease-1")->id, "b/1");
  EXPECT_EQ(test.state.FindLease("lease-2"), nullptr);
  granted.mutable_lease_granted()->set_lease_id("lease-2");
  ExpectRefused(test, granted);
  granted.mutable_lease_granted()->set_task_id("b/2");
  granted.mutable_lease_granted()->set_lease_id("lease-1");
  ExpectRefused(test, granted);
  // Nor does a lease of another end the task's.
  v1::JournalRecord finished;
  finished.mutable_task_finished()->set_task_id("b/1");
  finished.mutable_task_finished()->set_lease_id("lease-2");
  ExpectRefused(test, finished);
  finished.mutable_task_finished()->set_task_id("b/2");
  ExpectRefused(test, finished);
  finished.mutable_task_finished()->set_task_id("nobody");
  ExpectRefused(test, finished);
  // A task is added once.
  ExpectRefused(test, TasksRecord("b", v1::LAYERS, {MakeTask("b/1")}));
}

TEST(StateTasksTest, WhatAVerificationReadsBackIsNotFetched) {
  TestState test;
  v1::Task verify = MakeTask("b/verify", "amd64", true);
  verify.mutable_verify_image()->set_variant("kubespray-files");
  test.AddBuild("b", {verify}, v1::VERIFY);
  v1::TaskResult result;
  result.set_bytes_fetched(2048);
  result.mutable_verified_image()->add_checks("serves 7 files");
  result.mutable_verified_image()->add_missing_fences("seccomp filter");
  test.Grant("b/verify", "w");
  test.time += absl::Seconds(3);
  test.Finish("b/verify", result);
  const BuildEntry& build = *test.state.FindBuild("b");
  EXPECT_EQ(build.bytes_fetched, 0);
  EXPECT_EQ(LastText(build),
            "task b/verify: done (2.0 KiB fetched, ran emulated, serves 7 "
            "files, without a seccomp filter, 3.0 s)");
  ASSERT_THAT(build.verifications, SizeIs(1));
  EXPECT_EQ(build.verifications[0].verified_in_build(), "");
  EXPECT_EQ(build.verifications[0].worker(), "w");
}

TEST(StateTasksTest, EachKindOfTroubleIsCountedByItself) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  const TaskEntry& task = *test.state.FindTask("b/1");
  const auto requeue = [&](v1::Failure::Kind kind, bool rate_limited,
                           bool wrong_layer) {
    test.Grant("b/1", "w");
    v1::JournalRecord record;
    v1::TaskRequeued& change = *record.mutable_task_requeued();
    change.set_task_id("b/1");
    change.set_lease_id(task.lease->lease_id);
    change.set_worker("w");
    change.mutable_failure()->set_kind(kind);
    change.mutable_failure()->set_reason("trouble");
    change.mutable_failure()->set_rate_limited(rate_limited);
    if (wrong_layer) {
      change.mutable_failure()->add_wrong_layers("sha256:1");
      change.add_accused("maker");
    }
    test.Apply(record);
    const Trouble& trouble = task.trouble_or_none();
    return std::vector<int>{trouble.infrastructure_failures,
                            trouble.transient_failures,
                            trouble.rate_limit_failures};
  };
  EXPECT_THAT(requeue(v1::Failure::INFRASTRUCTURE, false, false),
              ElementsAre(1, 0, 0));
  EXPECT_THAT(requeue(v1::Failure::TRANSIENT, false, false),
              ElementsAre(1, 1, 0));
  EXPECT_EQ(task.trouble_or_none().accuser, "");
  EXPECT_THAT(requeue(v1::Failure::TRANSIENT, true, true),
              ElementsAre(1, 1, 1));
  EXPECT_EQ(task.trouble_or_none().accuser, "w");
  EXPECT_THAT(task.trouble_or_none().accused, ElementsAre("maker"));
  // It stays so, whatever comes after it.
  requeue(v1::Failure::TRANSIENT, false, false);
  EXPECT_EQ(task.trouble_or_none().accuser, "w");
  EXPECT_THAT(task.trouble_or_none().accused, ElementsAre("maker"));
  EXPECT_EQ(task.trouble_or_none().last_worker, "w");
  EXPECT_EQ(task.trouble_or_none().last_reason, "trouble");
  EXPECT_EQ(task.run.ended, ToRunTime(test.time));
}

TEST(StateTasksTest, WhatIsHandedBackHasNotFailed) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  test.Grant("b/1", "w");
  v1::JournalRecord record;
  record.mutable_task_requeued()->set_task_id("b/1");
  record.mutable_task_requeued()->set_lease_id("lease-b/1-1");
  record.mutable_task_requeued()->set_worker("w");
  test.Apply(record);
  const TaskEntry& task = *test.state.FindTask("b/1");
  EXPECT_EQ(task.state, TaskState::kRunnable);
  EXPECT_EQ(task.lease, nullptr);
  EXPECT_EQ(task.trouble_or_none().infrastructure_failures, 0);
  EXPECT_EQ(task.trouble_or_none().transient_failures, 0);
  EXPECT_EQ(LastText(*test.state.FindBuild("b")), "task b/1: handed back by w");
}

TEST(StateTasksTest, ATwinWaitsUntilTheLastTimeThatIsGiven) {
  TestState test;
  v1::Task twin = MakeTask("b/1");
  *twin.mutable_make_layer() = MakeTask("a/1").make_layer();
  test.AddBuild("a", {MakeTask("a/1")}, v1::LAYERS);
  test.AddBuild("b", {twin}, v1::LAYERS);
  const absl::Time begin = test.time;
  const auto until = [&](const std::string& id, absl::Duration delay) {
    test.Grant(id, "w");
    test.Requeue(id, v1::Failure::TRANSIENT, absl::StrCat("503 of ", id),
                 delay);
    std::vector<absl::Duration> delays;
    for (const auto& [time, number, task] : test.state.delayed()) {
      delays.push_back(time - begin);
    }
    return delays;
  };
  EXPECT_THAT(until("a/1", absl::Seconds(60)),
              ElementsAre(absl::Seconds(60), absl::Seconds(60)));
  EXPECT_EQ(test.state.FindTask("b/1")->trouble_or_none().last_reason,
            "503 of a/1");
  // A later time holds for both, and an earlier one for the task alone.
  EXPECT_THAT(until("a/1", absl::Seconds(90)),
              ElementsAre(absl::Seconds(90), absl::Seconds(90)));
  EXPECT_THAT(until("b/1", absl::Seconds(30)),
              ElementsAre(absl::Seconds(30), absl::Seconds(90)));
  EXPECT_EQ(test.state.FindTask("a/1")->trouble_or_none().last_reason,
            "503 of a/1");
  // At its time, and not before, it is ready.
  test.state.AdvanceTo(begin + absl::Seconds(30) - absl::Milliseconds(1));
  EXPECT_TRUE(test.state.ready_builds().empty());
  test.state.AdvanceTo(begin + absl::Seconds(30));
  EXPECT_THAT(test.state.ready_builds(), SizeIs(1));
  // Time does not go back.
  test.state.AdvanceTo(begin);
  EXPECT_THAT(test.state.delayed(), SizeIs(1));
  test.state.AdvanceTo(begin + absl::Seconds(90));
  EXPECT_THAT(test.state.ready_builds(), SizeIs(2));
}

TEST(StateTasksTest, TheLeasesOfAWorkerAreKnownWithTheirChanges) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::LAYERS);
  const auto grant = [&](const std::string& id, int seconds) {
    v1::JournalRecord record;
    v1::LeaseGranted& change = *record.mutable_lease_granted();
    change.set_task_id(id);
    change.set_lease_id("lease-" + id);
    change.set_worker("w");
    change.set_session("s");
    *change.mutable_deadline() = ToProto(test.time + absl::Seconds(seconds));
    test.Apply(record);
  };
  grant("b/1", 20);
  grant("b/2", 10);
  EXPECT_THAT(test.state.TakeLeaseChanges(), ElementsAre("w"));
  EXPECT_THAT(test.state.TakeLeaseChanges(), IsEmpty());
  EXPECT_THAT(test.state.LeasesOf("w"), ElementsAre("lease-b/1", "lease-b/2"));
  EXPECT_THAT(test.state.LeasesOf("other"), IsEmpty());
  ASSERT_THAT(test.state.deadlines(), SizeIs(2));
  EXPECT_EQ(std::get<const TaskEntry*>(*test.state.deadlines().begin())->id,
            "b/2");
  const LeaseEntry& lease = *test.state.FindTask("b/1")->lease;
  EXPECT_EQ(lease.worker, "w");
  EXPECT_EQ(lease.session, "s");
  EXPECT_EQ(lease.granted, test.time);
  EXPECT_EQ(lease.deadline, test.time + absl::Seconds(20));
  test.Finish("b/1", {});
  EXPECT_THAT(test.state.TakeLeaseChanges(), ElementsAre("w"));
  EXPECT_THAT(test.state.LeasesOf("w"), ElementsAre("lease-b/2"));
  EXPECT_THAT(test.state.deadlines(), SizeIs(1));
  EXPECT_EQ(test.state.FindLease("lease-b/1"), nullptr);
  EXPECT_EQ(test.state.FindBuild("b")->CountsOf(v1::LAYERS).leased, 1);
  test.Finish("b/2", {});
  EXPECT_THAT(test.state.leases(), IsEmpty());
  EXPECT_THAT(test.state.deadlines(), IsEmpty());
}

TEST(StateTasksTest, OfIdenticalTasksTheOthersGoOnWhenOneIsDropped) {
  TestState test;
  v1::Task twin = MakeTask("b/1");
  *twin.mutable_make_layer() = MakeTask("a/1").make_layer();
  test.AddBuild("a", {MakeTask("a/1")}, v1::LAYERS);
  test.AddBuild("b", {twin}, v1::LAYERS);
  test.Grant("a/1", "w");
  EXPECT_TRUE(test.state.ready_builds().empty());
  EXPECT_EQ(StatusOfTask(*test.state.FindTask("b/1")).state(),
            v1::TaskStatus::SHARED);
  test.Cancel("a");
  EXPECT_THAT(test.state.ready_builds(), SizeIs(1));
  EXPECT_THAT(test.state.SharersOf(*test.state.FindTask("b/1")), IsEmpty());
  EXPECT_THAT(test.state.FindBuild("b")->queue.shared, IsEmpty());
  // A retried build waits for the other's.
  test.Grant("b/1", "w");
  test.Retry("a");
  EXPECT_THAT(test.state.ready_builds(), IsEmpty());
  EXPECT_EQ(StatusOfTask(*test.state.FindTask("a/1")).state(),
            v1::TaskStatus::SHARED);
  EXPECT_THAT(test.state.SharersOf(*test.state.FindTask("b/1")),
              ElementsAre(test.state.FindTask("a/1")));
}

TEST(StateTasksTest, LeasesOfIdenticalTasksFromAnOlderJournalEndOneByOne) {
  TestState test;
  const auto twin = [](const std::string& id) {
    v1::Task task = MakeTask(id);
    task.mutable_make_layer()->set_image("same");
    return task;
  };
  for (const std::string id : {"a", "b", "c"}) {
    test.AddBuild(id, {twin(id + "/1")}, v1::LAYERS);
  }
  test.Grant("a/1", "w");
  test.Grant("b/1", "w");
  EXPECT_THAT(test.state.SharersOf(*test.state.FindTask("a/1")),
              ElementsAre(test.state.FindTask("c/1")));
  test.Requeue("a/1", v1::Failure::INFRASTRUCTURE, "lost", {});
  // Both wait for the one that still runs.
  EXPECT_TRUE(test.state.ready_builds().empty());
  EXPECT_THAT(
      test.state.SharersOf(*test.state.FindTask("b/1")),
      ElementsAre(test.state.FindTask("a/1"), test.state.FindTask("c/1")));
  EXPECT_THAT(test.state.FindBuild("c")->queue.shared,
              ElementsAre(std::pair(test.state.FindBuild("b")->number, 1)));
}

}  // namespace
}  // namespace kso::coordinator
