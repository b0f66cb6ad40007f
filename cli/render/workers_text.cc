// SPDX-License-Identifier: Apache-2.0
#include "cli/render/workers_text.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/render/text.h"
#include "common/oci/platform.h"

namespace kso::cli {
namespace {

std::string Platforms(const v1::WorkerInfo& info) {
  std::vector<std::string> texts;
  for (const v1::PlatformSupport& support : info.platforms()) {
    texts.push_back(absl::StrCat(oci::FormatPlatform(support.platform()),
                                 support.native() ? "" : " (emulated)"));
  }
  return absl::StrJoin(texts, ", ");
}

}  // namespace

std::string WorkersText(const v1::ListWorkersResponse& workers,
                        absl::Time now) {
  if (workers.workers().empty()) {
    return "No worker is connected. Start one on this machine: ksoctl farm "
           "up\n";
  }
  std::vector<std::vector<std::string>> rows = {
      {"WORKER", "STATE", "PLATFORMS", "TASKS/SLOTS", "DONE", "LAST SEEN"}};
  std::string notes;
  for (const v1::WorkerStatus& worker : workers.workers()) {
    const v1::WorkerInfo& info = worker.info();
    const std::string name = Printable(info.name());
    rows.push_back(
        {name,
         absl::AsciiStrToLower(v1::WorkerStatus::State_Name(worker.state())),
         Printable(Platforms(info)),
         absl::StrCat(worker.leases_size(), "/", info.slots()),
         absl::StrCat(worker.tasks_done()),
         FormatAge(worker.last_seen(), now)});
    if (!info.unhealthy_reason().empty()) {
      absl::StrAppend(&notes, name,
                      " takes no work: ", Printable(info.unhealthy_reason()),
                      "\n");
    }
    if (!info.can_execute() && !info.cannot_execute_reason().empty()) {
      absl::StrAppend(&notes, name, " cannot run images to verify them: ",
                      Printable(info.cannot_execute_reason()), "\n");
    }
    for (const std::string& fence : info.missing_fences()) {
      absl::StrAppend(&notes, name, " runs images without a ", Printable(fence),
                      "\n");
    }
    for (const std::string& remark : info.remarks()) {
      absl::StrAppend(&notes, name, ": ", Printable(remark), "\n");
    }
    for (const v1::HeldLease& lease : worker.leases()) {
      if (lease.activity().empty()) continue;
      absl::StrAppend(&notes, name, ": ", Printable(lease.activity()), "\n");
    }
  }
  for (const v1::HostLimit& host : workers.hosts()) {
    absl::StrAppend(&notes, "limits of ", Printable(host.words()), "\n");
  }
  return absl::StrCat(FormatTable(rows), notes);
}

}  // namespace kso::cli
