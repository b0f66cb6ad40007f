// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/host_names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "common/base/strings.h"

namespace kso::coordinator {
namespace {

bool IsDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

// "example.com" of "www.example.com"; empty where there is no dot.
std::string_view ParentOf(std::string_view name) {
  const size_t dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view()
                                       : name.substr(dot + 1);
}

}  // namespace

HostNames::HostNames(const std::vector<std::string>& names)
    : names_({"localhost", "127.0.0.1", "::1"}) {
  for (const std::string& name : names) {
    const std::string known = NameIn(name);
    if (!known.empty()) names_.insert(known);
  }
}

std::string HostNames::NameIn(std::string_view host_header) {
  std::string_view name = host_header;
  if (name.starts_with("[")) {
    const size_t end = name.find(']');
    if (end == std::string_view::npos) return "";
    const std::string_view rest = name.substr(end + 1);
    if (!rest.empty() && (rest[0] != ':' || !IsDigits(rest.substr(1)))) {
      return "";
    }
    name = name.substr(1, end - 1);
  } else if (std::count(name.begin(), name.end(), ':') == 1) {
    const size_t colon = name.find(':');
    if (!IsDigits(name.substr(colon + 1))) return "";
    name = name.substr(0, colon);
  }
  if (name.ends_with(".")) name.remove_suffix(1);
  return absl::AsciiStrToLower(ToAbsl(name));
}

bool HostNames::Knows(std::string_view host_header,
                      std::string_view local_host) const {
  const std::string name = NameIn(host_header);
  if (name.empty()) return false;
  return names_.contains(name) || name == local_host ||
         (!ParentOf(name).empty() &&
          names_.contains(Concat("*.", ParentOf(name))));
}

}  // namespace kso::coordinator
