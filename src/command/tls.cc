// signet tls HOST[:PORT]: speaks with a server as our client would, up to the point where mail
// would be sent, and says what TLS came of it, why, and what the access map makes of it.
#include <netdb.h>
#include <sysexits.h>

#include <cstring>
#include <ctime>
#include <iostream>

#include <fmt/format.h>

#include "command/arguments.h"
#include "command/faces.h"
#include "command/open_site.h"
#include "command/paths.h"
#include "signet/base/text.h"
#include "signet/daemon/daemon.h"
#include "signet/daemon/site.h"
#include "signet/maillog/lines.h"
#include "signet/net/connection.h"
#include "signet/net/tls_facts.h"
#include "signet/policy/features.h"
#include "signet/policy/tls.h"
#include "signet/smtp/client_session.h"

namespace signet::command {
namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr std::uint16_t kSubmissions = 465;  // RFC 8314: TLS from the first byte

struct Target {
  std::string host;
  std::uint16_t port = 25;
  std::vector<SocketAddress> addresses;
};

// "host", "host:port", "[address]:port"
Result<Target> parse_target(const std::string& text) {
  Target target;
  const auto colon = text.rfind(':');
  const bool has_port = colon != std::string::npos && text.find(':') == colon;
  const bool behind_bracket = colon != std::string::npos && colon > 0 && text[colon - 1] == ']';
  target.host = text;
  if (has_port || behind_bracket) {
    const auto port = parse_number(std::string_view(text).substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) return permanent("no port: " + printable(text));
    target.port = static_cast<std::uint16_t>(*port);
    target.host = text.substr(0, colon);
  }
  std::string name = target.host;
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') {
    name = name.substr(1, name.size() - 2);
  }
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(name.c_str(), nullptr, &wanted, &found);
  if (failed != 0) return temporary(printable(name) + ": " + gai_strerror(failed));
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    char numbers[NI_MAXHOST];
    if (getnameinfo(one->ai_addr, one->ai_addrlen, numbers, sizeof numbers, nullptr, 0,
                    NI_NUMERICHOST) != 0) {
      continue;
    }
    if (const auto address = IpAddress::parse(numbers)) {
      target.addresses.push_back({*address, target.port});
    }
  }
  freeaddrinfo(found);
  return target;
}

std::string date(std::int64_t when) {
  const auto seconds = static_cast<std::time_t>(when);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d", &parts)};
}

class Probe final : public net::ConnectionObserver {
 public:
  Probe(const daemon::Site& site, Target target)
      : site_(site), target_(std::move(target)), patience_(loop_, [this] {
          say("no answer within " + std::to_string(kPatience.count()) + " seconds\n");
          loop_.stop();
        }) {}

  // 0: mail would be sent there.
  int run() {
    patience_.arm_in(kPatience);
    connect();
    loop_.run();
    return status_;
  }

 private:
  static void say(std::string_view text) { std::cout << text; }

  void connect() {
    if (next_ == target_.addresses.size()) {
      status_ = EX_TEMPFAIL;
      return loop_.stop();
    }
    address_ = target_.addresses[next_++];
    connection_ = net::Connection::connect(loop_, address_, {}, *this);
  }

  [[nodiscard]] bool implicit() const { return target_.port == kSubmissions; }
  [[nodiscard]] policy::Access access() const {
    return {site_.deliver->access_map.get(), site_.deliver->access};
  }
  [[nodiscard]] policy::TlsPeer peer() const { return {target_.host, address_.ip}; }

  void on_connected() override {
    say(fmt::format("connected to {} [{}] port {}\n", printable(target_.host),
                    address_.ip.to_mail_string(), target_.port));
    wish_ = {};
    settings_ = {};
    auto options = std::make_shared<smtp::ClientOptions>(*site_.deliver->session);
    if (implicit()) options->tls = smtp::TlsUse::implicit;
    session_.emplace(std::move(options), loop_.now().mono);
    if (implicit()) start_tls(true);
    pump();
  }

  void start_tls(bool from_the_start) {
    tls::SessionOptions options;
    if (!target_.host.starts_with('[')) options.server_name = target_.host;
    if (from_the_start) {
      connection_->start_implicit_tls(site_.deliver->tls, options);
    } else {
      options.settings = settings_;
      connection_->start_tls(site_.deliver->tls, options);
      if (connection_->discarded() > 0) session_->on_tls_failed("plaintext behind the 220");
    }
  }

