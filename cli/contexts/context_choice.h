// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CONTEXTS_CONTEXT_CHOICE_H_
#define KSO_CLI_CONTEXTS_CONTEXT_CHOICE_H_

#include <string>

#include "absl/status/status.h"
#include "cli/contexts/context_store.h"

namespace kso::cli {

// The connection as the command line and the environment have it. An empty
// field was not given.
struct ConnectionFlags {
  // --context or $KSO_CONTEXT.
  std::string context = {};
  // --coordinator or $KSO_COORDINATOR.
  std::string coordinator = {};
  std::string ca = {};
  std::string cert = {};
  std::string key = {};
  std::string token_file = {};
  // $KSO_TOKEN is set.
  bool token_in_environment = false;
};

// Fills what was not given from the context: flags go before variables, and
// those before the context. An identity is taken whole: who gives a certificate
// or a token gets nothing of the context's identity. A coordinator that is
// given without naming a context gets nothing of the context in use: the
// identity for one farm is not shown to another. NOT_FOUND for a context that
// was named and is not there.
absl::Status FillFromContext(const ContextStore& store, ConnectionFlags& flags);

}  // namespace kso::cli

#endif  // KSO_CLI_CONTEXTS_CONTEXT_CHOICE_H_
