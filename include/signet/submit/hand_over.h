// Hands one message to an MTA: the sendmail command as an SMTP client. Runs a loop of its own until
// the outcome is known, so it blocks, for as long as the session's timeouts allow.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/fd.h"
#include "signet/base/ip.h"
#include "signet/base/result.h"
#include "signet/clientqueue/client_queue.h"
#include "signet/mail/reply.h"
#include "signet/smtp/client_session.h"
#include "signet/tls/context.h"

namespace signet::submit {

using clientqueue::Waiting;

struct Mta {
  std::string name;                      // as configured: "[127.0.0.1]"
  std::vector<SocketAddress> addresses;  // tried one after another
  std::shared_ptr<const smtp::ClientOptions> session;
  std::chrono::seconds connect_timeout{30};
  // Null: no STARTTLS, as toward our own host.
  std::shared_ptr<const tls::Context> tls;
};

// "[127.0.0.1]", "[localhost]", "hub.example.org": asks the system's resolver.
[[nodiscard]] Result<std::vector<SocketAddress>> addresses_of(std::string_view host,
                                                              std::uint16_t port);

enum class Fate { taken, later, refused };

struct RecipientFate {
  std::string address;
  Fate fate = Fate::later;
  smtp::Phase phase = smtp::Phase::connect;
  mail::Reply reply;
};

struct HandedOver {
  std::vector<RecipientFate> recipients;  // as in the message
  std::vector<std::string> transcript;
  std::string relay;       // "[127.0.0.1] [127.0.0.1]" for the log
  bool connected = false;  // false: nobody listens there
  bool reports = false;    // what was taken is reported by the MTA: it offers DSN
};

// `content` is read from its start. `tell`: each line of the dialogue, for -v; may be empty.
[[nodiscard]] HandedOver hand_over(const Mta& mta, const Waiting& message, const Fd& content,
                                   const std::function<void(std::string_view)>& tell = {});

}  // namespace signet::submit
