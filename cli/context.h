// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CONTEXT_H_
#define KSO_CLI_CONTEXT_H_

#include <istream>
#include <memory>
#include <ostream>
#include <string>

#include "absl/strings/string_view.h"
#include "cli/coordinator_client.h"
#include "cli/render/progress.h"
#include "common/rpc/tls_files.h"
#include "common/run/clock.h"
#include "google/protobuf/message.h"
#include "nlohmann/json_fwd.hpp"

namespace kso::cli {

// The streams that a command writes to.
struct Console {
  std::ostream* out;
  std::ostream* err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  // Terminals are to get colours.
  bool color = false;
  // The stream on which a person answers questions. May be null.
  std::istream* in = nullptr;
  bool in_is_terminal = false;
};

// The surroundings of a command: the coordinator, the console and the clock.
struct Context {
  Console console;
  Clock* clock;
  // "HOST:PORT" of the coordinator.
  std::string address;
  // The files by which it is spoken to.
  rpc::TlsFiles tls = {};
  // stdout has JSON and nothing else: one document, or, with `json_lines`, an
  // object a line (docs/json.md).
  bool json = false;
  bool json_lines = false;
  // Results and errors only: no progress, no advice.
  bool quiet = false;
  CoordinatorClient* coordinator;

  // Prints what a command has to say: `message` as JSON, or `text`. Of a list,
  // JSON lines has a line for each of its items.
  void Print(const google::protobuf::Message& message,
             absl::string_view text) const;
  // The same where what there is to say is no message.
  void PrintJsonOr(const nlohmann::ordered_json& document,
                   absl::string_view text) const;

  // Returns whether there is a person to ask.
  bool AsksPeople() const {
    return console.in != nullptr && console.in_is_terminal &&
           console.err_is_terminal && !json && !quiet;
  }

  // Returns whether that view is on a terminal.
  bool shows_terminal() const {
    return !json_lines && !quiet &&
           (json ? console.err_is_terminal : console.out_is_terminal);
  }

  // A view for watching a build: on stdout, or on stderr beside JSON.
  std::unique_ptr<ProgressView> CreateProgress() const;
};

}  // namespace kso::cli

#endif  // KSO_CLI_CONTEXT_H_
