// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_HOSTILE_HOSTS_H_
#define KSO_TESTS_FAULT_HOSTILE_HOSTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/http/transport.h"
#include "tests/fault/hostile_answers.h"

namespace kso::testing {

// Hosts with files, registries and a destination, in memory, and the wire to
// them, on which answers are spoiled. Registries speak enough of the
// distribution API for kso. Whether and how an answer is spoiled depends on the
// seed, on what is asked and on how often that was asked before, so that it is
// the same whichever thread asks. Thread safe.
class HostileHosts : public http::Transport {
 public:
  explicit HostileHosts(uint64_t seed) : seed_(seed) {}

  // The share of a host's answers that are spoiled; none at first.
  void SetHostility(const std::string& host, double hostility);
  // An answer that is spoiled once is spoiled in the same way whenever it is
  // asked for.
  void SetSticky(bool sticky);
  // Registries ask for a token.
  void SetTokens(bool tokens);

  void AddFile(const std::string& url, std::string content);
  // A blob or manifest of a registry; `name` is a tag or digest. Every
  // repository of the registry has all of its blobs.
  void AddBlob(const std::string& host, std::string content);
  void AddManifest(const std::string& host, const std::string& repository,
                   const std::string& name, std::string_view media_type,
                   std::string content);

  // The content behind a tag; empty when there is none.
  std::string ManifestAt(const std::string& host, const std::string& repository,
                         const std::string& name) const;

  int64_t requests() const;
  // A transfer that took more bytes than it can have been meant to.
  bool went_on_for_ever() const;

  absl::StatusOr<http::Response> Perform(const http::Request& request,
                                         size_t max_body) override;
  absl::StatusOr<http::Response> Download(const http::Request& request,
                                          ByteSink& sink,
                                          OnResponse on_response) override;

 private:
  struct Registry {
    std::map<std::string, std::string> blobs;
    // By "REPOSITORY:NAME": media type and content.
    std::map<std::string, std::pair<std::string, std::string>> manifests;
    std::map<std::string, std::string> uploads;
  };

  absl::StatusOr<WireAnswer> Answer(const http::Request& request);
  WireAnswer Serve(const http::Request& request, const std::string& host,
                   const std::string& path, const std::string& query,
                   const std::string& body)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  WireAnswer ServeUpload(const http::Request& request, Registry& registry,
                         const std::string& path, const std::string& query,
                         const std::string& body)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static WireAnswer ServeContent(const http::Request& request,
                                 const std::string& content);

  const uint64_t seed_;
  mutable absl::Mutex mutex_;
  std::map<std::string, double> hostility_ ABSL_GUARDED_BY(mutex_);
  bool sticky_ ABSL_GUARDED_BY(mutex_) = false;
  bool tokens_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, std::string> files_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Registry> registries_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int> asked_ ABSL_GUARDED_BY(mutex_);
  int64_t requests_ ABSL_GUARDED_BY(mutex_) = 0;
  bool for_ever_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_HOSTILE_HOSTS_H_
