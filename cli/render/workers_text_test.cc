// SPDX-License-Identifier: Apache-2.0
#include "cli/render/workers_text.h"

#include <string>

#include "common/base/proto_time.h"
#include "gtest/gtest.h"

namespace kso::cli {
namespace {

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(1);

v1::WorkerStatus& Add(v1::ListWorkersResponse& workers,
                      const std::string& name) {
  v1::WorkerStatus& worker = *workers.add_workers();
  worker.set_state(v1::WorkerStatus::READY);
  worker.mutable_info()->set_name(name);
  worker.mutable_info()->set_slots(4);
  worker.mutable_info()->set_can_execute(true);
  *worker.mutable_last_seen() = ToProto(kNow - absl::Seconds(20));
  return worker;
}

void Supports(v1::WorkerStatus& worker, const std::string& architecture,
              bool native) {
  v1::PlatformSupport* support = worker.mutable_info()->add_platforms();
  support->mutable_platform()->set_os("linux");
  support->mutable_platform()->set_architecture(architecture);
  support->set_native(native);
}

TEST(WorkersTextTest, SaysHowToStartOneWhereThereIsNone) {
  EXPECT_EQ(WorkersText({}, kNow),
            "No worker is connected. Start one on this machine: ksoctl farm "
            "up\n");
}

TEST(WorkersTextTest, HasALineForEach) {
  v1::ListWorkersResponse workers;
  v1::WorkerStatus& busy = Add(workers, "arm-1");
  Supports(busy, "arm64", /*native=*/true);
  Supports(busy, "amd64", /*native=*/false);
  busy.add_leases();
  busy.add_leases();
  busy.set_tasks_done(17);
  Add(workers, "build-2").set_state(v1::WorkerStatus::LOST);
  EXPECT_EQ(
      WorkersText(workers, kNow),
      "WORKER   STATE  PLATFORMS                            TASKS/SLOTS  DONE"
      "  LAST SEEN\n"
      "arm-1    ready  linux/arm64, linux/amd64 (emulated)  2/4          17  "
      "  20s ago\n"
      "build-2  lost                                        0/4          0   "
      "  20s ago\n");
}

// The lines below the table.
std::string Notes(const v1::ListWorkersResponse& workers) {
  const std::string text = WorkersText(workers, kNow);
  const std::string last = "20s ago\n";
  return text.substr(text.rfind(last) + last.size());
}

TEST(WorkersTextTest, SaysWhatIsWrongAndWhatIsDoneBelow) {
  v1::ListWorkersResponse workers;
  v1::WorkerInfo& info = *Add(workers, "a").mutable_info();
  EXPECT_EQ(Notes(workers), "");
  info.set_unhealthy_reason("the disk is full");
  EXPECT_EQ(Notes(workers), "a takes no work: the disk is full\n");
  info.clear_unhealthy_reason();
  // The reason is of no interest while it can.
  info.set_cannot_execute_reason("there is no runc");
  EXPECT_EQ(Notes(workers), "");
  info.set_can_execute(false);
  EXPECT_EQ(Notes(workers),
            "a cannot run images to verify them: there is no runc\n");
  info.clear_cannot_execute_reason();
  EXPECT_EQ(Notes(workers), "");
  info.add_missing_fences("network of its own");
  info.add_remarks("it swaps");
  EXPECT_EQ(Notes(workers),
            "a runs images without a network of its own\na: it swaps\n");
}

TEST(WorkersTextTest, SaysWhatTasksDoAndHowHostsAreLimited) {
  v1::ListWorkersResponse workers;
  v1::WorkerStatus& worker = Add(workers, "a");
  worker.add_leases();
  worker.add_leases()->set_activity("fetching\x1b[2J kubelet");
  workers.add_hosts()->set_words("docker.io: 20 pulls an hour are left");
  const std::string notes = Notes(workers);
  EXPECT_EQ(notes.find('\x1b'), std::string::npos);
  EXPECT_NE(notes.find("a: fetching"), std::string::npos) << notes;
  EXPECT_EQ(notes.find("a: \n"), std::string::npos) << notes;
  EXPECT_NE(notes.find("limits of docker.io: 20 pulls"), std::string::npos);
}

}  // namespace
}  // namespace kso::cli
