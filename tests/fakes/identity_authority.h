// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_IDENTITY_AUTHORITY_H_
#define KSO_TESTS_FAKES_IDENTITY_AUTHORITY_H_

#include <cstdint>
#include <string>

#include "absl/strings/escaping.h"
#include "common/files/small_file.h"
#include "common/pki/signer.h"
#include "nlohmann/json.hpp"
#include "tests/fakes/shell.h"
#include "tests/fakes/temp_directory.h"

namespace kso::testing {

// An authority that certifies identities, as Fulcio does, and a transparency
// log, as Rekor is; made by the program openssl.
class IdentityAuthority {
 public:
  // The issuer of tokens by which identities prove themselves.
  static constexpr char kIssuer[] =
      "https://token.actions.githubusercontent.com";

  // An entry, as the log tells it, and the log's signature of that in Base64.
  struct Entry {
    nlohmann::json payload;
    std::string signature;
  };

  IdentityAuthority() {
    Run("openssl req -x509 " + NewKey("root") +
        " -subj /CN=root -days 2 -addext "
        "basicConstraints=critical,CA:TRUE -out root.crt");
    Run("openssl req -x509 " + NewKey("other") +
        " -subj /CN=other -days 2 -out other.crt");
    Run("openssl req " + NewKey("log") +
        " -subj /CN=log -out log.csr && openssl pkey -in log.key -pubout -out "
        "log.pub");
  }

  // Certificates in PEM: the authority's, and one of another.
  std::string roots() const { return Read("root.crt"); }
  std::string other_roots() const { return Read("other.crt"); }
  // The log's public key, in PEM.
  std::string log_key() const { return Read("log.pub"); }
  // The file with the key of the identity that was certified last.
  std::string key_file() const { return directory_.string() + "/leaf.key"; }

  // A certificate, in PEM, for a new key of the identity `name`, such as
  // "URI:https://github.com/ours" or "email:me@example.com"; `use` is an
  // extended key usage.
  std::string Certify(const std::string& name,
                      const std::string& use = "codeSigning") {
    Run("openssl req -new " + NewKey("leaf") +
        " -subj / -out leaf.csr && printf 'subjectAltName=critical," + name +
        "\\nextendedKeyUsage=" + use +
        "\\n1.3.6.1.4.1.57264.1.8=ASN1:UTF8String:" + kIssuer +
        "\\n' >leaf.ext && openssl x509 -req -in leaf.csr -CA root.crt -CAkey "
        "root.key -set_serial 7 -days 1 -extfile leaf.ext -out leaf.crt");
    return Read("leaf.crt");
  }

  // Enters `body` in the log at `time`, in seconds since 1970. `log_id` is in
  // hexadecimal digits.
  Entry Enter(const nlohmann::json& body, int64_t time,
              const std::string& log_id) const {
    Entry entry;
    entry.payload = {{"body", absl::Base64Escape(body.dump())},
                     {"integratedTime", time},
                     {"logIndex", 7},
                     {"logID", log_id}};
    const auto signer =
        *pki::CreateKeySigner(directory_.string() + "/log.key", "");
    entry.signature = absl::Base64Escape(*signer->Sign(entry.payload.dump()));
    return entry;
  }

 private:
  static std::string NewKey(const std::string& name) {
    return "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " +
           name + ".key";
  }
  void Run(const std::string& command) const {
    Shell("cd " + directory_.string() + " && { " + command + "; } 2>log.txt");
  }
  std::string Read(const std::string& name) const {
    return *ReadSmallFile(directory_.string() + "/" + name, 1 << 16);
  }

  TempDirectory directory_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_IDENTITY_AUTHORITY_H_
