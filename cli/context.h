// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CONTEXT_H_
#define KSO_CLI_CONTEXT_H_

#include <memory>
#include <ostream>
#include <string>

#include "absl/strings/string_view.h"
#include "cli/coordinator_client.h"
#include "cli/render/progress.h"
#include "common/run/clock.h"
#include "google/protobuf/message.h"

namespace kso::cli {

// The streams that a command writes to.
struct Console {
  std::ostream* out;
  std::ostream* err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
};

// The surroundings of a command: the coordinator, the console and the clock.
struct Context {
  Console console;
  Clock* clock;
  // "HOST:PORT" of the coordinator.
  std::string address;
  // stdout has one JSON document, and nothing else.
  bool json = false;
  CoordinatorClient* coordinator;

  // Prints what a command has to say: `message` as JSON, or `text`.
  void Print(const google::protobuf::Message& message,
             absl::string_view text) const;

  // A view for watching a build: on stdout, or on stderr beside JSON.
  std::unique_ptr<ProgressView> CreateProgress() const;
};

// proto3's JSON mapping, indented, with fields that have their default value.
std::string ToJson(const google::protobuf::Message& message);

}  // namespace kso::cli

#endif  // KSO_CLI_CONTEXT_H_
