// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_REGISTRY_SERVICE_H_
#define KSO_TESTS_UPSTREAM_REGISTRY_SERVICE_H_

#include <httplib.h>

#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/upstream/pull_quota.h"
#include "tests/upstream/service_context.h"
#include "tests/upstream/token.h"

namespace kso::upstream {

// The registries of the image list, as first path components of one registry:
// docker.io/library/nginx is the repository /v2/docker.io/library/nginx. Needs
// a bearer token for each repository, and sends clients on to an object store
// for blobs, as the public registries do.
class RegistryService {
 public:
  explicit RegistryService(const ServiceContext& context);

  // Everything below /v2, on the main origin.
  void Serve(const httplib::Request& request, httplib::Response& response);
  // /token, on the main origin.
  void ServeToken(const httplib::Request& request, httplib::Response& response);
  // On the object store's origin.
  void ServeBlob(const httplib::Request& request, httplib::Response& response);

 private:
  struct Target;

  static Target Parse(const std::string& path);
  // Returns whether HEAD is to say that the manifest is not there.
  bool IsHidden(const std::string& method, const std::string& subject);
  bool Authorize(const httplib::Request& request, const std::string& repository,
                 httplib::Response& response) const;
  void Manifest(const httplib::Request& request, const Target& target,
                const Repository& repository, httplib::Response& response);
  void Blob(const httplib::Request& request, const Target& target,
            const Repository& repository, httplib::Response& response);

  const ServiceContext& context_;
  const TokenAuthority tokens_;
  PullQuota quota_;
  // The manifests that somebody has asked GET for, where HEAD waits for that.
  absl::Mutex mutex_;
  std::set<std::string> asked_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_REGISTRY_SERVICE_H_
