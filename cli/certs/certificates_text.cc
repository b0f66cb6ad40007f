// SPDX-License-Identifier: Apache-2.0
#include "cli/certs/certificates_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/render/text.h"

namespace kso::cli {
namespace {

std::string Moment(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_sec, time, absl::UTCTimeZone());
}

std::string Purpose(const pki::CertificateFacts& facts) {
  if (facts.authority) return "signs certificates";
  std::vector<std::string> hosts = facts.dns_names;
  hosts.insert(hosts.end(), facts.ip_addresses.begin(),
               facts.ip_addresses.end());
  if (facts.for_servers) {
    return absl::StrCat("server at ", absl::StrJoin(hosts, ", "));
  }
  return facts.for_clients ? "client" : "neither server nor client";
}

std::string Validity(const pki::CertificateFacts& facts, absl::Time now) {
  const std::string span =
      absl::StrCat(Moment(facts.not_before), " to ", Moment(facts.not_after));
  if (now >= facts.not_after) return absl::StrCat(span, ", EXPIRED");
  if (now < facts.not_before) return absl::StrCat(span, ", not yet valid");
  const int64_t days = (facts.not_after - now) / absl::Hours(24);
  return absl::StrCat(span, ", ", Count(days, "day"), " left");
}

}  // namespace

std::string CertificatesText(const std::vector<FiledCertificate>& certificates,
                             absl::Time now) {
  std::string text;
  for (const auto& [file, facts] : certificates) {
    std::vector<std::vector<std::string>> rows = {
        {"use", Printable(Purpose(facts))}};
    for (const std::string& uri : facts.uris) {
      rows.push_back(
          {facts.authority ? "trust domain" : "identity", Printable(uri)});
    }
    rows.push_back({"subject", Printable(facts.subject)});
    rows.push_back({"signed by", Printable(facts.issuer)});
    rows.push_back({"valid", Validity(facts, now)});
    rows.push_back({"sha256", facts.fingerprint});
    absl::StrAppend(&text, text.empty() ? "" : "\n", Printable(file.string()),
                    "\n", FormatTable(rows, "  "));
  }
  return text;
}

nlohmann::ordered_json CertificatesJson(
    const std::vector<FiledCertificate>& certificates, absl::Time now) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const auto& [file, facts] : certificates) {
    nlohmann::ordered_json one;
    one["file"] = file.string();
    one["subject"] = facts.subject;
    one["issuer"] = facts.issuer;
    one["serial"] = facts.serial;
    one["sha256"] = facts.fingerprint;
    one["notBefore"] = Moment(facts.not_before);
    one["notAfter"] = Moment(facts.not_after);
    one["expired"] = now >= facts.not_after;
    one["authority"] = facts.authority;
    one["server"] = facts.for_servers;
    one["client"] = facts.for_clients;
    one["uris"] = facts.uris;
    one["dnsNames"] = facts.dns_names;
    one["ipAddresses"] = facts.ip_addresses;
    all.push_back(std::move(one));
  }
  nlohmann::ordered_json json;
  json["certificates"] = std::move(all);
  return json;
}

}  // namespace kso::cli
