// SPDX-License-Identifier: Apache-2.0
#include "cli/connection.h"

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "cli/contexts/context_store.h"
#include "common/base/status_macros.h"
#include "common/oci/grammar.h"
#include "common/rpc/token_file.h"

namespace kso::cli {
namespace {

absl::Status FillFromUsersContext(ConnectionFlags& flags) {
  const absl::StatusOr<std::filesystem::path> file =
      ContextStore::DefaultFile();
  if (file.ok()) return FillFromContext(ContextStore(*file), flags);
  // A user without a home has no contexts.
  return flags.context.empty() ? absl::OkStatus() : file.status();
}

}  // namespace

void DeclareConnection(Arguments root, ConnectionOptions& options) {
  ConnectionFlags& flags = options.flags;
  root.OptionOrVariable(
      "--coordinator", "KSO_COORDINATOR", &flags.coordinator, "HOST:PORT",
      absl::StrCat("Where the coordinator is. Default: $KSO_COORDINATOR, the "
                   "context, or ",
                   kDefaultAddress, "."));
  root.OptionOrVariable("--context", "KSO_CONTEXT", &flags.context, "CONTEXT",
                        "The context to use. Default: $KSO_CONTEXT, or the "
                        "one in use.");
  root.Option("--ca", &flags.ca, "FILE",
              "The authorities that the coordinator's certificate must come "
              "from; TLS is spoken then.");
  root.Option("--cert", &flags.cert, "FILE",
              "Your certificate, to prove who you are.");
  root.Option("--key", &flags.key, "FILE", "The certificate's key.");
  root.Option("--token-file", &flags.token_file, "FILE",
              "A file with your token, to prove who you are. Default: the "
              "token in $KSO_TOKEN.");
  root.Flag("--insecure-plaintext", &options.insecure_plaintext,
            "Speak to another machine without TLS: whoever is on the network "
            "reads and changes everything, your token too.");
}

void TakeConnection(const std::vector<std::string>& words,
                    ConnectionOptions& options) {
  ConnectionFlags& flags = options.flags;
  const std::pair<absl::string_view, std::string*> known[] = {
      {"--coordinator", &flags.coordinator},
      {"--context", &flags.context},
      {"--ca", &flags.ca},
      {"--cert", &flags.cert},
      {"--key", &flags.key},
      {"--token-file", &flags.token_file}};
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--insecure-plaintext") options.insecure_plaintext = true;
    for (const auto& [name, value] : known) {
      absl::string_view rest = words[i];
      if (!absl::ConsumePrefix(&rest, name)) continue;
      if (absl::ConsumePrefix(&rest, "=")) {
        *value = std::string(rest);
      } else if (rest.empty() && i + 1 < words.size()) {
        *value = words[i + 1];
      }
    }
  }
}

absl::StatusOr<Connection> ResolveConnection(ConnectionOptions options) {
  ConnectionFlags& flags = options.flags;
  const char* token = getenv("KSO_TOKEN");
  // A certificate on the command line goes before the variable.
  flags.token_in_environment =
      token != nullptr && *token != '\0' && flags.cert.empty();
  Connection connection;
  if (!flags.coordinator.empty()) {
    KSO_RETURN_IF_ERROR(CheckAddress(flags.coordinator));
  }
  connection.trouble = FillFromUsersContext(flags);
  if (!flags.coordinator.empty()) {
    // One in a context must not keep `ksoctl context` from mending it.
    connection.trouble.Update(CheckAddress(flags.coordinator));
    connection.address = flags.coordinator;
  }
  connection.security.tls = {
      .ca = flags.ca, .cert = flags.cert, .key = flags.key};
  connection.security.insecure_plaintext = options.insecure_plaintext;
  if (!flags.token_file.empty() || flags.token_in_environment) {
    absl::StatusOr<std::string> read = rpc::ReadToken(flags.token_file);
    connection.trouble.Update(read.status());
    if (read.ok()) connection.security.token = *std::move(read);
  }
  return connection;
}

absl::Status CheckAddress(const std::string& address) {
  if (absl::StartsWith(address, "unix:/")) return absl::OkStatus();
  const size_t colon = address.rfind(':');
  int port = 0;
  if (colon == std::string::npos || !oci::IsValidHost(address) ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 1 ||
      port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", address,
                     "' is no coordinator's address; write "
                     "HOST:PORT, such as ",
                     kDefaultAddress));
  }
  return absl::OkStatus();
}

}  // namespace kso::cli
