// A message as a program hands it to the sendmail command: its header section is taken apart, made
// complete and put together again. The body is not looked at. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "signet/base/clock.h"
#include "signet/mail/address_list.h"

namespace signet::submit {

// The addresses in a field's body or a command's argument, in order, without names and comments:
// "joe, Ann <ann@example.org>, list: a, b;" are four. `<>` is an empty one.
[[nodiscard]] std::vector<std::string> addresses_in(std::string_view text);
// "joe" becomes "joe@host"; what has a domain stays.
[[nodiscard]] std::string qualified(std::string_view address, std::string_view host);

inline constexpr std::size_t kMostHeaderBytes = 1024 * 1024;  // of all fields together

struct Field {
  std::string name;
  std::string body;  // behind the colon; folded lines are joined by CRLF
};

// Takes the lines of a message, without line ends, until the header section is over.
class HeaderReader final {
 public:
  explicit HeaderReader(bool keep_from_line) : keep_from_line_(keep_from_line) {}

  // last: the empty line; not_ours: it is of the body; too_large: nothing is to become of it.
  enum class Took { line, last, not_ours, too_large };
  [[nodiscard]] Took on_line(std::string_view line);
  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
  std::size_t bytes_ = 0;
  bool first_ = true;
  bool keep_from_line_;
};

// To, Cc and Bcc, or their Resent- forms where there is one: who is meant by -t.
[[nodiscard]] std::vector<std::string> recipients_of(const std::vector<Field>& fields);

struct Circumstances {
  std::string host;     // $j
  std::string version;  // "$v/$Z"
  std::string id;
  std::string user;       // login name of whoever calls
  std::string full_name;  // of the sender; empty: unknown
  std::string sender;     // envelope sender; "" is <>
  std::string warning;    // X-Authentication-Warning; empty: none
  std::string recipient;  // for the Received field, when it is the only one
  WallTime now{};
  mail::FieldChange change;  // what becomes of the addresses of the header; empty: they stay
  bool as_it_is = false;     // -G: a gateway's message gets a Received field and nothing else
};
// The header section with CRLF lines, without the empty line: Received in front, then what was
// missing; addresses become what `change` says; Bcc and Return-Path are taken out.
[[nodiscard]] std::string completed_header(const std::vector<Field>& fields,
                                           const Circumstances& circumstances);
// The Message-Id that the completed header has.
[[nodiscard]] std::string message_id(const std::vector<Field>& fields,
                                     const Circumstances& circumstances);

}  // namespace signet::submit
