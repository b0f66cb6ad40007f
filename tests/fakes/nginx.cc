// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/nginx.h"

#include <csignal>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tests/fakes/shell.h"

namespace kso::testing {
namespace {

constexpr char kProgram[] = "/usr/sbin/nginx";

}  // namespace

absl::StatusOr<std::unique_ptr<Nginx>> Nginx::Start() {
  std::unique_ptr<Nginx> nginx(new Nginx(FreePort(), FreePort()));
  std::filesystem::create_directories(nginx->directory_.path() / "files");
  nginx->WriteConfig();
  Shell(absl::StrCat("cd ", nginx->directory_.string(),
                     " && openssl req -x509 -newkey ec -nodes -days 1 "
                     "-pkeyopt ec_paramgen_curve:P-256 -subj /CN=test "
                     "-addext subjectAltName=IP:127.0.0.1 "
                     "-keyout key.pem -out certificate.pem"));
  const std::string config = nginx->directory_.path() / "nginx.conf";
  const std::string errors = nginx->directory_.path() / "error.log";
  KSO_ASSIGN_OR_RETURN(
      nginx->process_,
      ServerProcess::Start({kProgram, "-e", errors, "-c", config},
                           nginx->port_));
  return nginx;
}

void Nginx::WriteConfig() const {
  const std::string here = directory_.string();
  std::ofstream config(directory_.path() / "nginx.conf");
  config << "daemon off; master_process off; pid " << here << "/pid;\n"
         << "events {}\n"
         << "http {\n"
         << "  log_format served '$server_port $server_protocol $connection "
            "$status';\n"
         << "  access_log " << here << "/access.log served;\n"
         << "  ssl_certificate " << here << "/certificate.pem;\n"
         << "  ssl_certificate_key " << here << "/key.pem;\n";
  for (const char* kind :
       {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    config << "  " << kind << "_temp_path " << here << "/" << kind << ";\n";
  }
  for (const int port : {port_, other_port_}) {
    config << "  server {\n"
           << "    listen 127.0.0.1:" << port << " ssl http2;\n"
           << "    root " << here << "/files;\n"
           << "    rewrite ^/elsewhere(/.*)$ https://127.0.0.1:" << other_port_
           << "$1 redirect;\n"
           << "  }\n";
  }
  config << "}\n";
}

void Nginx::AddFile(const std::string& name, const std::string& content) {
  std::ofstream(directory_.path() / "files" / name, std::ios::binary)
      << content;
}

std::string Nginx::Url(const std::string& path) const {
  return absl::StrCat("https://127.0.0.1:", port_, path);
}

std::vector<Nginx::Served> Nginx::EndAndTell() {
  process_->End(SIGQUIT);
  std::vector<Served> all;
  std::ifstream log(directory_.path() / "access.log");
  Served served;
  while (log >> served.port >> served.protocol >> served.connection >>
         served.status) {
    all.push_back(served);
  }
  return all;
}

}  // namespace kso::testing
