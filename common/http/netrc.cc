// SPDX-License-Identifier: Apache-2.0
#include "common/http/netrc.h"

#include <cstdlib>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/http/address.h"
#include "common/http/url.h"
#include "common/text/secrets.h"

namespace kso::http {
namespace {

constexpr size_t kLargestFile = 1 << 20;

struct Token {
  std::string text;
  int line = 0;
};

absl::Status BadLine(int line, std::string_view what) {
  return absl::InvalidArgumentError(Concat("line ", line, ": ", what));
}

// Reads the token at `at` of a line, in quotes or not, and moves `at` behind
// it.
absl::StatusOr<Token> NextToken(absl::string_view text, int line, size_t& at) {
  Token token;
  token.line = line;
  if (text[at] != '"') {
    const size_t end = text.find_first_of(" \t", at);
    token.text = std::string(text.substr(at, end - at));
    at = end == absl::string_view::npos ? text.size() : end;
    return token;
  }
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') {
      ++at;
      return token;
    }
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    token.text += text[at];
  }
  return BadLine(line, "a quote is not closed");
}

absl::StatusOr<std::vector<Token>> TokensOf(std::string_view content) {
  std::vector<Token> tokens;
  bool in_macro = false;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(ToAbsl(content), '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (in_macro) {
      in_macro = !line.empty();
      continue;
    }
    if (absl::StartsWith(line, "#")) continue;
    for (size_t at = 0; at < line.size();) {
      if (absl::ascii_isspace(static_cast<unsigned char>(line[at]))) {
        ++at;
        continue;
      }
      KSO_ASSIGN_OR_RETURN(Token token, NextToken(line, number, at));
      in_macro = token.text == "macdef";
      if (in_macro) break;
      tokens.push_back(std::move(token));
    }
  }
  return tokens;
}

// "HOST" of a URL's "HOST[:PORT]".
std::string_view WithoutPort(std::string_view host) {
  const size_t colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && !host.ends_with(']');
  return has_port ? host.substr(0, colon) : host;
}

class NetrcTransport : public Transport {
 public:
  NetrcTransport(std::unique_ptr<Transport> next, Netrc netrc,
                 std::function<bool(const Url&)> may_use)
      : next_(std::move(next)),
        netrc_(std::move(netrc)),
        may_use_(std::move(may_use)) {
    netrc_.AddTo(secrets_);
  }

  absl::StatusOr<Response> Perform(const Request& request,
                                   size_t max_body) override {
    return WithoutLogin(next_->Perform(WithLogin(request), max_body));
  }

  absl::StatusOr<Response> Download(const Request& request, ByteSink& sink,
                                    OnResponse on_response) override {
    if (!on_response) {
      return WithoutLogin(next_->Download(WithLogin(request), sink, nullptr));
    }
    const auto without_login = [&](const Response& response) {
      return on_response(Redacted(response));
    };
    return WithoutLogin(
        next_->Download(WithLogin(request), sink, without_login));
  }

 private:
  Request WithLogin(const Request& request) const {
    Request with_login = request;
    if (request.transfer.without_login) return with_login;
    const absl::StatusOr<Url> url = Url::Parse(request.url);
    if (!url.ok()) return with_login;
    const std::string_view host = WithoutPort(url->host());
    if (!url->is_https() && !IsLoopbackHost(url->host())) return with_login;
    if (may_use_ && !may_use_(*url)) return with_login;
    if (auto authorization = netrc_.AuthorizationFor(host)) {
      with_login.credentials.emplace_back("Authorization",
                                          *std::move(authorization));
    }
    return with_login;
  }

  // A host may echo the login that it got, and of what it says, validators are
  // kept and errors shown.
  Response Redacted(Response response) const {
    for (auto& [name, value] : response.headers) {
      value = secrets_.RedactAllButNames(value);
    }
    return response;
  }
  absl::StatusOr<Response> WithoutLogin(absl::StatusOr<Response> result) const {
    if (!result.ok()) return secrets_.Redact(result.status());
    return Redacted(*std::move(result));
  }

  const std::unique_ptr<Transport> next_;
  const Netrc netrc_;
  const std::function<bool(const Url&)> may_use_;
  Secrets secrets_;
};

}  // namespace

absl::StatusOr<Netrc> Netrc::Parse(std::string_view content) {
  KSO_ASSIGN_OR_RETURN(const std::vector<Token> tokens, TokensOf(content));
  Netrc netrc;
  std::string host;
  std::string login;
  // The first entry of a host counts, as with curl.
  const auto finish = [&](const std::string& password) {
    const std::string text = Concat(login, ":", password);
    netrc.authorizations_.try_emplace(
        host, Concat("Basic ", absl::Base64Escape(text)));
  };
  for (size_t i = 0; i < tokens.size(); ++i) {
    const std::string& keyword = tokens[i].text;
    if (keyword == "default") {
      host.clear();
      login.clear();
      continue;
    }
    const bool takes_value = keyword == "machine" || keyword == "login" ||
                             keyword == "password" || keyword == "account";
    if (!takes_value) {
      return BadLine(tokens[i].line,
                     "expected machine, login, password, account, default or "
                     "macdef");
    }
    if (i + 1 == tokens.size()) {
      return BadLine(tokens[i].line, Concat("nothing follows ", keyword));
    }
    const std::string& value = tokens[++i].text;
    if (keyword == "machine") {
      host = absl::AsciiStrToLower(value);
      login.clear();
    } else if (keyword == "login") {
      login = value;
    } else if (keyword == "password" && !host.empty()) {
      if (login.empty() && i + 2 < tokens.size() &&
          tokens[i + 1].text == "login") {
        login = tokens[i + 2].text;
      }
      finish(value);
    }
  }
  return netrc;
}

absl::StatusOr<Netrc> Netrc::FromFile(const std::filesystem::path& file) {
  std::filesystem::path path = file;
  if (path.empty()) {
    if (const char* named = std::getenv("NETRC")) path = named;
  }
  const bool named = !path.empty();
  if (!named) {
    const char* home = std::getenv("HOME");
    if (home == nullptr) return Netrc();
    path = std::filesystem::path(home) / ".netrc";
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) return Netrc();
  }
  std::ifstream stream(path, std::ios::binary);
  std::string content(kLargestFile + 1, '\0');
  stream.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<size_t>(stream.gcount()));
  if (!stream.is_open() || stream.bad() || content.size() > kLargestFile) {
    return absl::InvalidArgumentError(
        Concat(path.string(), ": cannot be read as a netrc file"));
  }
  absl::StatusOr<Netrc> netrc = Parse(content);
  if (netrc.ok()) return netrc;
  return absl::InvalidArgumentError(
      Concat(path.string(), ": ", netrc.status().message()));
}

std::optional<std::string> Netrc::AuthorizationFor(
    std::string_view host) const {
  const auto found = authorizations_.find(absl::AsciiStrToLower(ToAbsl(host)));
  if (found == authorizations_.end()) return std::nullopt;
  return found->second;
}

void Netrc::AddTo(Secrets& secrets) const {
  for (const auto& [host, authorization] : authorizations_) {
    secrets.AddHeader(authorization);
  }
}

std::unique_ptr<Transport> WithNetrc(std::unique_ptr<Transport> next,
                                     Netrc netrc,
                                     std::function<bool(const Url&)> may_use) {
  if (netrc.empty()) return next;
  return std::make_unique<NetrcTransport>(std::move(next), std::move(netrc),
                                          std::move(may_use));
}

}  // namespace kso::http
