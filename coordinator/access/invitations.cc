// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/invitations.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>

#include "absl/strings/escaping.h"
#include "common/access/identity_uri.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/files/small_file.h"
#include "common/text/json.h"

namespace kso::coordinator {
namespace {

constexpr std::string_view kPrefix = "kso_join_";
constexpr size_t kSecretBytes = 32;
constexpr size_t kLongestToken = 128;
constexpr size_t kLargestFile = size_t{4} << 20;

std::string HashOf(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash = {};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         hash.data());
  return absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(hash.data()), hash.size()));
}

absl::StatusOr<std::string> NewToken() {
  std::string bytes(kSecretBytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()),
                 static_cast<int>(bytes.size())) != 1) {
    return absl::InternalError("the system gives no random numbers");
  }
  return Concat(kPrefix, absl::BytesToHexString(bytes));
}

// One text for all: a stranger learns nothing of which tokens there were.
absl::Status NoUse() {
  return absl::UnauthenticatedError(
      "the join token is unknown, expired or used up; ask for a new one: "
      "`ksoctl workers invite NAME`");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Invitations>> Invitations::Open(
    const std::filesystem::path& directory, const Clock* clock) {
  const std::filesystem::path file = directory / kFile;
  const auto content = ReadSmallFile(file, kLargestFile);
  Entries entries;
  if (content.ok()) {
    auto parsed = Parse(*content);
    if (!parsed.ok()) {
      return Prefixed(parsed.status(),
                      Concat(file.string(),
                             " is damaged; delete it, and invite again those "
                             "that have not joined: "));
    }
    entries = *std::move(parsed);
  } else if (!absl::IsNotFound(content.status())) {
    return content.status();
  }
  return std::unique_ptr<Invitations>(
      new Invitations(file, clock, std::move(entries)));
}

absl::StatusOr<Invitations::Entries> Invitations::Parse(
    std::string_view content) {
  KSO_ASSIGN_OR_RETURN(const Json json,
                       ParseJson(content, {.bytes = kLargestFile}));
  KSO_ASSIGN_OR_RETURN(const Json* const list, FieldOf(json, "invitations"));
  if (list == nullptr || !list->is_array()) {
    return absl::InvalidArgumentError("it has no list of invitations");
  }
  Entries entries;
  for (const Json& one : *list) {
    const std::string hash = StringOf(one, "sha256");
    Entry entry = {.name = StringOf(one, "name"),
                   .expires = absl::InfinitePast(),
                   .used_for = StringOf(one, "usedFor")};
    std::string ignored;
    if (hash.size() != 2 * SHA256_DIGEST_LENGTH ||
        !absl::ParseTime(absl::RFC3339_full, StringOf(one, "expires"),
                         &entry.expires, &ignored)) {
      return absl::InvalidArgumentError("an invitation cannot be read");
    }
    entries.emplace(hash, std::move(entry));
  }
  return entries;
}

absl::Status Invitations::Write(const Entries& entries) const {
  nlohmann::ordered_json json;
  json["invitations"] = nlohmann::ordered_json::array();
  for (const auto& [hash, entry] : entries) {
    json["invitations"].push_back(
        {{"sha256", hash},
         {"name", entry.name},
         {"expires", absl::FormatTime(absl::RFC3339_full, entry.expires,
                                      absl::UTCTimeZone())},
         {"usedFor", entry.used_for}});
  }
  return ReplaceSmallFile(file_, json.dump(1), kSecretFileMode);
}

Invitations::Entries Invitations::Current() const {
  Entries current;
  for (const auto& entry : entries_) {
    if (entry.second.expires > clock_->Now()) current.insert(entry);
  }
  return current;
}

absl::StatusOr<Invitations::Invitation> Invitations::Invite(
    std::string_view name, absl::Duration life) {
  KSO_RETURN_IF_ERROR(access::CheckIdentityName(name));
  if (life <= absl::ZeroDuration() || life > kLongestLife) {
    return absl::InvalidArgumentError(
        "an invitation lives for more than no time and at most a week");
  }
  KSO_ASSIGN_OR_RETURN(const std::string token, NewToken());
  absl::MutexLock lock(&mutex_);
  Entries next = Current();
  if (next.size() >= kMost) {
    return Exhausted(Resource::kSizeBound,
                     "there are too many invitations; wait until some expire");
  }
  const absl::Time expires = clock_->Now() + life;
  next.emplace(
      HashOf(token),
      Entry{.name = std::string(name), .expires = expires, .used_for = ""});
  KSO_RETURN_IF_ERROR(Write(next));
  entries_ = std::move(next);
  return Invitation{.token = token, .expires = expires};
}

absl::Status Invitations::Redeem(std::string_view token, std::string_view name,
                                 std::string_view key) {
  if (token.size() > kLongestToken) return NoUse();
  // The lookup compares hashes, whose order tells nothing of the token.
  const std::string hash = HashOf(token);
  absl::MutexLock lock(&mutex_);
  Entries next = Current();
  const auto found = next.find(hash);
  if (found == next.end()) return NoUse();
  Entry& entry = found->second;
  if (!entry.used_for.empty()) {
    return entry.used_for == key && entry.name == name ? absl::OkStatus()
                                                       : NoUse();
  }
  if (entry.name != name) {
    return absl::InvalidArgumentError(
        Concat("the join token is for the worker ", entry.name,
               "; start the worker with --name ", entry.name));
  }
  entry.used_for = key;
  KSO_RETURN_IF_ERROR(Write(next));
  entries_ = std::move(next);
  return absl::OkStatus();
}

}  // namespace kso::coordinator
