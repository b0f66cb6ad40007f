// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CONNECTION_H_
#define KSO_CLI_CONNECTION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/arguments.h"
#include "cli/contexts/context_choice.h"
#include "common/rpc/channel.h"

namespace kso::cli {

// Finds out where the coordinator is, and as whom to ask it: from the command
// line, the environment and the user's contexts.

// The coordinator that is asked where nobody names one.
inline constexpr char kDefaultAddress[] = "127.0.0.1:7070";

// The options of ksoctl about the coordinator.
struct ConnectionOptions {
  ConnectionFlags flags{};
  bool insecure_plaintext = false;
};

// Where the coordinator is, and as whom it is asked.
struct Connection {
  std::string address{kDefaultAddress};
  rpc::ChannelSecurity security{};
  // Why the coordinator cannot be asked, where that is so: a context, token or
  // file that is not there or is no use. Commands that do not ask it, such as
  // those that mend a context, work all the same.
  absl::Status trouble{};
};

// --coordinator, --context, --ca, --cert, --key, --token-file and
// --insecure-plaintext.
void DeclareConnection(Arguments root, ConnectionOptions& options);

// Fills in those of them that a command line has which is still being typed,
// and so is not one that can be parsed.
void TakeConnection(const std::vector<std::string>& words,
                    ConnectionOptions& options);

// Fills in the context and $KSO_TOKEN, and reads the token's file.
// INVALID_ARGUMENT for a bad address.
absl::StatusOr<Connection> ResolveConnection(ConnectionOptions options);

// INVALID_ARGUMENT unless `address` is "HOST:PORT" or "unix:PATH".
absl::Status CheckAddress(const std::string& address);

}  // namespace kso::cli

#endif  // KSO_CLI_CONNECTION_H_
