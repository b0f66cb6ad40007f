// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/state/build_log.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/proto_time.h"
#include "coordinator/core/base/words.h"

namespace kso::coordinator {

void AddEvent(BuildEntry& build, absl::Time time, v1::Event::Level level,
              const TaskEntry* task, std::string_view worker,
              std::string text) {
  v1::Event event;
  *event.mutable_time() = ToProto(time);
  event.set_level(level);
  if (task != nullptr) event.set_task_id(task->id);
  event.set_worker(std::string(worker));
  event.set_text(std::move(text));
  build.events.Add(std::move(event));
}

std::string DoneInWords(const v1::Task& task, const v1::TaskResult& result,
                        absl::string_view how) {
  std::vector<std::string> facts;
  if (result.bytes_fetched() > 0) {
    facts.push_back(FormatBytes(result.bytes_fetched()) + " fetched");
  }
  if (result.bytes_pushed() > 0) {
    facts.push_back(FormatBytes(result.bytes_pushed()) + " pushed");
  } else if (result.has_made_layer() || result.has_copied_blobs()) {
    facts.push_back("nothing to push");
  }
  if (result.has_verified_image()) {
    const v1::VerifiedImage& verified = result.verified_image();
    facts.push_back(verified.native() ? "ran natively" : "ran emulated");
    facts.insert(facts.end(), verified.checks().begin(),
                 verified.checks().end());
    for (const std::string& fence : verified.missing_fences()) {
      facts.push_back(absl::StrCat("without a ", fence));
    }
  }
  facts.emplace_back(how);
  return absl::StrCat(task.name(), ": done (", absl::StrJoin(facts, ", "), ")");
}

std::string ResolvedInWords(const BuildEntry& build) {
  return absl::StrCat("resolved ", Count(build.file_count, "file"), " and ",
                      Count(build.image_count, "image"));
}

std::string KnownFilesInWords(int64_t count) {
  return absl::StrCat(Count(count, "file"),
                      " known by checksum from the newest release at the "
                      "destination: not asked for");
}

std::string SubmittedInWords(const BuildEntry& build) {
  std::vector<std::string> platforms;
  for (const v1::Platform& platform : build.release.platforms()) {
    platforms.push_back(PlatformInWords(platform));
  }
  return absl::StrCat(build.plan_only ? "plan of " : "build of ",
                      build.release.name(),
                      " submitted: ", Count(build.file_count, "file"), ", ",
                      Count(build.image_count, "image"), " for ",
                      absl::StrJoin(platforms, ", "));
}

std::string PlanInWords(const v1::PlanSummary& plan) {
  std::string text = absl::StrCat("plan: ", Count(plan.layer_count(), "layer"));
  // Where a host does not say a size, the sum is not known.
  if (plan.bytes_to_pack() > 0) {
    absl::StrAppend(&text, " of ", FormatBytes(plan.bytes_to_pack()));
  }
  if (plan.bytes_to_fetch() >= 0) {
    absl::StrAppend(&text, ", ", FormatBytes(plan.bytes_to_fetch()),
                    " to fetch");
  }
  if (plan.layers_reused() > 0) {
    absl::StrAppend(&text, "; ", plan.layers_reused(),
                    " of the layers are there already, with ",
                    FormatBytes(plan.bytes_reused()));
  }
  return text;
}

std::string EndInWords(const BuildEntry& build) {
  const std::string what = build.plan_only ? "plan" : "build";
  // Tags are pushed one after the other.
  const std::string tags = build.plan_only ? ""
                           : build.phase == v1::TAG
                               ? "; tags may have been pushed"
                               : "; no tag was pushed";
  switch (build.state) {
    case v1::Build::SUCCEEDED:
      return what + (build.plan_only ? " made" : " succeeded");
    case v1::Build::CANCELLED:
      return what + " cancelled" + tags;
    default:
      return absl::StrCat(
          what, " failed in ", PhaseInWords(build.phase), ": ",
          Count(static_cast<int64_t>(build.failures.size()), "problem"), tags);
  }
}

v1::Event::Level EndLevel(const BuildEntry& build) {
  switch (build.state) {
    case v1::Build::SUCCEEDED:
      return v1::Event::INFO;
    case v1::Build::CANCELLED:
      return v1::Event::WARNING;
    default:
      return v1::Event::ERROR;
  }
}

}  // namespace kso::coordinator
