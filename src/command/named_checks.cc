#include "command/named_checks.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "signet/base/text.h"
#include "signet/mail/envelope.h"
#include "signet/policy/features.h"

namespace signet::command {
namespace {

// "NAME $| ADDRESS"
struct Pair {
  std::string_view first;
  std::string_view second;  // empty: there is none
};

Pair split_pair(std::string_view input) {
  const auto dollar = input.find("$|");
  if (dollar == std::string_view::npos) return {trim(input), {}};
  return {trim(input.substr(0, dollar)), trim(input.substr(dollar + 2))};
}

ClientFacts client_of(const Definitions& definitions) {
  const auto macro = [&](std::string_view name) { return definitions.macro(name); };
  const auto text = macro("client_addr");
  const auto address = text.empty() ? IpAddress::parse("127.0.0.1") : IpAddress::parse(text);
  ClientFacts client;
  client.peer = peer_of(address.value_or(IpAddress()), macro("client_name"));
  client.tls.verify = verify_named(macro("verify")).value_or(mail::Verify::none_yet);
  client.tls.cert_subject = macro("cert_subject");
  client.tls.cert_issuer = macro("cert_issuer");
  client.tls.cn_subject = macro("cn_subject");
  client.tls.cipher_bits = static_cast<int>(
      std::min<std::uint64_t>(parse_number(macro("cipher_bits")).value_or(0), 4096));
  if (client.tls.verify != mail::Verify::none_yet && client.tls.cipher_bits > 0) {
    client.tls.version = "TLS";
  }
  client.auth.mechanism = to_upper(macro("auth_type"));
  client.auth.identity = client.auth.author = macro("auth_authen");
  client.sender = mail::without_brackets(trim(macro("f")));
  return client;
}

std::string returned(const policy::Verdict& verdict) {
  using enum policy::Action;
  if (verdict.rejected()) {
    return fmt::format("$# error $@ {} $: \"{}\"", verdict.reply.enhanced, verdict.reply.line());
  }
  if (verdict.action == relay) return "RELAY";
  if (verdict.action == discard) return "$# discard $: discard";
  if (verdict.action == quarantine) return "$# quarantine $: " + verdict.value;
  return "OK";
}

}  // namespace

struct NamedChecks::Named {
  std::string_view name;
  void (NamedChecks::*ask)(std::string_view name, std::string_view input);
};

NamedChecks::NamedChecks(const daemon::Site& site, Inquiry& inquiry, const Definitions& definitions,
                         Say say)
    : inquiry_(inquiry),
      access_(site.receive->access_map.get(), site.receive->access),
      options_(definitions.options()),
      client_(client_of(definitions)),
      server_name_(definitions.macro("server_name")),
      server_{server_name_,
              IpAddress::parse(definitions.macro("server_addr")).value_or(IpAddress())},
      say_(std::move(say)) {}

const NamedChecks::Named* NamedChecks::find(std::string_view name) {
  static constexpr std::array kTable = std::to_array<Named>({
      {"3", &NamedChecks::canonify},
      {"4", &NamedChecks::canonify},
      {"canonify", &NamedChecks::canonify},
      {"final", &NamedChecks::canonify},
      {"check_relay", &NamedChecks::check_relay},
      {"check_mail", &NamedChecks::check_mail},
      {"check_rcpt", &NamedChecks::check_rcpt},
      {"check_compat", &NamedChecks::check_compat},
      {"tls_client", &NamedChecks::tls_client},
      {"tls_server", &NamedChecks::tls_server},
      {"tls_rcpt", &NamedChecks::tls_rcpt},
      {"try_tls", &NamedChecks::try_tls},
      {"srv_features", &NamedChecks::srv_features},
  });
  const auto* found =
      std::ranges::find_if(kTable, [&](const Named& row) { return iequals(row.name, name); });
  return found == kTable.end() ? nullptr : found;
}

void NamedChecks::ask(std::string_view name, std::string_view input) {
  if (const auto* named = find(name)) return (this->*named->ask)(name, input);
  if (istarts_with(name, "check_") && options_.patterns && options_.patterns->about_headers()) {
    return check_header(name, input);
  }
  say_("Undefined ruleset " + std::string(name) +
       ": rules are not run here; ? lists the decisions that can be asked");
}

void NamedChecks::canonify(std::string_view name, std::string_view input) {
  say_result(name, input, input);
}

void NamedChecks::check_relay(std::string_view name, std::string_view input) {
  const auto [host, text] = split_pair(input);
  if (input.find("$|") == std::string_view::npos) return say_("Usage: check_relay NAME $| ADDRESS");
  const auto address = IpAddress::parse(text);
  if (!address) return say_("no IP address behind $|");
  auto client = client_;
  client.peer.remote.ip = *address;
  client.peer.name = host;
  say_verdict(name, input, checks_of(std::move(client)).connect());
}

void NamedChecks::check_mail(std::string_view name, std::string_view input) {
  const std::string address(mail::without_brackets(trim(input)));
  say_verdict(name, input, checks_of(client_).sender(address));
}

void NamedChecks::check_rcpt(std::string_view name, std::string_view input) {
  const std::string address(mail::without_brackets(trim(input)));
  say_verdict(name, input, checks_of(client_).recipient(address));
}

void NamedChecks::check_compat(std::string_view name, std::string_view input) {
  const auto address = mail::without_brackets(trim(input));
  say_verdict(name, input, policy::check_compat(access_, options_, client_.sender, address));
}

void NamedChecks::tls_client(std::string_view name, std::string_view input) {
  const auto [verify, command] = split_pair(input);
  auto client = client_;
  client.tls.verify = verify_named(verify).value_or(mail::Verify::none_yet);
  const bool at_mail = iequals(command, "MAIL");
  const auto checks = checks_of(std::move(client));
  say_verdict(name, input, policy::judge_tls_client(access_, options_, checks.view(), at_mail));
}

void NamedChecks::tls_server(std::string_view name, std::string_view input) {
  auto tls = client_.tls;
  tls.verify = verify_named(split_pair(input).first).value_or(mail::Verify::none_yet);
  say_verdict(name, input, policy::judge_tls_server(access_, options_, server_, tls, client_.auth));
}

void NamedChecks::tls_rcpt(std::string_view name, std::string_view input) {
  const auto address = mail::without_brackets(trim(input));
  say_verdict(name, input,
              policy::judge_tls_recipient(access_, options_, address, server_, client_.tls));
}

void NamedChecks::try_tls(std::string_view name, std::string_view input) {
  say_verdict(name, input,
              policy::judge_try_tls(access_, options_, {trim(input), server_.address}));
}

void NamedChecks::srv_features(std::string_view name, std::string_view input) {
  auto peer = client_.peer;
  peer.name = trim(input);
  const auto features = policy::find_server_features(access_, peer);
  say_result(name, input, features.text.empty() ? "OK" : "$# " + features.text);
}

void NamedChecks::check_header(std::string_view name, std::string_view input) {
  std::string field(name.substr(std::string_view("check_").size()));
  std::ranges::replace(field, '_', '-');
  policy::HeaderJudge judge(*options_.patterns, policy::access_denied(options_));
  judge.on_field(field, input);
  const auto found = judge.finish(true);
  policy::Verdict passed;
  passed.rule = "default";
  say_verdict(name, input, found ? found->verdict : passed);
}

Checks NamedChecks::checks_of(ClientFacts client) {
  return {inquiry_, access_, options_, std::move(client), say_};
}

void NamedChecks::say_result(std::string_view name, std::string_view input,
                             std::string_view returns) {
  say_(fmt::format("{:<18} input: {}", name, input));
  say_(fmt::format("{:<16} returns: {}", name, returns));
}

void NamedChecks::say_verdict(std::string_view name, std::string_view input,
                              const policy::Verdict& verdict) {
  say_result(name, input, returned(verdict));
  say_("rule " + verdict.rule + (verdict.value.empty() ? "" : " " + verdict.value));
}

}  // namespace signet::command
