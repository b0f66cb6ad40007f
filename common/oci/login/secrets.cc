// SPDX-License-Identifier: Apache-2.0
#include "common/oci/login/secrets.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/text/percent_coding.h"

namespace kso::oci {
namespace {

// A shorter text says nothing, and its removal would garble any sentence.
constexpr size_t kShortestSecret = 4;
// A part of a token that is shorter is no part worth hiding.
constexpr size_t kShortestPart = 16;
// Sessions are short; this many secrets are those of a thousand tokens.
constexpr size_t kMostSecrets = 8192;

template <typename Texts>
std::string Replaced(const Texts& texts, std::string in) {
  for (const std::string& text : texts) {
    absl::StrReplaceAll({{text, "***"}}, &in);
  }
  return in;
}

}  // namespace

void Secrets::Add(std::string_view secret) {
  if (secret.size() < kShortestSecret || secrets_.size() >= kMostSecrets) {
    return;
  }
  secrets_.emplace(secret);
  secrets_.insert(PercentEncode(secret));
}

void Secrets::AddName(std::string_view name) {
  if (name.size() < kShortestSecret || names_.size() >= kMostSecrets) return;
  names_.emplace(name);
}

void Secrets::AddHeader(std::string_view authorization) {
  const size_t space = authorization.find(' ');
  if (space == std::string_view::npos) return;
  const std::string_view payload = authorization.substr(space + 1);
  absl::MutexLock lock(&mutex_);
  Add(payload);
  std::string plain;
  if (authorization.substr(0, space) == "Basic" &&
      absl::Base64Unescape(ToAbsl(payload), &plain)) {
    const size_t colon = plain.find(':');
    Add(plain);
    if (colon == std::string::npos) return;
    AddName(plain.substr(0, colon));
    Add(plain.substr(colon + 1));
    return;
  }
  for (const absl::string_view part : absl::StrSplit(ToAbsl(payload), '.')) {
    if (part.size() >= kShortestPart) Add(ToStd(part));
  }
}

void Secrets::AddLogin(const Login& login) {
  absl::MutexLock lock(&mutex_);
  AddName(login.username);
  Add(login.password);
  Add(login.identity_token);
}

std::string Secrets::Redact(std::string_view text) const {
  absl::MutexLock lock(&mutex_);
  return Replaced(names_, Replaced(secrets_, std::string(text)));
}

absl::Status Secrets::Redact(const absl::Status& status) const {
  if (status.ok()) return status;
  const std::string message(status.message());
  absl::MutexLock lock(&mutex_);
  const std::string redacted = Replaced(secrets_, message);
  return redacted == message ? status : WithMessage(status, redacted);
}

}  // namespace kso::oci
