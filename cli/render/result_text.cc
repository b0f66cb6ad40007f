// SPDX-License-Identifier: Apache-2.0
#include "cli/render/result_text.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/render/build_text.h"
#include "cli/render/plan_text.h"
#include "cli/render/text.h"
#include "common/base/proto_time.h"
#include "common/oci/platform.h"
#include "common/release/verdicts.h"

namespace kso::cli {
namespace {

std::string FailureText(const v1::Failure& failure) {
  std::string text = absl::StrCat("- ", Printable(failure.item()));
  if (!failure.location().empty()) {
    absl::StrAppend(&text, " (", Printable(failure.location()), ")");
  }
  absl::StrAppend(&text, "\n    why:  ", Printable(failure.reason()), "\n");
  if (!failure.advice().empty()) {
    absl::StrAppend(&text, "    do:   ", Printable(failure.advice()), "\n");
  }
  return text;
}

std::string ImageText(const v1::Build& build, const v1::ImageResult& image) {
  const bool at_registry =
      build.destination().kind() == v1::Destination::REGISTRY;
  std::string text;
  for (const std::string& tag : image.tags()) {
    absl::StrAppend(&text,
                    Printable(at_registry ? image.repository() : image.name()),
                    ":", Printable(tag), "\n");
  }
  std::vector<std::vector<std::string>> rows = {
      {"digest", Printable(image.index().digest())}};
  for (const v1::Descriptor& manifest : image.manifests()) {
    rows.push_back({Printable(oci::FormatPlatform(manifest.platform())),
                    Printable(manifest.digest())});
  }
  return absl::StrCat(text, FormatTable(rows, "    "));
}

std::string MissingFences(const v1::Verification& verification) {
  std::string text;
  for (const std::string& fence : verification.missing_fences()) {
    absl::StrAppend(&text, "    without a ", Printable(fence), "\n");
  }
  return text;
}

std::string VerificationText(const v1::Verification& verification) {
  return absl::StrCat(
      "  ", Printable(verification.image()), " ",
      Printable(oci::FormatPlatform(verification.platform())), " ran on ",
      Printable(verification.worker()),
      verification.native() ? " (native)" : " (emulated)",
      verification.verified_in_build().empty() ? "" : " in build ",
      Printable(verification.verified_in_build()),
      verification.checks().empty() ? "" : ": ",
      Printable(absl::StrJoin(verification.checks(), ", ")), "\n",
      MissingFences(verification));
}

std::string ReusedText(const v1::PlanSummary& plan) {
  if (plan.layers_reused() == 0) return "";
  return absl::StrCat(", reused ", FormatBytes(plan.bytes_reused()), " in ",
                      plan.layers_reused(), " of ",
                      Count(plan.layer_count(), "layer"));
}

// The outcome of the items: their number by verdict, and a line for each that
// is not simply in order.
std::string VerdictsText(const v1::Build& build) {
  if (build.verdicts().empty()) return "";
  std::string text =
      absl::StrCat("Checked ", release::CountVerdicts(build.verdicts()), "\n");
  for (const v1::ItemVerdict& item : build.verdicts()) {
    const std::string remark = release::RemarkOn(item);
    if (remark.empty()) continue;
    absl::StrAppend(&text, "Note: ", Printable(remark), "\n");
  }
  return text;
}

// How long each phase took, and the task that was its last.
std::string PhasesText(const v1::Build& build) {
  std::vector<std::vector<std::string>> rows;
  for (const v1::PhaseProgress& phase : build.progress()) {
    if (!phase.has_took()) continue;
    std::string set_by;
    if (!phase.last_task().empty()) {
      set_by = absl::StrCat("last: ", Printable(phase.last_task()), ", ",
                            FormatElapsed(FromProto(phase.last_took())), " on ",
                            Printable(phase.last_worker()));
    }
    rows.push_back({PhaseName(phase.phase()),
                    FormatElapsed(FromProto(phase.took())), std::move(set_by)});
  }
  return rows.empty() ? "" : absl::StrCat("Phases:\n", FormatTable(rows, "  "));
}

// The next steps of a person with images that are in a registry.
std::string NextText(const v1::Build& build) {
  if (build.destination().kind() != v1::Destination::REGISTRY ||
      build.images().empty() || build.images(0).tags().empty()) {
    return "";
  }
  const v1::ImageResult& first = build.images(0);
  // verify expects both platforms, unless it is told which.
  std::string platform;
  if (first.manifests_size() == 1) {
    platform = absl::StrCat(" --platform ",
                            oci::FormatPlatform(first.manifests(0).platform()));
  }
  return absl::StrCat(
      "Next:\n",
      FormatTable({{absl::StrCat("ksoctl verify ", first.repository(), ":",
                                 first.tags(0), platform),
                    "read it back, at any time"},
                   {absl::StrCat("ksoctl export ", build.build_id(), " -o ",
                                 Printable(build.name()), ".tar"),
                    "carry both images inside in a file"}},
                  "  "));
}

std::string Succeeded(const v1::Build& build) {
  std::string text = "\n";
  for (const v1::ImageResult& image : build.images()) {
    absl::StrAppend(&text, ImageText(build, image), "\n");
  }
  if (!build.verifications().empty()) text += "Verified:\n";
  for (const v1::Verification& verification : build.verifications()) {
    text += VerificationText(verification);
  }
  text += VerdictsText(build);
  text += PhasesText(build);
  for (const std::string& note : build.notes()) {
    absl::StrAppend(&text, "Note: ", Printable(note), "\n");
  }
  for (const std::string& missing : build.plan().missing_platforms()) {
    absl::StrAppend(&text, "Note: ", Printable(missing), " (allowed)\n");
  }
  if (!build.plan().missing_platforms_meaning().empty()) {
    absl::StrAppend(&text, "      ",
                    Printable(build.plan().missing_platforms_meaning()), ".\n");
  }
  for (const std::string& note : build.plan().notes()) {
    absl::StrAppend(&text, "Note: ", Printable(note), "\n");
  }
  text += NextText(build);
  return text;
}

}  // namespace

std::string ResultText(const v1::Build& build) {
  std::string text = absl::StrCat(
      build.plan_only() ? "Plan " : "Build ", Printable(build.build_id()),
      " of ", Printable(build.name()), " ", StateName(build.state()));
  if (build.has_ended() && build.has_created()) {
    absl::StrAppend(
        &text, " after ",
        FormatElapsed(FromProto(build.ended()) - FromProto(build.created())));
  }
  if (build.state() == v1::Build::SUCCEEDED && !build.plan_only()) {
    absl::StrAppend(&text, ": fetched ", FormatBytes(build.bytes_fetched()),
                    ", pushed ", FormatBytes(build.bytes_pushed()),
                    ReusedText(build.plan()));
  }
  text += ".\n";
  if (build.state() == v1::Build::SUCCEEDED) {
    return text + (build.plan_only() ? PlanText(build) : Succeeded(build));
  }
  if (build.state() == v1::Build::RUNNING) return text;
  if (!build.plan_only()) text += "No tag was pushed.\n";
  for (const v1::Failure& failure : build.failures()) {
    text += FailureText(failure);
  }
  text += PhasesText(build);
  absl::StrAppend(&text, "What happened: ksoctl logs ",
                  Printable(build.build_id()), "\n");
  if (!build.plan_only()) {
    absl::StrAppend(&text, "Try what failed again: ksoctl retry ",
                    Printable(build.build_id()), "\n");
  }
  return text;
}

}  // namespace kso::cli
