// What a session knows of its mail filters: they themselves, and what their macros tell of the
// transaction going on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "receive/filter_macros.h"
#include "receive/filters.h"
#include "receive/message_filter.h"
#include "signet/smtp/server_session.h"

namespace signet::receive {

struct Filtering {
  explicit Filtering(Filters::Parts parts) : filters(std::move(parts)) {}

  Filters filters;
  bool temporary = false;  // all MAIL gets 451
  std::optional<MailerTriple> mail;
  std::optional<MailerTriple> rcpt;
  std::optional<std::size_t> recipients;
  std::optional<std::size_t> bad_recipients;
  std::optional<std::uint64_t> size;
  std::optional<smtp::AskStore> order;  // the message that the filters look at
  std::unique_ptr<MessageFilter> message;
};

}  // namespace signet::receive
