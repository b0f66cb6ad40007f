// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RPC_TLS_FILES_H_
#define KSO_COMMON_RPC_TLS_FILES_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace kso::rpc {

// The PEM files of one side of a TLS connection. Those that are not used are
// empty.
struct TlsFiles {
  // The authorities that the other side's certificate must come from.
  std::string ca{};
  // The own certificate, with the intermediate ones after it, and its key.
  std::string cert{};
  std::string key{};
};

// The time within which a replaced file is in use for new connections.
inline constexpr int kTlsReloadSeconds = 5;

// Checks a file with a private key: PERMISSION_DENIED when others than its
// owner can read it. A file that belongs to root may be readable by its group,
// which is how services share one. NOT_FOUND and so on when it cannot be read.
absl::Status CheckKeyFile(const std::string& path);

// Checks that the files can be read, that the key is a private one by
// CheckKeyFile, and that it fits the certificate; INVALID_ARGUMENT says what to
// mend. gRPC itself only logs such trouble, and refuses every connection.
absl::Status CheckTlsFiles(const TlsFiles& files);

// Lets every TLS connection of this process be TLS 1.3 (RFC 8446) or nothing:
// gRPC 1.51 always offers TLS 1.2 too and has no option against it, so the
// cipher suites of TLS 1.2 are reduced to one that needs a pre-shared key,
// which nobody has. Programs and tests call this first in main, before any
// other thread.
void RequireTls13();

// FAILED_PRECONDITION when RequireTls13 was not called.
absl::Status CheckTls13IsRequired();

// Returns whether what is sent to "HOST:PORT" or "unix:PATH" stays on this
// machine, so that it needs no encryption.
bool StaysOnMachine(std::string_view address);

// Refuses plain text to `address`, with INVALID_ARGUMENT, unless it stays on
// the machine or `insecure_plaintext` says so in so many words. `instead` says
// which flags would encrypt it.
absl::Status CheckPlaintext(std::string_view address, bool insecure_plaintext,
                            std::string_view instead);

}  // namespace kso::rpc

#endif  // KSO_COMMON_RPC_TLS_FILES_H_
