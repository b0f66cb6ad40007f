// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_NETWORK_H_
#define KSO_TESTS_FAULT_NETWORK_H_

#include <functional>
#include <map>
#include <string>

#include "tests/fault/dice.h"
#include "tests/fault/event_loop.h"
#include "tests/fault/faults.h"

namespace kso::testing {

// The network between the coordinator and its workers and clients, which have
// names. Messages are lost, late, doubled and out of order, as `faults` says at
// the time.
class Network {
 public:
  enum class Way { kToCoordinator, kFromCoordinator };

  Network(EventLoop* loop, const Faults* faults, Dice dice)
      : loop_(*loop), faults_(*faults), dice_(dice) {}

  void Send(const std::string& node, Way way, std::function<void()> arrive) {
    Put(node, way, arrive);
    if (dice_.Chance(faults_.doubled_message)) Put(node, way, arrive);
  }

  // Cuts the connection between the two until `until`.
  void Cut(const std::string& node, Way way, absl::Time until) {
    cut_[{node, way}] = until;
  }
  void MendAll() { cut_.clear(); }

 private:
  void Put(const std::string& node, Way way, std::function<void()> arrive) {
    const absl::Duration delay =
        dice_.Between(absl::Milliseconds(1), faults_.slowest_message);
    if (dice_.Chance(faults_.lost_message)) return;
    loop_.After(delay, [this, node, way, arrive = std::move(arrive)] {
      const auto cut = cut_.find({node, way});
      if (cut != cut_.end() && cut->second > loop_.now()) return;
      arrive();
    });
  }

  EventLoop& loop_;
  const Faults& faults_;
  Dice dice_;
  std::map<std::pair<std::string, Way>, absl::Time> cut_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_NETWORK_H_
