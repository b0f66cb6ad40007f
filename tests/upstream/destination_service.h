// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_DESTINATION_SERVICE_H_
#define KSO_TESTS_UPSTREAM_DESTINATION_SERVICE_H_

#include <httplib.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace kso::upstream {

// The ways in which registries that people push to differ. Each is for the
// repositories with some text in their names.
enum class Habit {
  // Answers that a caller without a login may not know whether something is
  // there: the number, 401 or 403, in place of 404.
  kHidesAbsence,
  // Is silent for that many milliseconds at the last PUT of a blob.
  kSilentLastPut,
  // Says, so many times, that a blob of a manifest is not there, with 404
  // MANIFEST_BLOB_UNKNOWN.
  kForgetsBlobs,
  // Says, so many times, that an upload is invalid, with 400
  // BLOB_UPLOAD_INVALID.
  kForgetsUploads,
  // Takes no body of more than that many bytes (413).
  kBoundsBodies,
  // Takes no chunk of fewer than that many bytes, but for the last
  // (OCI-Chunk-Min-Length).
  kWantsLargeChunks,
  // Takes no other manifest for a tag that is there, and answers with the
  // number; 412 as Harbor, 400 as ECR.
  kTagsAreImmutable,
  // Has only the repositories that were made first.
  kWantsRepositories,
  // Answers HEAD of a manifest with 404 until somebody has asked GET.
  kHeadMissing,
  // Wants a token, of a service on another port of the host.
  kRealmElsewhere,
  // Wants a token, of a service whose address is no text.
  kRealmIsNoText,
  // Forgets manifests without a tag after that many milliseconds.
  kCollectsUntagged,
  // Answers everything with the number as HTTP status, and wants to be left
  // alone for as long as a number can say.
  kFails,
  // Answers everything with the number as HTTP status, and with a body of
  // odd_body.h.
  kRefusesNested,
  kRefusesBytes,
  kRefusesPage,
  // Wants uploads at that port of a private address, 10.255.255.1.
  kUploadsInside,
  // Says, of an upload under way, that it has bytes up to that number.
  kCountsTooMuch,
  // Lists what refers to an image, so many in a page (OCI distribution spec
  // 1.1, "Listing Referrers").
  kListsReferrers,
};

// A registry in memory that takes pushes, with the habits that a test asks for.
// Thread safe.
class DestinationService {
 public:
  // `token_port` is that of ServeToken.
  explicit DestinationService(int token_port) : token_port_(token_port) {}

  void Add(Habit habit, std::string substring, uint64_t number);
  // Makes a repository, for kWantsRepositories.
  void MakeRepository(const std::string& name);

  void Serve(const httplib::Request& request, httplib::Response& response);
  void ServeToken(const httplib::Request& request, httplib::Response& response);

 private:
  struct Document {
    std::string media_type;
    std::string bytes;
    absl::Time since;
  };
  struct Repository {
    std::map<std::string, std::string> blobs;
    std::map<std::string, Document> manifests;
    std::map<std::string, std::string> tags;
    std::map<std::string, std::string> uploads;
    std::set<std::string> asked;
  };

  // The number of the first habit of that kind for a repository; 0 for none.
  uint64_t* Find(Habit habit, const std::string& repository)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns whether a habit that happens so many times happens now.
  bool Happens(Habit habit, const std::string& repository)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Answers as a repository does to which nothing can be pushed; returns
  // whether it is one.
  bool Fails(const std::string& repository, httplib::Response& response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Answers a request that goes no further; returns whether it did.
  bool Refuses(const httplib::Request& request, const std::string& repository,
               httplib::Response& response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NotFound(const std::string& repository, const char* code,
                httplib::Response& response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Upload(const httplib::Request& request, const std::string& name,
              const std::string& id, httplib::Response& response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Blob(const std::string& name, const std::string& digest,
            httplib::Response& response) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PutManifest(const httplib::Request& request, const std::string& name,
                   const std::string& reference, httplib::Response& response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Referrers(const httplib::Request& request, const std::string& name,
                 const std::string& digest, httplib::Response& response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GetManifest(const httplib::Request& request, const std::string& name,
                   const std::string& reference, httplib::Response& response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int token_port_;
  absl::Mutex mutex_;
  std::multimap<Habit, std::pair<std::string, uint64_t>> habits_
      ABSL_GUARDED_BY(mutex_);
  std::set<std::string> made_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Repository> repositories_ ABSL_GUARDED_BY(mutex_);
  int uploads_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_DESTINATION_SERVICE_H_
