// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_NGINX_H_
#define KSO_TESTS_FAKES_NGINX_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/fakes/server_process.h"
#include "tests/fakes/temp_directory.h"

namespace kso::testing {

// Debian's nginx on loopback, with TLS and HTTP/2, which serves the files of a
// directory of its own; at /elsewhere/NAME it redirects to another port, which
// serves them too. Another process than the test, so that its word counts.
class Nginx {
 public:
  // One request as the server saw it.
  struct Served {
    int port = 0;
    // "HTTP/2.0".
    std::string protocol;
    // The same for requests over the same connection.
    std::string connection;
    int status = 0;
  };

  static absl::StatusOr<std::unique_ptr<Nginx>> Start();

  void AddFile(const std::string& name, const std::string& content);
  // Of the port that redirects, and of the one that it redirects to.
  int port() const { return port_; }
  int other_port() const { return other_port_; }
  std::string Url(const std::string& path) const;
  // A file in PEM with the authority that signed the server's certificate.
  std::string authorities() const {
    return directory_.path() / "certificate.pem";
  }

  // Ends the server; then all that it served is known.
  std::vector<Served> EndAndTell();

 private:
  Nginx(int port, int other_port) : port_(port), other_port_(other_port) {}
  void WriteConfig() const;

  // The server has ended when this goes.
  const TempDirectory directory_;
  const int port_;
  const int other_port_;
  std::unique_ptr<ServerProcess> process_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_NGINX_H_
