// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_HTTP_TLS_IDENTITY_H_
#define KSO_COORDINATOR_HTTP_TLS_IDENTITY_H_

#include <memory>
#include <string>

namespace kso::coordinator {

// The server's certificate chain with its key, and the authorities that client
// certificates are verified against; all in PEM. Without authorities, clients
// are not asked for certificates.
struct HttpTlsIdentity {
  std::string certificate_chain;
  std::string private_key;
  std::string client_authorities;
};

// The identity of the moment. Thread safe.
class HttpTlsSource {
 public:
  virtual ~HttpTlsSource() = default;
  // Called for each connection, so it must be quick. Another object than the
  // last one means that certificates were renewed. Never null.
  virtual std::shared_ptr<const HttpTlsIdentity> Current() = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_HTTP_TLS_IDENTITY_H_
