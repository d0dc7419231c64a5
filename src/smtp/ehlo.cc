#include "smtp/ehlo.h"

#include <algorithm>

namespace signet::smtp {

mail::Reply ehlo_reply(mail::Reply hello, const Offer& offer) {
  const auto add = [&](std::string_view line) { hello.text.append("\n").append(line); };
  add("ENHANCEDSTATUSCODES");
  if (offer.pipelining) add("PIPELINING");
  if (offer.expand) add("EXPN");
  add("8BITMIME");
  add(offer.max_message_bytes > 0 ? "SIZE " + std::to_string(offer.max_message_bytes) : "SIZE");
  if (offer.dsn) add("DSN");
  if (!offer.mechanisms.empty()) {
    std::string line = "AUTH";
    for (const auto& mechanism : offer.mechanisms) line.append(" ").append(mechanism);
    add(line);
  }
  if (offer.starttls) add("STARTTLS");
  if (const auto& least = offer.least_deliver_by) {
    add(least->count() > 0 ? "DELIVERBY " + std::to_string(least->count()) : "DELIVERBY");
  }
  add("HELP");
  return hello;
}

mail::Reply ehlo_reply_refusing(mail::Reply hello) {
  hello.text += "\nENHANCEDSTATUSCODES";
  return hello;
}

bool is_of_helo_size(std::string_view name) {
  constexpr std::size_t kMaxName = 255;  // RFC 5321 §4.5.3.1.2
  return !name.empty() && name.size() <= kMaxName;
}

bool is_helo_name(std::string_view name) {
  return is_of_helo_size(name) && std::ranges::all_of(name, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  std::string_view("[].-_#:").find(c) != std::string_view::npos;
         });
}

}  // namespace signet::smtp
