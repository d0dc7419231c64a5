// What the access map says of this client's features. See session.h.
#include <algorithm>
#include <utility>

#include "receive/session.h"
#include "signet/base/text.h"
#include "signet/maillog/lines.h"
#include "signet/net/tls_facts.h"

namespace signet::receive {
namespace {

// Letters that mean something here. What is off for everybody, ETRN VERB, can be told to be off.
constexpr std::string_view kKnown = "abcdehlpsvx";
constexpr std::string_view kNeverOffered = "be";

bool is_plaintext(const std::string& mechanism) {
  return iequals(mechanism, "PLAIN") || iequals(mechanism, "LOGIN");
}

}  // namespace

void Session::find_features() {
  auto& log = receiver_.surroundings_.log;
  features_ = policy::find_server_features(access(), peer_);
  std::string ignored = features_.others_than(kKnown);
  for (const char letter : kNeverOffered) {
    if (features_.says(letter).value_or(false)) ignored += letter;
  }
  if (ignored.empty()) return;
  log.write(maillog::remark(maillog::Priority::notice,
                            "srv_features: not available here: " + printable(ignored) + " of " +
                                printable(features_.rule)));
}

policy::Verdict Session::judge_load() {
  policy::Verdict none;
  none.rule = "default";
  if (!options_->rate.used && !options_->connections.used) return none;
  auto& around = receiver_.surroundings_;
  auto entered =
      around.clients.enter(peer_.remote.ip, options_->rate_window, around.loop.now().mono);
  place_ = std::move(entered.place);
  const auto judged = [&](const Options::Limit& limit, auto check) {
    if (!limit.used) return none;
    auto verdict = check(access(), peer_, entered.load, limit.terminate);
    const bool later = options_->site.delay_checks != policy::Delay::no && !limit.at_once;
    if (!verdict.rejected() || !later) return verdict;
    if (!late_refusal_) late_refusal_ = std::move(verdict);
    return none;
  };
  auto verdict = judged(options_->rate, policy::check_rate);
  return verdict.rejected() ? verdict : judged(options_->connections, policy::check_connections);
}

std::shared_ptr<const smtp::ServerOptions> Session::session_options() const {
  if (features_.text.empty()) return port_->session;
  auto options = std::make_shared<smtp::ServerOptions>(*port_->session);
  const bool may_tls = port_->tls != nullptr && !options->implicit_tls;
  options->offer_starttls = may_tls && features_.says('s').value_or(options->offer_starttls);
  options->require_auth = features_.says('l').value_or(options->require_auth);
  options->offer_expand = features_.says('x').value_or(options->offer_expand);
  options->offer_pipelining = features_.says('p').value_or(options->offer_pipelining);
  options->offer_dsn = features_.says('d').value_or(options->offer_dsn);
  options->refuse_http = features_.says('h').value_or(options->refuse_http);
  return options;
}

std::vector<std::string> Session::mechanisms() const {
  if (receiver_.surroundings_.sasl == nullptr || !features_.says('a').value_or(port_->auth)) {
    return {};
  }
  if (tls_.active()) {
    return tls_.verify == mail::Verify::ok ? options_->mechanisms_external
                                           : options_->mechanisms_tls;
  }
  const auto protect = features_.says('c');  // instead of AuthOptions p
  if (!protect) return options_->mechanisms_clear;
  auto names = options_->mechanisms_tls;
  if (*protect) std::erase_if(names, is_plaintext);
  return names;
}

bool Session::find_tls_settings() {
  constexpr auto kSide = maillog::Side::server;
  auto& log = receiver_.surroundings_.log;
  const std::string relay = peer_.name + " [" + peer_.address() + "]";
  policy::TlsFeatures found;
  if (options_->tls_features) {
    auto asked = policy::find_tls_server_features(access(), peer_);
    if (!asked) {
      log.write(maillog::tls_features_fault(kSide, "failed", asked.error().what, relay));
      return false;
    }
    found = std::move(*asked);
    log.write(maillog::tls_features(kSide, found.text, relay));
    for (const auto& item : found.parsed) {
      log.write(maillog::tls_features_parsed(kSide, item, relay));
    }
  }
  found.settings.request_certificate = features_.says('v');
  auto settings = net::to_settings(found.settings);
  if (!found.fault.empty() || !settings) {
    log.write(maillog::tls_features_fault(
        kSide, settings ? found.fault : "options",
        settings ? found.fault_detail : "error=" + settings.error().what, relay));
    return false;
  }
  tls_settings_ = std::move(*settings);
  if (tls_settings_ == tls::Settings{}) return true;
  const auto failure = tls::try_settings(*port_->tls, tls_settings_);
  if (!failure) return true;
  log.write(maillog::starttls_error(kSide, failure->reason));
  log.write(maillog::starttls_error_queue(kSide, failure->queue));
  return false;
}

}  // namespace signet::receive
