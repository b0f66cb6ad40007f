// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/build_guard.h"

#include <cstdint>
#include <utility>

#include "common/base/strings.h"
#include "common/run/exceptions.h"
#include "common/text/text.h"
#include "coordinator/core/base/permanent_failure.h"
#include "coordinator/core/base/words.h"
#include "coordinator/core/flow/build_flow.h"

namespace kso::coordinator {
namespace {

using Records = std::vector<v1::JournalRecord>;

v1::JournalRecord SetAside(const BuildEntry& build) {
  const v1::Failure failure = PermanentFailure(
      Concat("build ", build.build_id),
      Concat("it was set aside, since the coordinator ended unexpectedly ",
             build.interruptions, " times in a row while it worked on it, in ",
             PhaseInWords(build.phase)),
      Concat("look at the end of the coordinator's log, and report it with the "
             "release; to let the build be tried again: ksoctl retry ",
             build.build_id));
  return EndBuild(build, v1::Build::FAILED, {failure});
}

}  // namespace

absl::Status BuildGuard::CheckSizes(const Records& records) {
  for (const v1::JournalRecord& record : records) {
    const size_t bytes = record.ByteSizeLong();
    if (bytes <= kLargestRecord) continue;
    return absl::ResourceExhaustedError(
        Concat("its journal record would be of ",
               FormatBytes(static_cast<int64_t>(bytes)), ", over the limit of ",
               FormatBytes(static_cast<int64_t>(kLargestRecord))));
  }
  return absl::OkStatus();
}

void BuildGuard::NoteInterruption(Transaction& turn) const {
  if (!was_interrupted()) return;
  for (const std::string& id : mark_->interrupted()) {
    const BuildEntry* build = turn.state().FindBuild(id);
    if (build == nullptr || !build->running()) continue;
    v1::JournalRecord record;
    record.mutable_build_interrupted()->set_build_id(build->build_id);
    turn.Record(std::move(record));
    if (build->interruptions >= kMostInterruptions) {
      turn.Record(SetAside(*build));
    }
  }
}

bool BuildGuard::Decide(Transaction& turn, const BuildEntry& build,
                        absl::FunctionRef<Records()> decide) const {
  const MarkedWork marked(mark_, build.build_id);
  Records records;
  const absl::Status decided = WithoutExceptions([&]() -> absl::Status {
    records = decide();
    return CheckSizes(records);
  });
  if (!decided.ok()) {
    // The memory that they take may be what there is too little of.
    records = {};
    records.push_back(Failed(build, decided));
  }
  const bool any = !records.empty();
  turn.Record(std::move(records));
  return any;
}

absl::Status BuildGuard::Run(const std::string& build_id,
                             absl::FunctionRef<void()> work) const {
  const MarkedWork marked(mark_, build_id);
  return WithoutExceptions([&]() -> absl::Status {
    work();
    return absl::OkStatus();
  });
}

v1::JournalRecord BuildGuard::Failed(const BuildEntry& build,
                                     const absl::Status& why) {
  const v1::Failure failure = PermanentFailure(
      Concat("build ", build.build_id),
      Concat("the coordinator cannot go on with it in ",
             PhaseInWords(build.phase), ": ", why.message()),
      Concat("please report it with the release; to let the build be tried "
             "again: ksoctl retry ",
             build.build_id));
  return EndBuild(build, v1::Build::FAILED, {failure});
}

}  // namespace kso::coordinator
