// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/token_store.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/access/identity_uri.h"
#include "common/base/proto_time.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/file_io.h"
#include "common/files/small_file.h"
#include "spdlog/spdlog.h"

namespace kso::coordinator {
namespace {

constexpr std::string_view kPrefix = "kso_";
constexpr size_t kIdDigits = 16;
constexpr size_t kSecretDigits = 64;
constexpr size_t kTokenLength = kPrefix.size() + kIdDigits + 1 + kSecretDigits;
// A use is written down when it is so much newer than what the file says.
constexpr int64_t kUseExactSeconds = 3600;

using Sha256 = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Sha256 HashOf(std::string_view text) {
  Sha256 hash;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         hash.data());
  return hash;
}

// Lowercase hex of so many random digits.
absl::StatusOr<std::string> RandomDigits(size_t digits) {
  std::string bytes(digits / 2, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()),
                 static_cast<int>(bytes.size())) != 1) {
    return absl::InternalError("the system gives no random numbers");
  }
  return absl::BytesToHexString(bytes);
}

std::string_view IdIn(std::string_view token) {
  return token.substr(kPrefix.size(), kIdDigits);
}

absl::Status CheckOrder(const TokenStore::Order& order) {
  KSO_RETURN_IF_ERROR(access::CheckIdentityName(order.name));
  if (order.roles.empty()) {
    return absl::InvalidArgumentError(
        "a token needs a role: view, submit, work or admin");
  }
  if (order.life <= absl::ZeroDuration() ||
      (order.life != absl::InfiniteDuration() &&
       order.life > TokenStore::kLongestLife)) {
    return absl::InvalidArgumentError(
        "a token lives for more than no time and at most ten years, or does "
        "not expire at all");
  }
  return absl::OkStatus();
}

absl::Status Refused(const v1::TokenInfo& info, std::string_view why) {
  return absl::UnauthenticatedError(
      Concat("the token '", info.name(), "' (", info.id(), ") ", why,
             "; ask an admin of the farm for a new one"));
}

}  // namespace

TokenStore::Entry::Entry(v1::StoredToken stored)
    : token(std::move(stored)),
      expires(token.info().has_expires() ? FromProto(token.info().expires())
                                         : absl::InfiniteFuture()),
      last_used(token.info().last_used().seconds()),
      written_last_used(token.info().last_used().seconds()) {
  for (const std::string& name : token.info().roles()) {
    // A role of a newer kso gives no right here.
    const absl::StatusOr<access::Role> role = access::ParseRole(name);
    if (role.ok()) roles.Add(*role);
  }
}

absl::StatusOr<std::unique_ptr<TokenStore>> TokenStore::Open(
    const std::filesystem::path& directory, Clock* clock, int most_tokens) {
  const std::filesystem::path path = directory / kFile;
  // SQLite would make it readable for others.
  KSO_RETURN_IF_ERROR(
      OpenFile(path, O_RDWR | O_CREAT, kSecretFileMode).status());
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<SqliteDatabase> database,
                       SqliteDatabase::Open(path.string()));
  std::unique_ptr<TokenStore> store(
      new TokenStore(std::move(database), clock, most_tokens));
  KSO_RETURN_IF_ERROR(store->Load());
  return store;
}

TokenStore::~TokenStore() {
  absl::ReaderMutexLock lock(&mutex_);
  for (const auto& [id, entry] : tokens_) {
    writer_.Schedule([this, entry = entry] { WriteUse(*entry); });
  }
}

absl::Status TokenStore::Load() {
  absl::MutexLock file_lock(&file_mutex_);
  absl::MutexLock lock(&mutex_);
  KSO_RETURN_IF_ERROR(
      database_->Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                         "CREATE TABLE IF NOT EXISTS tokens("
                         "  id TEXT PRIMARY KEY, record BLOB NOT NULL)"));
  KSO_ASSIGN_OR_RETURN(const SqliteDatabase::Statement rows,
                       database_->Compile("SELECT id, record FROM tokens"));
  while (true) {
    KSO_ASSIGN_OR_RETURN(const bool row, database_->Step(rows));
    if (!row) return absl::OkStatus();
    v1::StoredToken token;
    const std::string_view record = BytesOf(rows, 1);
    if (!token.ParseFromArray(record.data(), static_cast<int>(record.size())) ||
        token.sha256().size() != SHA256_DIGEST_LENGTH ||
        token.info().id() != BytesOf(rows, 0)) {
      return database_->Damaged("a token cannot be read");
    }
    std::string id = token.info().id();
    tokens_.emplace(std::move(id), std::make_shared<Entry>(std::move(token)));
  }
}

