// SPDX-License-Identifier: Apache-2.0
#include "cli/render/plan_text.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "cli/render/text.h"
#include "common/base/proto_time.h"
#include "common/oci/destination.h"

namespace kso::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string BytesOrUnknown(int64_t bytes) {
  return bytes < 0 ? "unknown" : FormatBytes(bytes);
}

std::string ItemsText(const v1::PlanSummary& plan) {
  Rows rows = {{"ITEM", "SIZE", "TO FETCH"}};
  for (const v1::PlannedItem& item : plan.items()) {
    // An item that is there already is not worth a line.
    if (item.bytes_to_fetch() == 0) continue;
    rows.push_back({Printable(item.name()), BytesOrUnknown(item.size()),
                    BytesOrUnknown(item.bytes_to_fetch())});
  }
  return rows.size() > 1 ? absl::StrCat(FormatTable(rows), "\n") : "";
}

std::string LayersText(const v1::PlanSummary& plan) {
  Rows rows = {{"IMAGE", "LAYER", "MEMBERS", "SIZE", ""}};
  for (const v1::PlannedLayer& layer : plan.layers()) {
    std::string what = layer.reused() ? "reused" : "to make";
    if (layer.dead_bytes() > 0) {
      absl::StrAppend(&what, ", ", FormatBytes(layer.dead_bytes()),
                      " not wanted any more");
    }
    rows.push_back({Printable(layer.image()), Printable(layer.name()),
                    absl::StrCat(layer.members()), FormatBytes(layer.size()),
                    std::move(what)});
  }
  return rows.size() > 1 ? FormatTable(rows) : "";
}

std::string RegistriesText(const v1::PlanSummary& plan) {
  std::string text;
  for (const v1::RegistryUse& use : plan.registries()) {
    if (use.manifest_gets() == 0) continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", Printable(use.registry()),
                    " ", use.manifest_gets());
  }
  return text.empty() ? "none: all images are as they were known" : text;
}

std::string EstimateText(const v1::PlanSummary& plan) {
  if (!plan.has_estimated_time()) {
    return absl::StrCat("unknown: ", Printable(plan.estimate_basis()));
  }
  const absl::Duration time = FromProto(plan.estimated_time());
  return absl::StrCat("about ", FormatElapsed(time), ", ",
                      Printable(plan.estimate_basis()));
}

std::string TotalsText(const v1::Build& build) {
  const v1::PlanSummary& plan = build.plan();
  Rows rows = {
      {"to fetch:", plan.bytes_to_fetch() < 0
                        ? "unknown, since a host does not say its sizes"
                        : FormatBytes(plan.bytes_to_fetch())},
      {"to pack:", FormatBytes(plan.bytes_to_pack())},
      {"to push:",
       plan.bytes_to_push() < 0
           ? "unknown"
           : absl::StrCat("at most ", FormatBytes(plan.bytes_to_push()))},
      {"reused:",
       absl::StrCat(FormatBytes(plan.bytes_reused()),
                    plan.previous_release().empty() ? "" : ", after ",
                    Printable(plan.previous_release()))},
      {"disk:", absl::StrCat(FormatBytes(plan.worker_disk_bytes()),
                             " on a worker that does it all alone")},
      {"manifests fetched:", RegistriesText(plan)},
      {"time:", EstimateText(plan)},
      {"to:", Printable(oci::FormatDestination(build.destination()))}};
  if (plan.bytes_dead() > 0) {
    rows.insert(rows.begin() + 4,
                {"of that, not wanted:", FormatBytes(plan.bytes_dead())});
  }
  return FormatTable(rows);
}

}  // namespace

std::string PlanText(const v1::Build& build) {
  const v1::PlanSummary& plan = build.plan();
  std::string text = absl::StrCat(
      ItemsText(plan), LayersText(plan), Count(plan.file_count(), "file"), ", ",
      Count(plan.image_count(), "image"), ", ",
      Count(plan.layer_count() - plan.layers_reused(), "layer"), " to make, ",
      plan.layers_reused(), " reused\n", TotalsText(build));
  if (!plan.destination_problem().empty()) {
    absl::StrAppend(&text, "Note: planned as if the destination were empty: ",
                    Printable(plan.destination_problem()), "\n");
  }
  for (const std::string& missing : plan.missing_platforms()) {
    absl::StrAppend(&text, "missing, and allowed to be: ", Printable(missing),
                    "\n");
  }
  if (!plan.missing_platforms_meaning().empty()) {
    absl::StrAppend(&text, "    ", Printable(plan.missing_platforms_meaning()),
                    ".\n");
  }
  for (const std::string& note : plan.notes()) {
    absl::StrAppend(&text, "Note: ", Printable(note), "\n");
  }
  return text;
}

bool PlanTextHas(const v1::Build& build, const v1::Event& event) {
  const v1::PlanSummary& plan = build.plan();
  std::vector<absl::string_view> remarks = {plan.destination_problem(),
                                            plan.missing_platforms_meaning()};
  remarks.insert(remarks.end(), plan.missing_platforms().begin(),
                 plan.missing_platforms().end());
  remarks.insert(remarks.end(), plan.notes().begin(), plan.notes().end());
  return std::any_of(
      remarks.begin(), remarks.end(), [&event](absl::string_view remark) {
        return !remark.empty() && absl::StrContains(event.text(), remark);
      });
}

}  // namespace kso::cli
