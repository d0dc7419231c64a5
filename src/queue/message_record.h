// Payloads of the journal's records as values and octets (docs/queue.md). Pure. What is decoded was
// checksummed, but is not trusted: every length is bounded, a wrong one gives nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/mail/envelope.h"
#include "signet/queue/spool.h"

namespace signet::queue {

// How far the delivery of a message has come.
struct State {
  WallTime next_attempt{};
  WallTime last_attempt{};
  int attempts = 0;
  bool warned = false;
  bool released = false;     // from quarantine
  std::vector<bool> done{};  // per recipient
  std::string status{};
  bool operator==(const State&) const = default;
};

// A message as a message record has it, without the content octets.
struct StoredMessage {
  mail::Envelope envelope;
  State state{};
  std::uint64_t body_bytes = 0;  // in <key>.body, after the content in the record; 0: no such file
};

// The first fields of a message or progress payload: all that start-up needs.
struct Glance {
  WallTime next_attempt{};
  WallTime arrived{};            // message only
  std::uint64_t body_bytes = 0;  // message only
};

void apply(const Progress& progress, State& state);

[[nodiscard]] std::string encode_meta(const StoredMessage& message);  // with its length in front
[[nodiscard]] std::string encode(const State& state);
[[nodiscard]] std::string encode_gone(std::uint64_t segment);

struct DecodedMessage {
  StoredMessage message;
  std::size_t content_at = 0;  // where the content begins in the payload
};
[[nodiscard]] std::optional<DecodedMessage> decode_message(std::string_view payload);
[[nodiscard]] std::optional<State> decode_state(std::string_view payload);
[[nodiscard]] std::optional<std::uint64_t> decode_gone(std::string_view payload);
[[nodiscard]] std::optional<Glance> glance_at_message(std::string_view payload);
[[nodiscard]] std::optional<Glance> glance_at_progress(std::string_view payload);

}  // namespace signet::queue
