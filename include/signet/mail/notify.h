// What a sender wants to hear of a message: the parameters of DSN (RFC 3461 §4) and DELIVERBY (RFC
// 2852 §4) as values, and their texts. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace signet::mail {

// NOTIFY. Who says nothing hears of failures and delays.
struct Notify {
  bool never = false;  // alone
  bool success = false;
  bool failure = false;
  bool delay = false;

  [[nodiscard]] bool said() const { return never || success || failure || delay; }
  [[nodiscard]] bool of_failure() const { return failure || !said(); }
  [[nodiscard]] bool of_delay() const { return delay || !said(); }
  // For the members of a list that has been reported as expanded: they report no success. What was
  // only of success is of nothing then. RFC 3461 §5.2.7.3
  [[nodiscard]] Notify without_success() const;
  bool operator==(const Notify&) const = default;
};
// "NEVER", or some of SUCCESS, FAILURE and DELAY with commas. An error is the word that is wrong.
[[nodiscard]] std::expected<Notify, std::string_view> parse_notify(std::string_view text);
[[nodiscard]] std::string to_text(Notify notify);  // empty: nothing was said

// RET: how much of the message a report of a failure returns.
enum class ReturnPart : std::uint8_t { unspecified, full, headers };
[[nodiscard]] std::optional<ReturnPart> parse_return_part(std::string_view text);
[[nodiscard]] std::string_view to_text(ReturnPart part);  // "FULL", "HDRS"; empty: unspecified

// BY: how long delivery may take, and what happens then.
struct DeliverBy {
  enum class Mode : std::uint8_t { give_up, notify };  // R, N
  std::chrono::seconds within{0};  // since it arrived; below zero: that is over (N only)
  Mode mode = Mode::notify;
  bool trace = false;  // T: each relay is reported
  [[nodiscard]] bool gives_up() const { return mode == Mode::give_up; }
  bool operator==(const DeliverBy&) const = default;
};
inline constexpr std::int64_t kMostDeliverBy = 999999999;  // RFC 2852 §4: nine digits
[[nodiscard]] std::string to_text(const DeliverBy& by);    // "120;RT"

// ENVID and the address of ORCPT come as xtext: what may be said again on the wire. RFC 3461 §4.4
inline constexpr std::size_t kMostEnvelopeId = 100;  // octets, encoded
inline constexpr std::size_t kMostOriginal = 500;    // the same, with the type in front
[[nodiscard]] bool is_envelope_id(std::string_view text);
[[nodiscard]] bool is_original_recipient(std::string_view text);  // "rfc822;u+2Bv@x"

}  // namespace signet::mail