  void on_input() override { pump(); }
  void on_drained() override {}

  void on_handshake(const mail::TlsFacts& facts) override {
    tls_ = facts;
    say(fmt::format("version:  {}\ncipher:   {}, {} bits\nverify:   {} ({})\n", facts.version,
                    facts.cipher, facts.cipher_bits, mail::to_string(facts.verify),
                    printable(facts.verify_message)));
    const auto chain = connection_->peer_chain();
    for (std::size_t i = 0; i < chain.size(); ++i) {
      say(fmt::format("{} {} {}\n            issued by {}, valid {} to {}\n",
                      i == 0 ? "chain:   " : "         ", i, printable(chain[i].subject),
                      printable(chain[i].issuer), date(chain[i].not_before),
                      date(chain[i].not_after)));
    }
    std::string names;
    for (const auto& name : facts.alt_names) names += " " + printable(name);
    say("names:   " + (names.empty() ? " none but CN " + printable(facts.cn_subject) : names) +
        "\n");
    if (!facts.cause.empty()) say("cause:    " + printable(facts.cause) + "\n");
    if (!facts.remedy.empty()) say("remedy:   " + printable(facts.remedy) + "\n");
    session_->on_tls_started(facts);
    pump();
  }

  void on_handshake_failed(const tls::Failure& failure) override {
    const bool clear = wish_.fall_back_to_clear.value_or(site_.deliver->fall_back_to_clear);
    tls_.verify = clear ? mail::Verify::clear : mail::Verify::software;
    say("handshake failed: " + printable(failure.reason) + "\n");
    const auto words = tls::explain_failure(failure.reason, tls::Role::client);
    if (!words.cause.empty()) {
      say("cause:    " + words.cause + "\nremedy:   " + words.remedy + "\n");
    }
    if (clear) say("then:     once more in clear (TLSFallbacktoClear)\n");
    judge();
    session_->on_tls_failed(failure.reason);
    pump();
  }

  void on_end(const Error* error) override {
    if (!session_) {
      say(fmt::format("[{}] port {}: {}\n", address_.ip.to_mail_string(), target_.port,
                      error != nullptr ? error->what : "closed at once"));
      return connect();
    }
    if (!judged_ && status_ == EX_TEMPFAIL) say("the server hung up\n");
    loop_.stop();
  }

  void pump() {
    if (pumping_ || !session_) return;
    pumping_ = true;
    for (bool progress = true; progress;) {
      const std::string_view input = connection_->input();
      const std::size_t used = input.empty() ? 0 : session_->on_bytes(input);
      if (used != 0) connection_->consume(used);
      progress = used != 0;
      while (auto effect = session_->next_effect()) {
        std::visit([this](auto& one) { visit(one); }, *effect);
        progress = true;
      }
    }
    pumping_ = false;
  }

