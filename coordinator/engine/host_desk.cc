// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/host_desk.h"

namespace kso::coordinator {

void HostDesk::Observe(Transaction& turn, const v1::WorkerInfo& worker,
                       const std::string& session) {
  if (worker.hosts().empty()) return;
  const HostGate gate = GateOf(turn.state(), turn.now());
  for (const v1::HostReport& report : worker.hosts()) {
    budget_.Observe(
        worker.name(), session, report,
        [&] { return gate.LoadOf(report.host()).tasks; }, turn.now());
  }
}

void HostDesk::Succeeded(const TaskEntry& task) {
  if (budget_.empty()) return;
  for (const HostDemand& use : task.demand->hosts) budget_.Succeeded(use.host);
}

}  // namespace kso::coordinator
