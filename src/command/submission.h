// sendmail as programs and people call it: mail handed in on standard input, and the client queue
// of what could not be handed on at once. docs/submission.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "signet/daemon/daemon.h"
#include "signet/mail/envelope.h"

namespace signet::command {

// Whose configuration is meant: -Ac, -Am, or as it fits.
enum class Part { not_said, client, daemon };

struct Submission {
  daemon::ConfigurationSource source;
  bool named_file = false;  // -C
  Part part = Part::not_said;
  std::vector<std::string> arguments;
  bool from_header = false;           // -t
  bool ignore_dots = false;           // -i, -oi
  std::string error_mode;             // -oem; empty: ErrorMode
  bool queue_only = false;            // -odq
  std::optional<std::string> sender;  // -f, -r
  char sender_option = 'f';
  std::string full_name;                                         // -F
  mail::Notify notify{};                                         // -N
  mail::ReturnPart return_part = mail::ReturnPart::unspecified;  // -R
  std::string envelope_id;                                       // -V
  mail::Body body = mail::Body::unspecified;                     // -B
  std::uint64_t hops = 0;                                        // -h
  bool verbose = false;                                          // -v
  bool as_it_is = false;                                         // -G
  std::string log_tag = "sendmail";                              // -L
};

// Says on standard error why there is no client; the exit status.
[[nodiscard]] int cannot_submit(const Error& error);

[[nodiscard]] int submit_message(const Submission& order);
// -bs: the MTA itself on standard input and output.
[[nodiscard]] int speak_smtp(const Submission& order);
// -Ac -q; with an interval again and again, in the background.
[[nodiscard]] int run_client_queue(const Submission& order,
                                   std::optional<std::chrono::seconds> interval);
// mailq -Ac
[[nodiscard]] int list_client_queue(const Submission& order);
// -bv: what would become of mail for these.
[[nodiscard]] int verify_addresses(const Submission& order);

}  // namespace signet::command
