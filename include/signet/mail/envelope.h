// The envelope of an accepted message (RFC 5321 §2.3.1) as the queue keeps it. Values only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/clock.h"
#include "signet/mail/notify.h"

namespace signet::mail {

enum class Body { unspecified, seven_bit, eight_bit_mime };

struct Recipient {
  // What gets the mail. Nothing that a client says makes another than `address`: the others are
  // named by aliases, lists and .forward files only.
  enum class Kind : std::uint8_t {
    address,
    mailbox,  // of the user in `address`: neither aliases nor his .forward file count any more
    program,  // "|command"
    file,     // "/path"
    list,     // ":include:/path", to be read when the mail is delivered
    alias,    // whose members stand beside it: nothing goes there, its sender hears of it
  };
  std::string address{};  // as given, without angle brackets: "u@example.org"
  Kind kind = Kind::address;
  std::string user{};    // with whose rights: program, file, list; empty: DefaultUser
  std::string origin{};  // the address that a client gave, where it led here
  std::string owner{};   // of the list it stands on: to be the sender of its copy; empty: nobody
  std::string source{};  // key of the alias that names what is no address; empty: a file of `trail`
  std::vector<std::string> trail{};  // users with .forward files, and lists, that led there
  std::string list_source{};  // key of the alias that names the last list of `trail` that one names
  Notify notify{};            // NOTIFY
  std::string original{};     // ORCPT, "rfc822;" and xtext; empty: not said

  [[nodiscard]] bool is_address() const { return kind == Kind::address || kind == Kind::mailbox; }
  // What may be shown to others: programs and files are nobody's business.
  [[nodiscard]] const std::string& shown() const {
    return is_address() || origin.empty() ? address : origin;
  }
  bool operator==(const Recipient&) const = default;
};

struct Envelope {
  std::string id;      // queue id
  std::string sender;  // reverse-path without angle brackets; "" is <>
  std::vector<Recipient> recipients;
  WallTime arrived{};
  std::uint64_t size = 0;  // octets received, headers and body, without our Received:
  Body body = Body::unspecified;
  std::string protocol;       // "SMTP" "ESMTP" "ESMTPS" "ESMTPA" "ESMTPSA"; "" for our own DSNs
  std::string message_id;     // "<...>", as in the header or made by us
  std::string peer;           // PeerFacts::relay() of the client: "host [ip]"; "localhost" for DSNs
  std::string auth_sender;    // AUTH= parameter to pass on (RFC 4954 §5); empty: none
  std::string quarantine;     // why it is held: QUARANTINE of the access map; empty: it is not
  std::string envelope_id{};  // ENVID, xtext; empty: not said
  ReturnPart return_part = ReturnPart::unspecified;  // RET
  std::optional<DeliverBy> deliver_by{};             // BY
  bool double_bounce = false;  // our report about a report: what fails of it is reported to nobody
  bool operator==(const Envelope&) const = default;
};

// "<a@b>" for an address, "<>" for the null sender.
[[nodiscard]] std::string in_brackets(std::string_view address);
// The address in brackets that match, or the text as it is.
[[nodiscard]] std::string_view without_brackets(std::string_view path);

}  // namespace signet::mail
