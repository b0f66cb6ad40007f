// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/host_trouble.h"

#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/base/strings.h"
#include "common/http/url.h"
#include "common/oci/reference.h"

namespace kso::coordinator {
namespace {

// So many of the items of a cause are named.
constexpr size_t kShown = 3;

// As http::CreateCurlTransport says it.
constexpr std::string_view kRedirects = "redirects to ";

bool IsUrl(std::string_view text) {
  return text.starts_with("https://") || text.starts_with("http://");
}

// A word of a message without the punctuation that follows it.
std::string_view Word(std::string_view text) {
  std::string_view word = text.substr(0, text.find(' '));
  while (!word.empty() &&
         std::string_view(":,;").find(word.back()) != std::string_view::npos) {
    word.remove_suffix(1);
  }
  return word;
}

std::string HostOfUrl(std::string_view url) {
  const auto parsed = http::Url::Parse(url);
  return parsed.ok() ? parsed->host() : "";
}

// The host that was asked last: the one that was redirected to, or that of the
// URL which the reason begins with, as where a mirror was asked, else the
// item's, where it names one: an image under test answers for itself.
std::string HostOf(const v1::Failure& failure) {
  const std::string_view reason = failure.reason();
  const size_t redirect = reason.rfind(kRedirects);
  if (redirect != reason.npos) {
    const std::string_view target = reason.substr(redirect + kRedirects.size());
    if (IsUrl(target)) return HostOfUrl(Word(target));
  }
  if (IsUrl(reason)) return HostOfUrl(Word(reason));
  if (IsUrl(failure.item())) return HostOfUrl(failure.item());
  const auto reference = oci::Reference::Parse(failure.item());
  const bool named = reference.ok() &&
                     failure.item().starts_with(Concat(reference->host, "/"));
  return named ? reference->host : "";
}

// Returns whether everything that is asked of the host fails alike: it does not
// answer, is overloaded, or is not who it says.
bool IsOfHost(const v1::Failure& failure) {
  return failure.kind() == v1::Failure::TRANSIENT ||
         failure.reason().find("certificate") != std::string::npos;
}

// The words of a reason without what differs between items: URLs, and numbers
// such as those of milliseconds and bytes, other than a status of HTTP.
std::string WithoutItems(std::string_view reason) {
  std::string text;
  std::string_view before;
  for (const absl::string_view split : absl::StrSplit(ToAbsl(reason), ' ')) {
    const std::string_view word = ToStd(split);
    if (IsUrl(word)) continue;
    const bool is_status = before == "HTTP";
    before = word;
    for (const char c : word) {
      const bool digit = absl::ascii_isdigit(static_cast<unsigned char>(c));
      if (is_status || !digit) text += c;
    }
  }
  return text;
}

}  // namespace

Cause CauseOf(const v1::Failure& failure) {
  Cause cause;
  if (!IsOfHost(failure)) return cause;
  cause.host = HostOf(failure);
  cause.key = Concat(cause.host, " ", WithoutItems(failure.reason()));
  return cause;
}

std::string WithoutItem(std::string_view item, std::string_view reason) {
  const std::string display = IsUrl(item) ? http::DisplayUrl(item) : "";
  bool found = true;
  while (found) {
    found = false;
    for (const std::string_view name : {item, std::string_view(display)}) {
      if (name.empty() || !reason.starts_with(name)) continue;
      const std::string_view rest = reason.substr(name.size());
      for (const std::string_view separator : {": ", " "}) {
        if (!rest.starts_with(separator)) continue;
        reason = rest.substr(separator.size());
        found = true;
      }
    }
  }
  return std::string(reason);
}

std::string_view WithoutUrl(std::string_view reason) {
  if (!IsUrl(reason)) return reason;
  const size_t end = reason.find(' ');
  return end == reason.npos ? "" : reason.substr(end + 1);
}

std::vector<v1::Failure> GroupByCause(
    const std::vector<v1::Failure>& failures) {
  // By the key of the cause, the failures that have it.
  std::map<std::string, std::vector<const v1::Failure*>> causes;
  std::vector<Cause> of_each;
  for (const v1::Failure& failure : failures) {
    const Cause& cause = of_each.emplace_back(CauseOf(failure));
    if (cause.of_host()) causes[cause.key].push_back(&failure);
  }
  std::vector<v1::Failure> grouped;
  for (size_t i = 0; i < failures.size(); ++i) {
    const auto found = causes.find(of_each[i].key);
    if (!of_each[i].of_host() || found->second.size() == 1) {
      grouped.push_back(failures[i]);
      continue;
    }
    const std::vector<const v1::Failure*>& same = found->second;
    if (same.front() != &failures[i]) continue;
    v1::Failure& failure = grouped.emplace_back(failures[i]);
    std::vector<std::string> items;
    for (const v1::Failure* each : same) {
      if (items.size() == kShown) break;
      items.push_back(each->item());
    }
    failure.set_reason(Concat(
        WithoutUrl(failures[i].reason()), "; ", same.size(),
        " items need it: ", absl::StrJoin(items, ", "),
        same.size() > kShown ? Concat(" and ", same.size() - kShown, " more")
                             : ""));
    failure.set_item(of_each[i].host);
    failure.clear_location();
  }
  return grouped;
}

}  // namespace kso::coordinator
