// SPDX-License-Identifier: Apache-2.0
#include "common/text/secrets.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/text/percent_coding.h"

namespace kso {
namespace {

// A shorter text says nothing, and its removal would garble any sentence.
constexpr size_t kShortestSecret = 4;
// A part of a token that is shorter is no part worth hiding.
constexpr size_t kShortestPart = 16;
// Sessions are short; this many secrets are those of a thousand tokens.
constexpr size_t kMostSecrets = 32768;

// A secret as a host may write it: as it is; in a URL, where not all agree on
// the slash and on the case of digits (RFC 3986, section 2); and in base64.
std::vector<std::string> FormsOf(std::string_view secret) {
  std::vector<std::string> forms = {std::string(secret)};
  const std::string encoded = PercentEncode(secret);
  for (const std::string& text :
       {encoded, absl::StrReplaceAll(encoded, {{"%2F", "/"}})}) {
    forms.push_back(text);
    std::string lower = text;
    for (size_t at = lower.find('%'); at < lower.size();
         at = lower.find('%', at + 1)) {
      // Two digits follow, since PercentEncode has made the text.
      for (const size_t digit : {at + 1, at + 2}) {
        lower[digit] =
            absl::ascii_tolower(static_cast<unsigned char>(lower[digit]));
      }
    }
    forms.push_back(std::move(lower));
  }
  for (std::string text : {absl::Base64Escape(ToAbsl(secret)),
                           absl::WebSafeBase64Escape(ToAbsl(secret))}) {
    // The padding may be left out.
    text.resize(text.find_last_not_of('=') + 1);
    forms.push_back(std::move(text));
  }
  return forms;
}

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
  for (std::string& form : FormsOf(secret)) secrets_.insert(std::move(form));
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

void Secrets::AddLogin(std::string_view name, std::string_view password,
                       std::string_view token) {
  absl::MutexLock lock(&mutex_);
  AddName(name);
  Add(password);
  Add(token);
}

std::string Secrets::Redact(std::string_view text) const {
  absl::MutexLock lock(&mutex_);
  return Replaced(names_, Replaced(secrets_, std::string(text)));
}

std::string Secrets::RedactAllButNames(std::string_view text) const {
  absl::MutexLock lock(&mutex_);
  return Replaced(secrets_, std::string(text));
}

absl::Status Secrets::Redact(const absl::Status& status) const {
  return WithMessage(status, RedactAllButNames(ToStd(status.message())));
}

}  // namespace kso
