// SPDX-License-Identifier: Apache-2.0
#include "common/closure/closure.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/closure/variables.h"
#include "common/text/percent_coding.h"

namespace kso::closure {
namespace {

absl::Status Elsewhere(std::string_view asked, std::string_view name,
                       std::string_view served) {
  return absl::FailedPreconditionError(
      Concat("with its offline.yml, Kubespray asks for ", name, " at ", asked,
             ", and it is at ", served));
}

}  // namespace

bool IsAskedFor(std::string_view url) {
  return FindVariable(FileVariables(), url) != nullptr;
}

absl::Status CheckFile(const Offline& offline, std::string_view url,
                       std::string_view served) {
  if (!IsAskedFor(url)) return absl::OkStatus();
  KSO_ASSIGN_OR_RETURN(const std::string path, offline.PathOf(url));
  if (path.empty()) return Elsewhere("its upstream host", url, served);
  if (PercentDecode(path) == served) return absl::OkStatus();
  return Elsewhere(path, url, served);
}

absl::Status CheckImage(const Offline& offline, std::string_view name,
                        std::string_view served) {
  KSO_ASSIGN_OR_RETURN(const std::vector<std::string> asked,
                       offline.RepositoriesOf(name));
  if (std::find(asked.begin(), asked.end(), served) != asked.end()) {
    return absl::OkStatus();
  }
  return Elsewhere(asked.empty() ? "its upstream registry" : asked.front(),
                   name, served);
}

}  // namespace kso::closure
