// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CONTEXTS_CONTEXT_STORE_H_
#define KSO_CLI_CONTEXTS_CONTEXT_STORE_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kso::cli {

// Where a coordinator is, and as whom to speak to it. Paths are absolute; what
// is empty is not set. It has names of files only, never a secret.
struct NamedContext {
  std::string name = {};
  // "HOST:PORT".
  std::string coordinator = {};
  // The authorities that the coordinator's certificate must come from.
  std::string ca = {};
  std::string cert = {};
  std::string key = {};
  std::string token_file = {};
};

// The contexts of a user.
struct ContextList {
  // The name of the one in use. Empty: none.
  std::string current;
  // By name.
  std::vector<NamedContext> contexts;

  // Null where there is none of that name.
  const NamedContext* Find(std::string_view name) const;
};

// Keeps contexts in a file of JSON, readable by its owner only, which is
// replaced at once. Of two processes that change it at the same time, the
// second waits.
class ContextStore {
 public:
  explicit ContextStore(std::filesystem::path file) : file_(std::move(file)) {}

  // $XDG_CONFIG_HOME/kso/contexts.json, which is ~/.config/kso/contexts.json
  // where it is not set. FAILED_PRECONDITION when $HOME is not set either.
  static absl::StatusOr<std::filesystem::path> DefaultFile();

  // An empty list where there is no file. INVALID_ARGUMENT for a file that is
  // no list of contexts.
  absl::StatusOr<ContextList> Read() const;

  // Puts `context` in the place of one of that name. The first becomes the one
  // in use. INVALID_ARGUMENT for a bad name, for a certificate without its key
  // or the reverse, and for both a certificate and a token.
  absl::Status Add(const NamedContext& context) const;
  // NOT_FOUND names those that there are.
  absl::Status Use(std::string_view name) const;
  // Nothing is in use after the one in use was removed.
  absl::Status Remove(std::string_view name) const;

 private:
  absl::Status Write(const ContextList& list) const;

  const std::filesystem::path file_;
};

// NOT_FOUND that names those that there are.
absl::Status NoSuchContext(const ContextList& list, std::string_view name);

}  // namespace kso::cli

#endif  // KSO_CLI_CONTEXTS_CONTEXT_STORE_H_