  void visit(smtp::ClientSend& effect) { connection_->write(effect.bytes); }
  void visit(smtp::ClientStartTls&) { start_tls(false); }
  void visit(smtp::AskTls&) {
    const auto verdict = policy::judge_try_tls(access(), site_.deliver->site, peer());
    const auto features = policy::find_client_features(access());
    const bool unwanted = verdict.rejected() || !features.says('s').value_or(true);
    if (!unwanted && site_.deliver->tls) {
      say("STARTTLS: offered\n");
      return session_->on_answer(find_tls_features() ? smtp::TlsChoice::take
                                                     : smtp::TlsChoice::impossible);
    }
    const std::string rule =
        verdict.rejected() ? verdict.rule + " NO" : features.rule + " " + features.text;
    say(site_.deliver->tls ? "STARTTLS: offered, but not used: " + printable(rule) + "\n"
                           : "STARTTLS: offered, but there is no TLS here\n");
    session_->on_answer(smtp::TlsChoice::leave);
  }
  // TLS_Clt_Features: false: what is wanted there cannot be had.
  bool find_tls_features() {
    if (!site_.deliver->tls_features) return true;
    const auto found = policy::find_tls_client_features(access(), peer());
    if (found && found->text.empty()) return true;
    const auto settings =
        found ? net::to_settings(found->settings) : std::unexpected(found.error());
    std::string fault = settings ? found->fault : settings.error().what;
    if (settings && fault.empty()) {
      wish_ = found->settings;
      settings_ = *settings;
      if (const auto failure = tls::try_settings(*site_.deliver->tls, settings_)) {
        fault = failure->reason;
      }
    } else if (settings && !found->fault_detail.empty()) {
      fault += ", " + found->fault_detail;
    }
    say(fmt::format("features: {}{}\n", found ? printable(found->rule + " " + found->text) : "",
                    fault.empty() ? "" : ": " + printable(fault)));
    return fault.empty();
  }
  void visit(smtp::AskServer& effect) {
    if (!tls_.active()) {
      tls_.verify = effect.verify;
      if (effect.verify == mail::Verify::none && !session_->offers("STARTTLS")) {
        say("STARTTLS: not offered\n");
      } else if (effect.refused_for_now) {
        say("STARTTLS: refused: " + printable(effect.refused_for_now->line()) + "\n");
      }
    }
    judge();
    session_->on_answer(smtp::ServerDecision{});
  }
  void visit(smtp::AskClientAuth& effect) {
    std::string names;
    for (const auto& name : effect.offered) names += " " + printable(name);
    say("AUTH:    " + names + "\n");
    session_->on_answer(smtp::NoAuth{});
  }
  void visit(smtp::AskClientAuthStep&) { session_->on_answer(smtp::AuthGiveUp{}); }
  void visit(smtp::ClientAuthDone&) {}
  void visit(smtp::ClientAuthFailed&) {}
  void visit(smtp::AskJob&) {
    session_->on_answer(smtp::NoJob{});
    session_->on_finish();
  }
  void visit(smtp::AskContent&) {}
  void visit(smtp::Report&) {}
  void visit(smtp::Unusable& effect) {
    if (!judged_ && effect.answered) {
      say("the server refuses: " + printable(effect.reply.line()) + "\n");
    }
    connection_->close(Duration(0));
  }
  void visit(smtp::ClientClose&) { connection_->close(Duration(0)); }

  // What TLS_Srv: says about what is there.
  void judge() {
    if (std::exchange(judged_, true)) return;
    const auto verdict =
        policy::judge_tls_server(access(), site_.deliver->site, peer(), tls_, mail::AuthFacts());
    const std::string rule = verdict.rule + (verdict.value.empty() ? "" : " " + verdict.value);
    if (verdict.rejected()) {
      status_ = 1;
      say(fmt::format("policy:   {}: {}: mail {}\n", printable(rule),
                      printable(verdict.reply.line()),
                      verdict.reply.permanent() ? "would come back" : "would wait"));
    } else {
      status_ = EX_OK;
      say(fmt::format("policy:   {}: mail would be sent\n",
                      verdict.rule == "default" ? "no TLS_Srv: entry" : printable(rule)));
    }
  }

  const daemon::Site& site_;
  const Target target_;
  std::size_t next_ = 0;
  SocketAddress address_;
  mail::TlsFacts tls_;
  mail::TlsSettings wish_;  // of the access map for this server
  tls::Settings settings_;  // the same as the session takes it
  int status_ = EX_TEMPFAIL;
  bool judged_ = false;
  bool pumping_ = false;
  loop::Loop loop_;
  loop::Timer patience_;
  std::optional<smtp::ClientSession> session_;
  std::unique_ptr<net::Connection> connection_;
};

}  // namespace

int tls_probe(std::span<const std::string_view> args) {
  daemon::ConfigurationSource source;
  source.cf_dir = default_cf_dir();
  Arguments arguments(args);
  const auto usage = [] {
    std::cerr << "usage: signet tls [-C FILE] HOST[:PORT]\n";
    return EX_USAGE;
  };
  while (const auto option = arguments.next_option()) {
    const auto value = option->front() == 'C' ? arguments.value(*option) : std::nullopt;
    if (!value) return usage();
    source.file = *value;
  }
  if (arguments.operands().size() != 1) return usage();
  const auto site = open_site(source);
  if (!site) return site.error();
  for (const auto& line : (*site)->remarks) {
    if (line.priority <= maillog::Priority::warning &&
        line.text.find("=client") != std::string::npos) {
      std::cout << "problem:  " << line.text << '\n';
    }
  }
  auto target = parse_target(std::string(arguments.operands().front()));
  if (!target) {
    std::cerr << target.error().what << '\n';
    return target.error().kind == ErrorKind::temporary ? EX_NOHOST : EX_USAGE;
  }
  return Probe(**site, std::move(*target)).run();
}

}  // namespace signet::command
