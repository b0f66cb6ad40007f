// SPDX-License-Identifier: Apache-2.0
#include "common/pki/revocation_list.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/access/identity_uri.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/text/printable_text.h"

namespace kso::pki {
namespace {

constexpr std::string_view kSerial = "serial:";
// RFC 5280, section 4.1.2.2: 20 bytes; some authorities use a few more.
constexpr size_t kMostSerialDigits = 64;
constexpr size_t kLongestReason = 200;

// The digits without what writers put before and between them; empty when they
// are no number.
std::string NormalSerial(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c == ':') continue;
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return "";
    digits.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
  }
  if (digits.empty() || digits.size() > kMostSerialDigits) return "";
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return digits;
}

struct Entry {
  bool serial = false;
  std::string what;
};

absl::StatusOr<Entry> ParseEntry(std::string_view what) {
  if (absl::StartsWithIgnoreCase(ToAbsl(what), ToAbsl(kSerial))) {
    std::string digits = NormalSerial(what.substr(kSerial.size()));
    if (!digits.empty()) return Entry{.serial = true, .what = digits};
  } else if (access::ParseIdentityUri(what).ok()) {
    return Entry{.serial = false, .what = std::string(what)};
  }
  return absl::InvalidArgumentError(
      Concat("\"", PrintableText(what, kLongestReason),
             "\" is neither serial:HEX nor an identity such as "
             "spiffe://farm/kso/work/box-1"));
}

absl::Status Revoked(std::string_view which, const std::string& reason) {
  return absl::FailedPreconditionError(
      Concat(which, " is revoked", reason.empty() ? "" : ": ", reason));
}

}  // namespace

absl::StatusOr<RevocationList> RevocationList::Parse(std::string_view text) {
  RevocationList list;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(ToAbsl(text), '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#') continue;
    const size_t end = std::min(line.find_first_of(" \t"), line.size());
    absl::StatusOr<Entry> entry = ParseEntry(ToStd(line.substr(0, end)));
    if (!entry.ok()) {
      return absl::InvalidArgumentError(
          Concat("line ", number, ": ", ToStd(entry.status().message())));
    }
    auto& reasons = entry->serial ? list.serials_ : list.identities_;
    reasons[std::move(entry->what)] = PrintableText(
        ToStd(absl::StripAsciiWhitespace(line.substr(end))), kLongestReason);
  }
  return list;
}

absl::Status RevocationList::Check(
    std::string_view identity,
    const std::function<std::string()>& serial) const {
  if (const auto found = identities_.find(identity);
      found != identities_.end()) {
    return Revoked(identity, found->second);
  }
  if (serials_.empty()) return absl::OkStatus();
  const std::string digits = NormalSerial(serial());
  if (const auto found = serials_.find(digits); found != serials_.end()) {
    return Revoked(Concat("the certificate with serial ", digits),
                   found->second);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> RevocationLine(std::string_view what,
                                           std::string_view reason) {
  KSO_ASSIGN_OR_RETURN(const Entry entry, ParseEntry(what));
  return Concat(entry.serial ? kSerial : "", entry.what,
                reason.empty() ? "" : "  ",
                PrintableText(reason, kLongestReason));
}

}  // namespace kso::pki
