// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_FILE_SERVICE_H_
#define KSO_TESTS_UPSTREAM_FILE_SERVICE_H_

#include <httplib.h>

#include <string>

#include "tests/upstream/service_context.h"

namespace kso::upstream {

// The hosts of the file lists, as folders of one origin: the file of
// https://HOST/PATH is at /HOST/PATH. Release hosts send their clients on to a
// content delivery network, by a redirect that is signed.
class FileService {
 public:
  explicit FileService(const ServiceContext& context) : context_(context) {}

  // On the main origin.
  void Serve(const httplib::Request& request, httplib::Response& response);
  // On the content delivery network's.
  void ServeCdn(const httplib::Request& request, httplib::Response& response);

 private:
  void Send(const httplib::Request& request, const std::string& path,
            const std::string& kind, httplib::Response& response);

  const ServiceContext& context_;
};

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_FILE_SERVICE_H_
