// SPDX-License-Identifier: Apache-2.0
#include <curl/curl.h>
#include <netdb.h>

#include <cstdlib>
#include <memory>
#include <system_error>
#include <utility>

#include "cli/doctor/surroundings.h"
#include "cli/registry_connection.h"
#include "common/base/status_macros.h"
#include "common/files/free_space.h"
#include "common/files/small_file.h"
#include "common/oci/destination.h"
#include "common/oci/login/credentials.h"
#include "common/pki/keys.h"
#include "common/site.h"

namespace kso::cli {
namespace {

constexpr long kPatienceSeconds = 5;

class RealMachine : public Machine {
 public:
  RealMachine(Clock* clock, std::unique_ptr<http::Transport> transport)
      : clock_(clock), transport_(std::move(transport)) {}

  absl::Time Now() override { return clock_->Now(); }

  std::string Variable(const std::string& name) override {
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? "" : value;
  }

  absl::StatusOr<int64_t> FreeBytes(
      const std::filesystem::path& directory) override {
    std::error_code error;
    std::filesystem::path there = std::filesystem::absolute(directory, error);
    while (!std::filesystem::exists(there, error) && there.has_parent_path() &&
           there != there.parent_path()) {
      there = there.parent_path();
    }
    return kso::FreeBytes(there);
  }

  absl::StatusOr<std::string> ReadFile(
      const std::filesystem::path& file) override {
    return ReadSmallFile(file, pki::kLargestPem);
  }

  absl::Status Connect(const std::string& url) override {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(
        curl_easy_init(), curl_easy_cleanup);
    if (curl == nullptr) return absl::InternalError("libcurl does not start");
    curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(curl.get(), CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, kPatienceSeconds);
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    const CURLcode code = curl_easy_perform(curl.get());
    // Any other end of the transfer comes after a connection was made.
    if (code != CURLE_COULDNT_RESOLVE_HOST && code != CURLE_COULDNT_CONNECT &&
        code != CURLE_OPERATION_TIMEDOUT) {
      return absl::OkStatus();
    }
    return absl::UnavailableError(curl_easy_strerror(code));
  }

  absl::Status Resolve(const std::string& host) override {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (error != 0) return absl::NotFoundError(gai_strerror(error));
    freeaddrinfo(found);
    return absl::OkStatus();
  }

  absl::StatusOr<bool> HasLogin(const std::string& host,
                                const std::string& repository) override {
    KSO_ASSIGN_OR_RETURN(const oci::Credentials credentials,
                         oci::Credentials::FromEnvironment());
    KSO_ASSIGN_OR_RETURN(const auto login, credentials.Find(host, repository));
    return login.has_value();
  }

  absl::Status CheckPush(const v1::Destination& destination) override {
    KSO_ASSIGN_OR_RETURN(
        const std::unique_ptr<RegistryConnection> registry,
        RegistryConnection::Open(
            {.host = oci::DestinationHost(destination),
             .pushes = true,
             .arguments = {.plain_http = destination.insecure()}},
            clock_));
    return registry->images().CheckPush(oci::DestinationRepository(
        destination, std::string(site::kFilesImage)));
  }

  http::Transport& transport() override { return *transport_; }

 private:
  Clock* const clock_;
  const std::unique_ptr<http::Transport> transport_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Machine>> CreateRealMachine(Clock* clock) {
  KSO_ASSIGN_OR_RETURN(std::unique_ptr<http::Transport> transport,
                       http::CreateCurlTransport(
                           {.connect_timeout = absl::Seconds(kPatienceSeconds),
                            .progress_timeout = absl::Seconds(10),
                            .answer_timeout = absl::Seconds(10)}));
  return std::make_unique<RealMachine>(clock, std::move(transport));
}

}  // namespace kso::cli
