// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/hostile_answers.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace kso::testing {
namespace {

constexpr const char* kNumbers[] = {"0",
                                    "-1",
                                    "1",
                                    "1099511627776",
                                    "1099511627777",
                                    "4611686018427387904",
                                    "9223372036854775807",
                                    "9223372036854775808",
                                    "18446744073709551615",
                                    "18446744073709551616",
                                    "-9223372036854775808",
                                    "1764500000",
                                    "1e9",
                                    "1e400",
                                    "0x10",
                                    "007",
                                    "+5",
                                    "99999999999999999999999999999999999999"};

// The headers that kso, or a library below it, acts on.
constexpr const char* kHeaders[] = {"Content-Length",
                                    "Content-Range",
                                    "Content-Type",
                                    "Content-Encoding",
                                    "Docker-Content-Digest",
                                    "Docker-Distribution-Api-Version",
                                    "Docker-Upload-UUID",
                                    "ETag",
                                    "Last-Modified",
                                    "Link",
                                    "Location",
                                    "OCI-Chunk-Min-Length",
                                    "OCI-Chunk-Max-Length",
                                    "OCI-Subject",
                                    "Range",
                                    "Accept-Ranges",
                                    "Retry-After",
                                    "Transfer-Encoding",
                                    "WWW-Authenticate",
                                    "ratelimit-limit",
                                    "ratelimit-remaining",
                                    "Set-Cookie",
                                    "Warning"};

constexpr int kStatuses[] = {0,   100, 200, 201, 202, 204, 206, 301, 302,
                             304, 307, 308, 400, 401, 403, 404, 405, 406,
                             409, 410, 413, 416, 418, 429, 431, 451, 500,
                             501, 502, 503, 504, 507, 520, 599, 999};

constexpr const char* kLocations[] = {
    "",
    "/",
    "//",
    "http://10.0.0.1/",
    "http://169.254.169.254/latest/meta-data",
    "http://[::1]:1/",
    "https://user:secret@registry.example.com/",
    "ftp://example.com/x",
    "file:///etc/passwd",
    "../../../..",
    "https://registry.example.com:99999/",
    "/v2/?_state=\x01\x02",
    "https://caf\xe9.example.com/"};

// The words of a refusal, inside a string of JSON.
constexpr const char* kWords[] = {
    "no",      "caf\xe9",        "\\u202e\\u0007\\u001b[2J",
    "\\ud800", "line\\r\\nline", ""};

std::string Bytes(Dice& dice, int most) {
  std::string text(static_cast<size_t>(dice.Between(0, most)), '\0');
  for (char& byte : text) {
    byte = static_cast<char>(dice.Next());
    // These end a header, or a string of libcurl's.
    if (byte == '\r' || byte == '\n' || byte == '\0') byte = '\x7f';
  }
  return text;
}

std::string Nested(Dice& dice, const std::string& opened) {
  std::string text;
  for (int i = dice.Between(1, 4000); i > 0; --i) text += opened;
  return text;
}

void SpoilHeader(Dice& dice, WireAnswer& answer) {
  if (!answer.headers.empty() && dice.Chance(0.6)) {
    auto& [name, value] = dice.Pick(answer.headers);
    switch (dice.Between(0, 3)) {
      case 0:
        answer.headers.erase(std::find_if(
            answer.headers.begin(), answer.headers.end(),
            [&name](const auto& each) { return &each.first == &name; }));
        return;
      case 1: {
        const auto twin = std::make_pair(name, HostileText(dice));
        answer.headers.push_back(twin);
        return;
      }
      default:
        value = HostileText(dice);
        return;
    }
  }
  const std::string name = dice.Pick(kHeaders);
  std::string value = HostileText(dice);
  if (name == "Location" && dice.Chance(0.7)) value = dice.Pick(kLocations);
  if (name == "WWW-Authenticate" && dice.Chance(0.7)) {
    value = absl::StrCat("Bearer realm=\"https://registry.example.com/", value,
                         "\",service=\"", HostileText(dice), "\"");
  }
  if (name == "Content-Range" && dice.Chance(0.7)) {
    value = absl::StrCat("bytes ", HostileNumber(dice), "-",
                         HostileNumber(dice), "/", HostileNumber(dice));
  }
  answer.headers.emplace_back(name, value);
}

void SpoilBody(Dice& dice, WireAnswer& answer) {
  std::string& body = answer.body;
  switch (dice.Between(0, 8)) {
    case 0:
      body.resize(
          static_cast<size_t>(dice.Between(0, static_cast<int>(body.size()))));
      return;
    case 1:
      body.append(static_cast<size_t>(dice.Between(1, 5000)), 'x');
      return;
    case 2:
      body = Bytes(dice, 5000);
      return;
    case 3:
      body = Nested(dice, dice.Chance(0.5) ? "[" : "{\"a\":");
      return;
    case 4:
      body = absl::StrCat(R"({"errors":[{"code":)", Nested(dice, "["));
      return;
    case 5:
      if (!body.empty()) {
        body[static_cast<size_t>(
            dice.Between(0, static_cast<int>(body.size()) - 1))] ^=
            static_cast<char>(1 << dice.Between(0, 7));
      }
      return;
    case 6:
      body = absl::StrCat("<html><title>", Bytes(dice, 40), "</title></html>");
      return;
    case 7:
      answer.endless = true;
      if (body.empty()) body = "endless";
      return;
    default:
      body = HostileJson(dice, body);
      return;
  }
}

}  // namespace

