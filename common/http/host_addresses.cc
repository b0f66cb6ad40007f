// SPDX-License-Identifier: Apache-2.0
#include "common/http/host_addresses.h"

#include <netdb.h>

#include <memory>
#include <optional>

#include "common/http/address.h"

namespace kso::http {
namespace {

constexpr std::chrono::minutes kRemembered{1};
constexpr size_t kMostNames = 10000;

}  // namespace

std::vector<std::string> ResolveByThisMachine(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found,
                                                             &freeaddrinfo);
  std::vector<std::string> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    char text[NI_MAXHOST] = {};
    if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr,
                    0, NI_NUMERICHOST) == 0) {
      addresses.emplace_back(text);
    }
  }
  return addresses;
}

std::vector<std::string> HostAddresses::Of(const std::string& host) {
  if (std::optional<std::string> address = AddressIn(host)) {
    return {*std::move(address)};
  }
  const std::string name = host.substr(0, host.rfind(':'));
  const auto now = std::chrono::steady_clock::now();
  {
    const absl::MutexLock lock(&mutex_);
    const auto known = known_.find(name);
    if (known != known_.end() && now < known->second.until) {
      return known->second.addresses;
    }
  }
  std::vector<std::string> addresses = resolve_(name);
  const absl::MutexLock lock(&mutex_);
  // A release names hosts at will: what is remembered of them is bounded.
  if (known_.size() >= kMostNames) known_.clear();
  known_[name] = {addresses, now + kRemembered};
  return addresses;
}

}  // namespace kso::http
