// Settings about the listening side: ports, limits, what clients may ask.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "conf/store.h"
#include "conf/value.h"
#include "signet/base/text.h"

namespace signet::conf {
namespace {

using enum Effect;

struct PrivacyFlag {
  std::string_view name;
  bool Privacy::*member;
};
constexpr std::array kPrivacy = std::to_array<PrivacyFlag>({
    {"needmailhelo", &Privacy::need_mail_helo},
    {"needexpnhelo", &Privacy::need_expn_helo},
    {"needvrfyhelo", &Privacy::need_vrfy_helo},
    {"noexpn", &Privacy::no_expn},
    {"novrfy", &Privacy::no_vrfy},
    {"noetrn", &Privacy::no_etrn},  // ETRN is never offered
    {"noverb", &Privacy::no_verb},  // nor VERB
    {"noreceipts", &Privacy::no_receipts},
    {"nobodyreturn", &Privacy::no_body_return},
    {"restrictmailq", &Privacy::restrict_mailq},
    {"restrictqrun", &Privacy::restrict_qrun},
    {"restrictexpand", &Privacy::restrict_expand},
    {"authwarnings", &Privacy::auth_warnings},
    {"noactualrecipient", &Privacy::no_actual_recipient},
});

Problem privacy(Target& target, const Value& value) {
  Privacy& privacy = target.config.privacy;
  // The first line takes the place of the default; another adds to it.
  if (!target.config.given.contains("PrivacyOptions")) privacy = {};
  for (const auto& word : value.list) {
    if (iequals(word, "public")) continue;
    if (iequals(word, "goaway")) {
      privacy.need_mail_helo = privacy.need_expn_helo = privacy.need_vrfy_helo = true;
      privacy.no_expn = privacy.no_vrfy = privacy.no_verb = privacy.auth_warnings = true;
      continue;
    }
    const auto* flag = std::ranges::find_if(
        kPrivacy, [&](const PrivacyFlag& known) { return iequals(known.name, word); });
    if (flag == kPrivacy.end()) {
      std::vector<std::string_view> names{"public", "goaway"};
      for (const auto& known : kPrivacy) names.push_back(known.name);
      return fmt::format("unknown flag {}{}", printable(word), suggestion(word, names));
    }
    privacy.*flag->member = true;
  }
  return std::nullopt;
}

Problem helo_name(Target& target, const Value& value) {
  if (value.text.find_first_of(" \t") != std::string::npos) return "must be one word";
  target.config.helo_name = value.text;
  return std::nullopt;
}

// "1h"; "-1" in sendmail's manner for a server that does not offer it.
Problem deliver_by_min(Target& target, const Value& value) {
  auto& least = target.config.least_deliver_by;
  least.reset();
  if (value.text.starts_with('-')) return std::nullopt;
  const auto seconds = parse_seconds(value.text, 's');
  if (!seconds) return seconds.error();
  least = std::chrono::seconds(*seconds);
  return std::nullopt;
}

Problem daemon_port(Target& target, const Value& value) {
  auto port = parse_daemon_port(value.text, target.remarks);
  if (!port) return port.error();
  target.config.daemon_ports.push_back(std::move(*port));
  return std::nullopt;
}

Problem input_filters(Target& target, const Value& value) {
  target.config.input_filters = parse_filter_names(value.text);
  return std::nullopt;
}

Problem filter_log_level(Target& target, const Value& value) {
  target.config.filter_log_level = value.number;
  return std::nullopt;
}

Problem client_port(Target& target, const Value& value) {
  auto port = parse_client_port(value.text, target.remarks);
  if (!port) return port.error();
  target.config.client_ports.push_back(std::move(*port));
  return std::nullopt;
}

constexpr std::array kServerSettings = std::to_array<Setting>({
    {"DaemonPortOptions", "", Kind::port, "Name=MTA", "",
     "A port to listen on, written by DAEMON_OPTIONS: Port, Addr, Family, Name, M, Listen, "
     "children, InputMailFilters.",
     works, daemon_port},
    {"ClientPortOptions", "", Kind::port, "", "",
     "How next hops are called, by CLIENT_OPTIONS, one a family: Family, Addr (ours), M=A no AUTH, "
     "M=S"
     " no STARTTLS.",
     works, client_port},
    {"SmtpGreetingMessage", "confSMTP_LOGIN_MSG", Kind::text, "$j Sendmail $v/$Z; $b", "",
     "Text of the 220 greeting; ESMTP is put behind its first word.", works,
     into<&Config::greeting>},
    {"PrivacyOptions", "confPRIVACY_FLAGS", Kind::list, "authwarnings", "",
     "What clients and users may ask: needmailhelo, novrfy, noexpn, goaway and others.", works,
     privacy},
    {"MaxMessageSize", "confMAX_MESSAGE_SIZE", Kind::number, "0", "0..1000000000000",
     "Largest message in bytes, told in EHLO as SIZE; 0: no limit.", works,
     into<&Config::max_message_bytes>},
    {"MaxRecipientsPerMessage", "confMAX_RCPTS_PER_MESSAGE", Kind::number, "0", "0..1000000",
     "More recipients in one message get 452 4.5.3; 0: only the built-in limit.", works,
     into<&Config::max_recipients>},
    {"MaxHeadersLength", "confMAX_HEADERS_LENGTH", Kind::number, "32768", "0..1000000000",
     "Most bytes of all header fields together; 0: no limit.", works,
     into<&Config::max_headers_bytes>},
    {"MaxHopCount", "confMAX_HOP", Kind::number, "25", "1..1000",
     "A message with more Received: fields is in a loop.", works, into<&Config::max_hops>},
    {"MinFreeBlocks", "confMIN_FREE_BLOCKS", Kind::number, "100", "0..1000000000000",
     "MAIL gets 452 when the queue's disk has fewer free blocks.", works,
     into<&Config::min_free_blocks>},
    {"MaxDaemonChildren", "confMAX_DAEMON_CHILDREN", Kind::number, "0", "0..1000000",
     "Most sessions at once; 0: no limit.", works, into<&Config::max_sessions>},
    {"RejectNUL", "confREJECT_NUL", Kind::flag, "True", "", "Refuse content with NUL bytes.", works,
     into<&Config::reject_nul>},
    {"BadRcptThrottle", "confBAD_RCPT_THROTTLE", Kind::number, "0", "0..1000000",
     "After so many refused recipients of a message each further one is delayed; 0: off.", works,
     into<&Config::bad_rcpt_throttle>},
    {"BadRcptThrottleDelay", "", Kind::number, "1", "0..3600", "Seconds of that delay.", works,
     into<&Config::bad_rcpt_delay>},
    {"BadRcptShutdown", "", Kind::number, "0", "0..1000000",
     "After so many refused recipients of a message the next RCPT ends the session; 0: never.",
     works, into<&Config::bad_rcpt_shutdown>},
    {"BadRcptShutdownGood", "", Kind::number, "100", "0..100",
     "So many good recipients of a hundred prevent it; 0: whatever the others are.", works,
     into<&Config::bad_rcpt_shutdown_good>},
    {"ConnectionRateThrottle", "confCONNECTION_RATE_THROTTLE", Kind::number, "0", "0..1000000",
     "So many connections are begun in a second, others wait for theirs; 0: no limit.", works,
     into<&Config::connection_throttle>},
    {"ConnectionRateWindowSize", "confCONNECTION_RATE_WINDOW_SIZE", Kind::duration, "60s", "s",
     "Window over which FEATURE(ratecontrol) counts a client's connections.", works,
     into<&Config::connection_rate_window>},
    {"RefuseLA", "confREFUSE_LA", Kind::number, "0", "0..1000000",
     "Load average from which connections are refused; 0: never.", works,
     into<&Config::refuse_load>},
    {"QueueLA", "confQUEUE_LA", Kind::number, "0", "0..1000000",
     "Load average from which mail waits for a queue run; 0: never.", works,
     into<&Config::queue_load>},
    {"DelayLA", "confDELAY_LA", Kind::number, "0", "0..1000000",
     "Load average from which each command waits a second; 0: never.", works,
     into<&Config::delay_load>},
    {"RejectLogInterval", "confREJECT_LOG_INTERVAL", Kind::duration, "3h", "h",
     "How often the log says that clients are still refused for load or memory.", works,
     into<&Config::reject_log_interval>},
    {"RefuseLowMem", "", Kind::number, "0", "0..1000000000000",
     "Connections are refused when fewer kilobytes are free; 0: never.", works,
     into<&Config::refuse_low_memory>},
    {"QueueLowMem", "", Kind::number, "0", "0..1000000000000",
     "Mail waits for a queue run when fewer kilobytes are free; 0: never.", works,
     into<&Config::queue_low_memory>},
    {"MemoryResource", "", Kind::text, "MemAvailable", "",
     "Line of /proc/meminfo that those two look at.", works, into<&Config::memory_resource>},
    {"AllowBogusHELO", "confALLOW_BOGUS_HELO", Kind::flag, "False", "",
     "Accept host names in HELO that are no host names.", works, into<&Config::bogus_helo>},
    {"MaxNOOPCommands", "confMAX_NOOP_COMMANDS", Kind::number, "20", "0..1000000",
     "NOOP and VERB from which each further one waits; 0: none does.", works,
     into<&Config::max_noop_commands>},
    {"DeliverByMin", "confDELIVER_BY_MIN", Kind::text, "0s", "",
     "Shortest time that the DELIVERBY extension takes; below zero: it is not offered.", works,
     deliver_by_min},
    {"HeloName", "confHELO_NAME", Kind::text, "", "",
     "Name said in EHLO to next hops; by default $j.", works, helo_name},
    {"InputMailFilters", "confINPUT_MAIL_FILTERS", Kind::text, "", "",
     "Mail filters (milter) in the order in which they are asked, names of X lines.", works,
     input_filters},
    {"Milter.LogLevel", "confMILTER_LOG_LEVEL", Kind::number, "", "0..99",
     "Log level of what mail filters do; by default LogLevel.", works, filter_log_level},
    {"Milter.macros.connect", "confMILTER_MACROS_CONNECT", Kind::text, "", "",
     "Macros that mail filters are told at connection.", works,
     into<&Config::filter_macros, &FilterMacros::connect>},
    {"Milter.macros.helo", "confMILTER_MACROS_HELO", Kind::text, "", "", "At HELO.", works,
     into<&Config::filter_macros, &FilterMacros::helo>},
    {"Milter.macros.envfrom", "confMILTER_MACROS_ENVFROM", Kind::text, "", "", "At MAIL.", works,
     into<&Config::filter_macros, &FilterMacros::mail>},
    {"Milter.macros.envrcpt", "confMILTER_MACROS_ENVRCPT", Kind::text, "", "", "At RCPT.", works,
     into<&Config::filter_macros, &FilterMacros::rcpt>},
    {"Milter.macros.data", "confMILTER_MACROS_DATA", Kind::text, "", "", "At DATA.", works,
     into<&Config::filter_macros, &FilterMacros::data>},
    {"Milter.macros.eoh", "confMILTER_MACROS_EOH", Kind::text, "", "", "After the header.", works,
     into<&Config::filter_macros, &FilterMacros::end_of_header>},
    {"Milter.macros.eom", "confMILTER_MACROS_EOM", Kind::text, "", "", "After the content.", works,
     into<&Config::filter_macros, &FilterMacros::end_of_message>},
});

}  // namespace

std::span<const Setting> server_settings() { return kServerSettings; }

}  // namespace signet::conf
