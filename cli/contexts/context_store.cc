// SPDX-License-Identifier: Apache-2.0
#include "cli/contexts/context_store.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_join.h"
#include "common/access/identity_uri.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/files/file_io.h"
#include "common/files/file_lock.h"
#include "common/files/small_file.h"
#include "common/text/json.h"
#include "common/text/printable_text.h"

namespace kso::cli {
namespace {

constexpr size_t kLargestFile = size_t{1} << 20;

// The keys of a context in the file.
struct Field {
  const char* key;
  std::string NamedContext::* value;
};
constexpr Field kFields[] = {
    {"name", &NamedContext::name}, {"coordinator", &NamedContext::coordinator},
    {"ca", &NamedContext::ca},     {"cert", &NamedContext::cert},
    {"key", &NamedContext::key},   {"tokenFile", &NamedContext::token_file},
};

absl::StatusOr<ContextList> Parse(std::string_view content) {
  KSO_ASSIGN_OR_RETURN(const Json json, ParseJson(content));
  ContextList list;
  list.current = StringOf(json, "current");
  KSO_ASSIGN_OR_RETURN(const Json* const contexts, FieldOf(json, "contexts"));
  if (contexts == nullptr) return list;
  if (!contexts->is_array()) {
    return absl::InvalidArgumentError("\"contexts\" is not a list");
  }
  for (const Json& one : *contexts) {
    NamedContext context;
    for (const auto& [key, value] : kFields) {
      context.*value = StringOf(one, key);
    }
    KSO_RETURN_IF_ERROR(access::CheckIdentityName(context.name));
    list.contexts.push_back(std::move(context));
  }
  return list;
}

absl::Status CheckContext(const NamedContext& context) {
  // It has the grammar of an identity's name, and is none.
  if (!access::CheckIdentityName(context.name).ok()) {
    return absl::InvalidArgumentError(Concat(
        "'", PrintableText(context.name),
        "' is no name for a context; one has letters, digits, '.', '_' and "
        "'-', and 64 of them at most"));
  }
  if (context.cert.empty() != context.key.empty()) {
    return absl::InvalidArgumentError(
        "--cert and --key belong together: give both, or neither");
  }
  if (!context.cert.empty() && !context.token_file.empty()) {
    return absl::InvalidArgumentError(
        "a context has one identity: a certificate with its key, or a token");
  }
  return absl::OkStatus();
}

auto Position(ContextList& list, std::string_view name) {
  return std::find_if(
      list.contexts.begin(), list.contexts.end(),
      [name](const NamedContext& context) { return context.name == name; });
}

absl::StatusOr<FileLock> LockStore(const std::filesystem::path& file) {
  KSO_RETURN_IF_ERROR(MakeDirectories(file.parent_path()));
  return FileLock::Lock(file.string() + ".lock", kSecretFileMode);
}

}  // namespace

const NamedContext* ContextList::Find(std::string_view name) const {
  for (const NamedContext& context : contexts) {
    if (context.name == name) return &context;
  }
  return nullptr;
}

absl::Status NoSuchContext(const ContextList& list, std::string_view name) {
  std::vector<std::string> names;
  for (const NamedContext& context : list.contexts) {
    names.push_back(context.name);
  }
  return absl::NotFoundError(Concat(
      "there is no context '", PrintableText(name, 64), "'; ",
      names.empty()
          ? std::string("add one with `ksoctl context add NAME --coordinator "
                        "HOST:PORT`")
          : Concat("those that there are: ", absl::StrJoin(names, ", "))));
}

absl::StatusOr<std::filesystem::path> ContextStore::DefaultFile() {
  const char* const config = std::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && *config == '/') {
    return std::filesystem::path(config) / "kso/contexts.json";
  }
  const char* const home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    return absl::FailedPreconditionError(
        "$HOME is not set, so there is no place for contexts");
  }
  return std::filesystem::path(home) / ".config/kso/contexts.json";
}

absl::StatusOr<ContextList> ContextStore::Read() const {
  const auto content = ReadSmallFile(file_, kLargestFile);
  if (absl::IsNotFound(content.status())) return ContextList();
  KSO_RETURN_IF_ERROR(content.status());
  auto list = Parse(*content);
  if (!list.ok()) {
    return Prefixed(list.status(),
                    Concat(file_.string(), " is no list of contexts: "));
  }
  return list;
}

absl::Status ContextStore::Write(const ContextList& list) const {
  nlohmann::ordered_json json;
  json["current"] = list.current;
  json["contexts"] = nlohmann::ordered_json::array();
  for (const NamedContext& context : list.contexts) {
    nlohmann::ordered_json one;
    for (const auto& [key, value] : kFields) {
      if (!(context.*value).empty()) one[key] = context.*value;
    }
    json["contexts"].push_back(std::move(one));
  }
  return ReplaceSmallFile(
      file_,
      json.dump(2, ' ', false,
                nlohmann::ordered_json::error_handler_t::replace) +
          "\n",
      kSecretFileMode);
}

absl::Status ContextStore::Add(const NamedContext& context) const {
  KSO_RETURN_IF_ERROR(CheckContext(context));
  KSO_ASSIGN_OR_RETURN(const FileLock lock, LockStore(file_));
  KSO_ASSIGN_OR_RETURN(ContextList list, Read());
  const auto known = Position(list, context.name);
  if (known != list.contexts.end()) list.contexts.erase(known);
  list.contexts.push_back(context);
  std::sort(list.contexts.begin(), list.contexts.end(),
            [](const NamedContext& a, const NamedContext& b) {
              return a.name < b.name;
            });
  if (list.contexts.size() == 1) list.current = context.name;
  return Write(list);
}

absl::Status ContextStore::Use(std::string_view name) const {
  KSO_ASSIGN_OR_RETURN(const FileLock lock, LockStore(file_));
  KSO_ASSIGN_OR_RETURN(ContextList list, Read());
  if (list.Find(name) == nullptr) return NoSuchContext(list, name);
  list.current = name;
  return Write(list);
}

absl::Status ContextStore::Remove(std::string_view name) const {
  KSO_ASSIGN_OR_RETURN(const FileLock lock, LockStore(file_));
  KSO_ASSIGN_OR_RETURN(ContextList list, Read());
  const auto known = Position(list, name);
  if (known == list.contexts.end()) return NoSuchContext(list, name);
  list.contexts.erase(known);
  if (list.current == name) list.current.clear();
  return Write(list);
}

}  // namespace kso::cli
