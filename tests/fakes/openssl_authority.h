// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_OPENSSL_AUTHORITY_H_
#define KSO_TESTS_FAKES_OPENSSL_AUTHORITY_H_

#include <string>

#include "tests/fakes/shell.h"
#include "tests/fakes/temp_directory.h"

namespace kso::testing {

// An authority that issues certificates for tests, made by the program openssl.
class OpensslAuthority {
 public:
  struct Pair {
    std::string cert;
    std::string key;
  };

  OpensslAuthority() {
    Shell(NewKey("ca") +
          " -x509 -days 1 -subj '/CN=test authority' -addext "
          "'basicConstraints=critical,CA:TRUE' -out " +
          ca());
  }

  std::string ca() const { return directory_.string() + "/ca.crt"; }

  // A certificate with the names `san`, such as "IP:127.0.0.1" or
  // "URI:spiffe://farm/kso/work/box". `file` tells pairs apart. One of no
  // days has expired; newer versions of openssl refuse fewer.
  Pair Issue(const std::string& file, const std::string& san, int days = 1) {
    const Pair pair = {directory_.string() + "/" + file + ".crt",
                       directory_.string() + "/" + file + ".key"};
    const std::string request = directory_.string() + "/" + file + ".csr";
    Shell(NewKey(file) + " -subj '/CN=" + file + "' -out " + request);
    Shell("printf 'subjectAltName=" + san + "\\n' > " + request + ".ext && " +
          "openssl x509 -req -in " + request + " -CA " + ca() + " -CAkey " +
          directory_.string() + "/ca.key -CAcreateserial -days " +
          std::to_string(days) + " -extfile " + request + ".ext -out " +
          pair.cert);
    return pair;
  }

 private:
  std::string NewKey(const std::string& file) const {
    return "umask 077; openssl req -new -newkey ec -pkeyopt "
           "ec_paramgen_curve:P-256 -nodes -keyout " +
           directory_.string() + "/" + file + ".key";
  }

  TempDirectory directory_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_OPENSSL_AUTHORITY_H_
