// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_HOSTILE_ANSWERS_H_
#define KSO_TESTS_FAULT_HOSTILE_ANSWERS_H_

#include <string>

#include "absl/status/status.h"
#include "common/http/transport.h"
#include "tests/fault/dice.h"

namespace kso::testing {

// An answer of a host on its way.
struct WireAnswer {
  int status = 200;
  http::Headers headers;
  std::string body;
  // The body has no end: `body` comes again and again.
  bool endless = false;
  // When not OK, what the transport says in place of an answer, or after the
  // body.
  absl::Status broken = absl::OkStatus();
};

// A value that no header should have: random bytes, numbers at the edges of
// what an int64 holds, dates, very long ones, none.
std::string HostileText(Dice& dice);

// A number at the edges, as text.
std::string HostileNumber(Dice& dice);

// Changes a JSON document: its numbers, types, keys, depth, bytes.
std::string HostileJson(Dice& dice, std::string json);

// Spoils an answer in one or several ways, each of which a host, a proxy or an
// attacker can choose: its status, each of its headers and more of them, and
// its body.
void SpoilAnswer(Dice& dice, WireAnswer& answer);

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_HOSTILE_ANSWERS_H_
