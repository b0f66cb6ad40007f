// SPDX-License-Identifier: Apache-2.0
// Any records as read from a journal: they are applied, or refused with a
// reason, and an engine works on what was applied.

#include <string>
#include <vector>

#include "kso/v1/journal.pb.h"
#include "tests/fuzz/engine_harness.h"
#include "tests/fuzz/fill_message.h"

namespace {

using kso::fuzz::Input;
using kso::fuzz::Require;
namespace v1 = kso::v1;

// A journal that was written by nobody.
class FoundJournal : public kso::coordinator::StateStore {
 public:
  void Add(v1::JournalRecord record) { records_.push_back(std::move(record)); }

  absl::Status Commit(absl::Span<const v1::JournalRecord> records) override {
    for (const v1::JournalRecord& record : records) {
      kso::fuzz::RequireSendable(record, "a record can be read again");
    }
    return absl::OkStatus();
  }
  absl::Status Replay(
      const std::function<absl::Status(const v1::JournalRecord&)>& apply)
      override {
    for (const v1::JournalRecord& record : records_) {
      if (absl::Status status = apply(record); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  std::vector<v1::JournalRecord> records_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto& words =
      *new std::vector<std::string>{"b1",
                                    "b2",
                                    "t1",
                                    "t2",
                                    "lease-1",
                                    "lease-2",
                                    "one",
                                    "two",
                                    "session",
                                    "linux",
                                    "amd64",
                                    "registry.example.com/team",
                                    "kubespray-files",
                                    "https://dl.example.com/a",
                                    "registry.example.com/pause:3.9"};
  Input input(data, size);
  FoundJournal journal;
  // Without a build nothing else fits, so most journals begin with one.
  if (!input.OneIn(8)) {
    v1::JournalRecord record;
    record.mutable_build_submitted()->set_build_id("b1");
    kso::fuzz::FillMessage(
        input, words, *record.mutable_build_submitted()->mutable_release());
    journal.Add(record);
  }
  for (int i = 0; i < 20 && !input.empty(); ++i) {
    v1::JournalRecord record;
    kso::fuzz::FillMessage(input, words, record);
    journal.Add(std::move(record));
  }
  kso::fuzz::EngineRoom room(&input, &journal);
  const absl::Status started = room.Start();
  kso::fuzz::RequireSaid(started, "a refusal has a reason");
  if (!started.ok()) return 0;
  room.Settle();
  room.engine().ListBuilds(
      {}, [](const absl::StatusOr<v1::ListBuildsResponse>& builds) {
        if (builds.ok()) {
          kso::fuzz::RequireSendable(*builds, "builds can be sent");
        }
      });
  room.Advance(absl::Minutes(1));
  room.Advance(absl::Hours(24));
  return 0;
}