absl::Status TokenStore::Write(const v1::StoredToken& token) const {
  const std::string record = token.SerializeAsString();
  KSO_ASSIGN_OR_RETURN(
      const SqliteDatabase::Statement insert,
      database_->Compile("INSERT OR REPLACE INTO tokens VALUES(?1, ?2)"));
  KSO_RETURN_IF_ERROR(BindText(insert, 1, token.info().id()));
  KSO_RETURN_IF_ERROR(BindBytes(insert, 2, record));
  return database_->Step(insert).status();
}

absl::StatusOr<v1::CreateTokenResponse> TokenStore::Create(const Order& order) {
  KSO_RETURN_IF_ERROR(CheckOrder(order));
  KSO_ASSIGN_OR_RETURN(const std::string id, RandomDigits(kIdDigits));
  KSO_ASSIGN_OR_RETURN(const std::string secret, RandomDigits(kSecretDigits));
  v1::CreateTokenResponse made;
  made.set_token(Concat(kPrefix, id, "_", secret));
  v1::TokenInfo& info = *made.mutable_info();
  info.set_id(id);
  info.set_name(order.name);
  for (const access::Role role : access::kRoles) {
    if (order.roles.Contains(role)) {
      info.add_roles(std::string(access::RoleName(role)));
    }
  }
  const absl::Time now = clock_->Now();
  *info.mutable_created() = ToProto(now);
  if (order.life != absl::InfiniteDuration()) {
    *info.mutable_expires() = ToProto(now + order.life);
  }
  info.set_created_by(order.created_by);

  v1::StoredToken token;
  *token.mutable_info() = info;
  const Sha256 hash = HashOf(made.token());
  token.set_sha256(hash.data(), hash.size());
  absl::MutexLock file_lock(&file_mutex_);
  KSO_RETURN_IF_ERROR(MakeRoom());
  KSO_RETURN_IF_ERROR(Write(token));
  absl::MutexLock lock(&mutex_);
  tokens_.emplace(id, std::make_shared<Entry>(std::move(token)));
  return made;
}

std::string TokenStore::OldestEnded() const {
  const absl::Time now = clock_->Now();
  std::string oldest;
  absl::Time its_creation = absl::InfiniteFuture();
  absl::ReaderMutexLock lock(&mutex_);
  for (const auto& [id, entry] : tokens_) {
    const v1::TokenInfo& info = entry->token.info();
    const bool has_ended = info.has_revoked() || now >= entry->expires;
    if (!has_ended || FromProto(info.created()) >= its_creation) continue;
    oldest = id;
    its_creation = FromProto(info.created());
  }
  return oldest;
}

absl::Status TokenStore::MakeRoom() {
  {
    absl::ReaderMutexLock lock(&mutex_);
    if (tokens_.size() < most_tokens_) return absl::OkStatus();
  }
  const std::string oldest = OldestEnded();
  if (oldest.empty()) {
    return absl::ResourceExhaustedError(
        Concat("there are ", most_tokens_,
               " tokens; certificates or OIDC suit so many identities"));
  }
  KSO_ASSIGN_OR_RETURN(const SqliteDatabase::Statement remove,
                       database_->Compile("DELETE FROM tokens WHERE id = ?1"));
  KSO_RETURN_IF_ERROR(BindText(remove, 1, oldest));
  KSO_RETURN_IF_ERROR(database_->Step(remove).status());
  absl::MutexLock lock(&mutex_);
  tokens_.erase(oldest);
  return absl::OkStatus();
}

v1::TokenInfo TokenStore::InfoOf(const Entry& entry) {
  v1::TokenInfo info = entry.token.info();
  if (const int64_t used = entry.last_used.load(); used > 0) {
    info.mutable_last_used()->set_seconds(used);
  }
  return info;
}

