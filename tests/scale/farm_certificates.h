// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_SCALE_FARM_CERTIFICATES_H_
#define KSO_TESTS_SCALE_FARM_CERTIFICATES_H_

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/access/role.h"
#include "common/pki/authority.h"
#include "common/rpc/channel.h"

namespace kso::scale {

// The certificates of a farm that is measured with TLS, in files of a
// directory. Not thread safe.
class FarmCertificates {
 public:
  // Makes the directory, an authority and the coordinator's certificate for
  // 127.0.0.1.
  static absl::StatusOr<std::unique_ptr<FarmCertificates>> Create(
      const std::filesystem::path& directory);

  // The arguments that the coordinator is started with.
  std::vector<std::string> CoordinatorArguments() const;

  // Makes the certificate of a client of that role and name, and returns what
  // it connects with.
  absl::StatusOr<rpc::ChannelSecurity> Issue(access::Role role,
                                             const std::string& name) const;

 private:
  FarmCertificates(std::filesystem::path directory, pki::Authority root)
      : directory_(std::move(directory)), root_(std::move(root)) {}

  std::string File(std::string_view name) const {
    return (directory_ / name).string();
  }
  // Writes NAME.crt and NAME.key.
  absl::Status Write(const std::string& name,
                     const pki::Certificate& certificate,
                     const pki::PrivateKey& key) const;

  const std::filesystem::path directory_;
  const pki::Authority root_;
};

}  // namespace kso::scale

#endif  // KSO_TESTS_SCALE_FARM_CERTIFICATES_H_