std::string HostileNumber(Dice& dice) { return dice.Pick(kNumbers); }

std::string HostileText(Dice& dice) {
  switch (dice.Between(0, 9)) {
    case 0:
      return "";
    case 1:
      return Bytes(dice, 40);
    case 2:
      return std::string(static_cast<size_t>(dice.Between(1, 20000)), 'a');
    case 3:
      return "\"caf\xe9\"";
    case 4:
      return "Wed, 31 Dec 9999 23:59:59 GMT";
    case 5:
      return "\xe2\x80\xae\xef\xbb\xbf\x1b[2J";
    default:
      return HostileNumber(dice);
  }
}

std::string HostileJson(Dice& dice, std::string json) {
  constexpr const char* kValues[] = {
      "null",        "true",        "\"\"",        "[]",   "{}",
      "-0",          "1.5",         "\"\\ud800\"", "[[]]", "{\"a\":{\"a\":{}}}",
      "\"\\u0000\"", "\"caf\xe9\"", "\"../../x\""};
  for (int i = dice.Between(1, 3); i > 0; --i) {
    // The places behind a colon are those of values.
    std::string::size_type at = json.find(
        ':',
        static_cast<size_t>(dice.Between(0, static_cast<int>(json.size()))));
    if (at == std::string::npos) at = json.find(':');
    if (at == std::string::npos) return json + "}";
    const auto end = json.find_first_of(",}]", at);
    const auto length = end == std::string::npos ? end : end - at - 1;
    switch (dice.Between(0, 4)) {
      case 0:
        json.replace(at + 1, length, HostileNumber(dice));
        break;
      case 1:
        json.replace(at + 1, length, dice.Pick(kValues));
        break;
      case 2:
        json.insert(at + 1, std::string(dice.Between(1, 200), '['));
        break;
      case 3: {
        // The same key twice, perhaps in another case.
        const auto quote = json.rfind('"', at);
        const auto begin = quote == std::string::npos || quote == 0
                               ? std::string::npos
                               : json.rfind('"', quote - 1);
        if (begin == std::string::npos) break;
        std::string key = json.substr(begin, quote - begin + 1);
        if (dice.Chance(0.5) && key.size() > 2) key[1] ^= 0x20;
        json.insert(begin, absl::StrCat(key, ":", dice.Pick(kValues), ","));
        break;
      }
      default:
        json.insert(at + 1, absl::StrCat("\"", Bytes(dice, 20), "\""));
        break;
    }
  }
  return json;
}

void SpoilAnswer(Dice& dice, WireAnswer& answer) {
  for (int i = dice.Between(1, 3); i > 0; --i) {
    switch (dice.Between(0, 9)) {
      case 0:
        answer.status = dice.Pick(kStatuses);
        break;
      case 1:
      case 2:
        SpoilBody(dice, answer);
        break;
      case 3:
        answer.broken =
            dice.Chance(0.5)
                ? absl::UnavailableError("the connection broke: caf\xe9")
                : absl::DeadlineExceededError("nothing moved");
        break;
      case 4:
        // A refusal with words of its own.
        answer.status = dice.Pick(kStatuses);
        answer.body =
            absl::StrCat(R"({"errors":[{"code":"DENIED","message":")",
                         dice.Pick(kWords), "\",\"detail\":", "{\"a\":1}}]}");
        if (dice.Chance(0.5)) answer.body = HostileJson(dice, answer.body);
        break;
      default:
        SpoilHeader(dice, answer);
        break;
    }
  }
}

}  // namespace kso::testing
