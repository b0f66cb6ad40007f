// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/host_trouble.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/base/strings.h"
#include "common/http/url.h"
#include "common/oci/grammar.h"
#include "common/oci/reference.h"

namespace kso::coordinator {
namespace {

// So many of the items of a cause are named.
constexpr size_t kShown = 3;

// As http::CreateCurlTransport says it.
constexpr std::string_view kRedirects = "redirects to ";

// As the client of registries begins its messages: with what was tried, down to
// the repository and the tag (common/oci/registry).
constexpr std::string_view kReads[] = {"looking for ", "pulling ",
                                       "getting a token for ", "listing "};
constexpr std::string_view kPushes[] = {"pushing ", "mounting ",
                                        "beginning to push to "};

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

template <size_t N>
bool BeginsWithOneOf(const std::string_view (&beginnings)[N],
                     std::string_view text) {
  return std::any_of(std::begin(beginnings), std::end(beginnings),
                     [text](std::string_view beginning) {
                       return text.starts_with(beginning);
                     });
}

// The reason without what was tried.
std::string_view WithoutTrying(std::string_view reason) {
  if (!BeginsWithOneOf(kReads, reason) && !BeginsWithOneOf(kPushes, reason)) {
    return reason;
  }
  const size_t end = reason.find(": ");
  return end == reason.npos ? reason : reason.substr(end + 2);
}

// The registry that a reason without what was tried speaks of, as "HOST answers
// 503" or by the URL that was asked for; may be empty.
std::string RegistryIn(std::string_view reason) {
  if (IsUrl(reason)) return HostOfUrl(Word(reason));
  const std::string_view host = reason.substr(0, reason.find(' '));
  return reason.substr(host.size()).starts_with(" answers ") &&
                 oci::IsValidHost(host)
             ? std::string(host)
             : "";
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
  if (named || BeginsWithOneOf(kPushes, reason)) {
    std::string registry = RegistryIn(WithoutTrying(reason));
    if (!registry.empty()) return registry;
  }
  return named ? reference->host : "";
}

// Returns whether everything that is asked of the host fails alike: it does not
// answer, is overloaded, is not who it says, or nobody has allowed to connect
// to it, or to log in there.
bool IsOfHost(const v1::Failure& failure) {
  if (failure.kind() == v1::Failure::TRANSIENT) return true;
  for (const char* words :
       {"certificate", "--allow-private", "--token-realm"}) {
    if (failure.reason().find(words) != std::string::npos) return true;
  }
  return false;
}

// The reason without what differs between items: what was tried, URLs, and
// numbers such as those of milliseconds and bytes, other than a status of HTTP.
std::string WithoutItems(std::string_view reason) {
  reason = WithoutTrying(reason);
  std::string text;
  std::string_view before;
  for (const absl::string_view split : absl::StrSplit(ToAbsl(reason), ' ')) {
    const std::string_view word = ToStd(split);
    if (IsUrl(word)) continue;
    const bool is_status = before == "HTTP" || before == "answers";
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
  reason = WithoutTrying(reason);
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
