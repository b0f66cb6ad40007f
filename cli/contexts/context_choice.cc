// SPDX-License-Identifier: Apache-2.0
#include "cli/contexts/context_choice.h"

#include "common/base/status_macros.h"

namespace kso::cli {

absl::Status FillFromContext(const ContextStore& store,
                             ConnectionFlags& flags) {
  const bool named = !flags.context.empty();
  if (!named && !flags.coordinator.empty()) return absl::OkStatus();
  KSO_ASSIGN_OR_RETURN(const ContextList list, store.Read());
  const std::string& name = named ? flags.context : list.current;
  if (name.empty()) return absl::OkStatus();
  const NamedContext* const context = list.Find(name);
  if (context == nullptr) return NoSuchContext(list, name);
  if (flags.coordinator.empty()) flags.coordinator = context->coordinator;
  if (flags.ca.empty()) flags.ca = context->ca;
  if (flags.cert.empty() && flags.key.empty() && flags.token_file.empty() &&
      !flags.token_in_environment) {
    flags.cert = context->cert;
    flags.key = context->key;
    flags.token_file = context->token_file;
  }
  return absl::OkStatus();
}

}  // namespace kso::cli
