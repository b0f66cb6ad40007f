// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/tls_files.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/file_io.h"
#include "common/http/address.h"

namespace kso::rpc {
namespace {

constexpr char kCipherVariable[] = "GRPC_SSL_CIPHER_SUITES";
// OpenSSL takes this name, and uses the suite only where an application has set
// a pre-shared key. The suites of TLS 1.3 are another list, which stays whole.
constexpr char kNoCipherOfTls12[] = "PSK-AES256-GCM-SHA384";

using SslContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

// OpenSSL's last error in words; empties its queue.
std::string OpenSslReason() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(error);
  return reason == nullptr ? "not in PEM format" : reason;
}

absl::Status Unusable(const std::string& path, std::string_view what) {
  return absl::InvalidArgumentError(
      Concat(path, ": cannot be used as ", what, ": ", OpenSslReason()));
}

absl::Status CheckReadable(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FileError(errno, "open", path);
  const FileDescriptor file(fd);
  return absl::OkStatus();
}

absl::Status CheckPair(const TlsFiles& files, SSL_CTX* context) {
  if (files.cert.empty() != files.key.empty()) {
    return absl::InvalidArgumentError(
        "a certificate and its key belong together; name both");
  }
  if (files.cert.empty()) return absl::OkStatus();
  KSO_RETURN_IF_ERROR(CheckReadable(files.cert));
  KSO_RETURN_IF_ERROR(CheckKeyFile(files.key));
  if (SSL_CTX_use_certificate_chain_file(context, files.cert.c_str()) != 1) {
    return Unusable(files.cert, "a certificate");
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(),
                                  SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return Unusable(files.key, Concat("the key of ", files.cert));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckKeyFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FileError(errno, "open", path);
  const FileDescriptor file(fd);
  struct stat status;
  if (fstat(fd, &status) != 0) return FileError(errno, "stat", path);
  const mode_t allowed =
      status.st_uid == 0 ? S_IRWXU | S_IRGRP : mode_t{S_IRWXU};
  if ((status.st_mode & 0777 & ~allowed) != 0) {
    return absl::PermissionDeniedError(
        Concat(path, ": others can read this secret; run `chmod 600 ", path,
               "`, and replace it if the machine has other users"));
  }
  return absl::OkStatus();
}

absl::Status CheckTlsFiles(const TlsFiles& files) {
  const SslContext context(SSL_CTX_new(TLS_method()), SSL_CTX_free);
  if (context == nullptr) return absl::InternalError(OpenSslReason());
  KSO_RETURN_IF_ERROR(CheckPair(files, context.get()));
  if (files.ca.empty()) return absl::OkStatus();
  KSO_RETURN_IF_ERROR(CheckReadable(files.ca));
  if (SSL_CTX_load_verify_locations(context.get(), files.ca.c_str(), nullptr) !=
      1) {
    return Unusable(files.ca, "certificates of authorities");
  }
  return absl::OkStatus();
}

void RequireTls13() {
  setenv(kCipherVariable, kNoCipherOfTls12, /*overwrite=*/1);
}

absl::Status CheckTls13IsRequired() {
  const char* value = getenv(kCipherVariable);
  if (value != nullptr && std::strcmp(value, kNoCipherOfTls12) == 0) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      "this program has not called RequireTls13, so it would speak TLS 1.2");
}

bool StaysOnMachine(std::string_view address) {
  return address.substr(0, 5) == "unix:" || http::IsLoopbackHost(address);
}

absl::Status CheckPlaintext(std::string_view address, bool insecure_plaintext,
                            std::string_view instead) {
  if (insecure_plaintext || StaysOnMachine(address)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat(address,
             " is not on this machine, and what is sent in plain text "
             "can be read and changed on the way; ",
             instead, ", or say --insecure-plaintext"));
}

}  // namespace kso::rpc