std::vector<v1::TokenInfo> TokenStore::List() const {
  std::vector<v1::TokenInfo> infos;
  {
    absl::ReaderMutexLock lock(&mutex_);
    for (const auto& [id, entry] : tokens_) infos.push_back(InfoOf(*entry));
  }
  std::sort(infos.begin(), infos.end(), [](const auto& a, const auto& b) {
    const absl::Time left = FromProto(a.created());
    const absl::Time right = FromProto(b.created());
    return left != right ? left < right : a.id() < b.id();
  });
  return infos;
}

std::shared_ptr<TokenStore::Entry> TokenStore::Find(std::string_view id) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = tokens_.find(ToAbsl(id));
  return found == tokens_.end() ? nullptr : found->second;
}

absl::StatusOr<v1::TokenInfo> TokenStore::Revoke(const std::string& id) {
  absl::MutexLock file_lock(&file_mutex_);
  const std::shared_ptr<Entry> entry = Find(id);
  if (entry == nullptr) {
    return absl::NotFoundError(
        "there is no token with that id; `ksoctl tokens ls` shows them");
  }
  if (entry->token.info().has_revoked()) return InfoOf(*entry);
  v1::StoredToken revoked = entry->token;
  *revoked.mutable_info() = InfoOf(*entry);
  *revoked.mutable_info()->mutable_revoked() = ToProto(clock_->Now());
  KSO_RETURN_IF_ERROR(Write(revoked));
  auto replacement = std::make_shared<Entry>(std::move(revoked));
  v1::TokenInfo info = InfoOf(*replacement);
  absl::MutexLock lock(&mutex_);
  tokens_[id] = std::move(replacement);
  return info;
}

bool TokenStore::configured() const {
  absl::ReaderMutexLock lock(&mutex_);
  return !tokens_.empty();
}

bool TokenStore::Recognizes(std::string_view bearer) const {
  return bearer.substr(0, kPrefix.size()) == kPrefix;
}

absl::StatusOr<Principal> TokenStore::Identify(std::string_view bearer) const {
  std::shared_ptr<Entry> entry;
  if (bearer.size() == kTokenLength) entry = Find(IdIn(bearer));
  const Sha256 hash = HashOf(bearer);
  if (entry == nullptr ||
      CRYPTO_memcmp(hash.data(), entry->token.sha256().data(), hash.size()) !=
          0) {
    return absl::UnauthenticatedError(
        "the token is none of this farm's; show one that `ksoctl tokens "
        "create` printed");
  }
  const v1::TokenInfo& info = entry->token.info();
  if (info.has_revoked()) return Refused(info, "was revoked");
  if (clock_->Now() >= entry->expires) return Refused(info, "has expired");
  NoteUse(entry);
  Principal principal;
  principal.name = info.name();
  principal.roles = entry->roles;
  principal.how = IdentifiedBy::kToken;
  principal.id = info.id();
  return principal;
}

void TokenStore::NoteUse(const std::shared_ptr<Entry>& entry) const {
  const int64_t now = absl::ToUnixSeconds(clock_->Now());
  entry->last_used.store(now);
  int64_t written = entry->written_last_used.load();
  // Whoever moves the mark writes.
  if (now - written >= kUseExactSeconds &&
      entry->written_last_used.compare_exchange_strong(written, now)) {
    writer_.Schedule([this, entry] { WriteUse(*entry); });
  }
}

void TokenStore::WriteUse(Entry& entry) const {
  absl::MutexLock file_lock(&file_mutex_);
  const int64_t used = entry.last_used.load();
  // One that was revoked meanwhile has another entry.
  if (used == entry.token.info().last_used().seconds() ||
      Find(entry.token.info().id()).get() != &entry) {
    return;
  }
  v1::StoredToken token = entry.token;
  token.mutable_info()->mutable_last_used()->set_seconds(used);
  const absl::Status written = Write(token);
  if (!written.ok()) {
    spdlog::warn("when a token was last used is not written down: {}",
                 ToStd(written.message()));
  }
}

}  // namespace kso::coordinator
