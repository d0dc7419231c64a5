#include "signet/submit/message.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "signet/base/text.h"
#include "signet/mail/header.h"

namespace signet::submit {
namespace {

// What readers must not see, and what only the last host may write.
constexpr std::array kTakenOut =
    std::to_array<std::string_view>({"bcc", "resent-bcc", "return-path", "full-name"});

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::ranges::any_of(names, [&](auto known) { return iequals(known, name); });
}

const Field* find_field(const std::vector<Field>& fields, std::string_view name) {
  const auto at =
      std::ranges::find_if(fields, [&](const Field& one) { return iequals(one.name, name); });
  return at == fields.end() ? nullptr : &*at;
}

bool is_resent(const std::vector<Field>& fields) {
  return std::ranges::any_of(fields,
                             [](const Field& one) { return istarts_with(one.name, "resent-"); });
}

// A display name as the header may hold it (RFC 5322 §3.2.4).
std::string phrase(std::string_view name) {
  constexpr std::string_view kSpecials = "()<>[]:;@\\,.\"";
  if (name.find_first_of(kSpecials) == std::string_view::npos) return std::string(name);
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string without_controls(std::string_view text) {
  std::string clean;
  for (const char c : text) clean += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? ' ' : c;
  return clean;
}

// Who wrote it, for a From field that is missing.
std::string author(const Circumstances& now) {
  if (now.sender.empty()) return "MAILER-DAEMON@" + now.host;
  const std::string name = phrase(without_controls(trim(now.full_name)));
  const std::string address = without_controls(now.sender);
  return name.empty() ? address : fmt::format("{} <{}>", name, address);
}

std::string rewritten(const Field& field, const Circumstances& now) {
  const auto kind = mail::address_field(field.name);
  if (now.as_it_is || !now.change || kind == mail::AddressField::none) return field.body;
  const auto change = [&](std::string_view address) { return now.change(kind, address); };
  return mail::change_addresses(field.body, change, field.name.size() + 1).value_or(field.body);
}

std::string new_id(const Circumstances& now) {
  mail::Envelope envelope;
  envelope.id = now.id;
  envelope.arrived = now.now;
  return mail::new_message_id(envelope, now.host);
}

}  // namespace

HeaderReader::Took HeaderReader::on_line(std::string_view line) {
  const bool first = std::exchange(first_, false);
  if (line.empty()) return Took::last;
  if (first && !keep_from_line_ && line.starts_with("From ")) return Took::line;
  bytes_ += line.size() + 2;
  if (bytes_ > kMostHeaderBytes) return Took::too_large;
  std::string text(line);
  std::ranges::replace(text, '\r', ' ');
  std::ranges::replace(text, '\0', ' ');
  if (line.front() == ' ' || line.front() == '\t') {
    if (fields_.empty()) return Took::not_ours;
    fields_.back().body += "\r\n" + text;
    return Took::line;
  }
  const auto colon = text.find(':');
  if (colon == std::string::npos) return Took::not_ours;
  const auto name = trim(std::string_view(text).substr(0, colon));
  const bool good =
      !name.empty() && std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; });
  if (!good) return Took::not_ours;
  fields_.push_back({std::string(name), text.substr(colon + 1)});
  return Took::line;
}

std::vector<std::string> recipients_of(const std::vector<Field>& fields) {
  constexpr std::array kPlain = std::to_array<std::string_view>({"to", "cc", "bcc"});
  constexpr std::array kResent =
      std::to_array<std::string_view>({"resent-to", "resent-cc", "resent-bcc"});
  const bool resent =
      std::ranges::any_of(fields, [&](const Field& one) { return is_one_of(one.name, kResent); });
  std::vector<std::string> all;
  for (const auto& field : fields) {
    if (!is_one_of(field.name, resent ? kResent : kPlain)) continue;
    for (auto& address : addresses_in(field.body)) {
      if (!address.empty()) all.push_back(std::move(address));
    }
  }
  return all;
}

std::string message_id(const std::vector<Field>& fields, const Circumstances& circumstances) {
  const Field* given = find_field(fields, "message-id");
  return given != nullptr ? std::string(trim(given->body)) : new_id(circumstances);
}

std::string completed_header(const std::vector<Field>& fields, const Circumstances& now) {
  const std::string date = mail::rfc5322_date(now.now);
  std::string out = fmt::format("Received: (from {}@localhost)\r\n\tby {} ({}) id {}",
                                without_controls(now.user), now.host, now.version, now.id);
  out += now.recipient.empty() ? ";\r\n\t"
                               : fmt::format("\r\n\tfor {}; ", without_controls(now.recipient));
  out += date + "\r\n";
  if (!now.warning.empty()) {
    out += fmt::format("X-Authentication-Warning: {}\r\n", without_controls(now.warning));
  }
  const auto add = [&](std::string_view name, const std::string& body) {
    if (find_field(fields, name) == nullptr) out += fmt::format("{}: {}\r\n", name, body);
  };
  if (!now.as_it_is) {
    if (is_resent(fields)) {
      add("Resent-Date", date);
      add("Resent-From", rewritten({"Resent-From", author(now)}, now));
      add("Resent-Message-Id", new_id(now));
    }
    add("Date", date);
    add("From", rewritten({"From", author(now)}, now));
    add("Message-Id", new_id(now));
  }
  for (const auto& field : fields) {
    if (!is_one_of(field.name, kTakenOut)) out += field.name + ":" + rewritten(field, now) + "\r\n";
  }
  return out;
}

}  // namespace signet::submit
