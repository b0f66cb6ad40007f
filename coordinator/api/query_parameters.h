// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_API_QUERY_PARAMETERS_H_
#define KSO_COORDINATOR_API_QUERY_PARAMETERS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/http/message.h"

namespace kso::coordinator {

// Reads the parameters of a request's query, and remembers what is wrong with
// them. Each read names a parameter that the path has; End refuses the others,
// so that a filter with a typing error does not silently let everything
// through. Not thread safe.
class QueryParameters {
 public:
  // `request` must outlive it.
  explicit QueryParameters(const HttpRequest& request) : request_(request) {}

  // The value; empty where the parameter is not there. It may be there once.
  std::string Text(std::string_view name);
  // All values. Each may also be a list with commas.
  std::vector<std::string> List(std::string_view name);
  // A number within bounds; `otherwise` where the parameter is not there.
  int64_t Number(std::string_view name, int64_t least, int64_t most,
                 int64_t otherwise);
  // The size of a page: 1 to 1000, 100 by default.
  int Limit();
  // The token of a page, a number from 1; empty for the first page.
  std::string PageToken();

  // Remembers that a value is none of `name`'s.
  void Refuse(std::string_view name, std::string_view value,
              std::string_view why);
  // INVALID_ARGUMENT with the first thing that is wrong. To be called after all
  // reads.
  absl::Status End();

 private:
  const HttpRequest& request_;
  std::vector<std::string_view> known_;
  absl::Status status_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_API_QUERY_PARAMETERS_H_
