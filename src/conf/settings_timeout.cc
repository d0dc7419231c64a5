// Timeout.*. A bare number counts in the unit named in the limits, as in
// sendmail: minutes mostly, days for queuereturn, hours for queuewarn.
#include <array>

#include "conf/store.h"

namespace signet::conf {
namespace {

using enum Effect;

template <auto Member>
constexpr Store timeout = into<&Config::timeouts, Member>;

constexpr std::array kTimeoutSettings = std::to_array<Setting>({
    {"Timeout.initial", "confTO_INITIAL", Kind::duration, "5m", "m",
     "Client: wait for the greeting.", works, timeout<&Timeouts::initial>},
    {"Timeout.connect", "confTO_CONNECT", Kind::duration, "5m", "m",
     "Client: wait for a connection.", works, timeout<&Timeouts::connect>},
    {"Timeout.iconnect", "confTO_ICONNECT", Kind::duration, "", "m",
     "Client: the same for the first attempt of a message; by default as connect.", works,
     timeout<&Timeouts::iconnect>},
    {"Timeout.aconnect", "confTO_ACONNECT", Kind::duration, "0s", "m",
     "Client: all connection attempts of one delivery together; 0: no limit.", works,
     timeout<&Timeouts::aconnect>},
    {"Timeout.helo", "confTO_HELO", Kind::duration, "5m", "m",
     "Client: wait for the answer to EHLO or HELO.", works, timeout<&Timeouts::helo>},
    {"Timeout.mail", "confTO_MAIL", Kind::duration, "10m", "m",
     "Client: wait for the answer to MAIL.", works, timeout<&Timeouts::mail>},
    {"Timeout.rcpt", "confTO_RCPT", Kind::duration, "1h", "m",
     "Client: wait for the answer to RCPT.", works, timeout<&Timeouts::rcpt>},
    {"Timeout.datainit", "confTO_DATAINIT", Kind::duration, "5m", "m",
     "Client: wait for the 354 to DATA.", works, timeout<&Timeouts::datainit>},
    {"Timeout.datablock", "confTO_DATABLOCK", Kind::duration, "1h", "m",
     "Both: longest silence inside the content.", works, timeout<&Timeouts::datablock>},
    {"Timeout.datafinal", "confTO_DATAFINAL", Kind::duration, "1h", "m",
     "Client: wait for the answer to the final dot.", works, timeout<&Timeouts::datafinal>},
    {"Timeout.rset", "confTO_RSET", Kind::duration, "5m", "m",
     "Client: wait for the answer to RSET.", works, timeout<&Timeouts::rset>},
    {"Timeout.quit", "confTO_QUIT", Kind::duration, "2m", "m",
     "Client: wait for the answer to QUIT.", works, timeout<&Timeouts::quit>},
    {"Timeout.misc", "confTO_MISC", Kind::duration, "2m", "m",
     "Client: wait for the answer to NOOP and VERB; neither is said.", meaningless,
     timeout<&Timeouts::misc>},
    {"Timeout.command", "confTO_COMMAND", Kind::duration, "1h", "m",
     "Server: longest wait for the next command.", works, timeout<&Timeouts::command>},
    {"Timeout.auth", "confTO_AUTH", Kind::duration, "10m", "m",
     "Both: wait for the other side inside AUTH.", works, timeout<&Timeouts::auth>},
    {"Timeout.starttls", "confTO_STARTTLS", Kind::duration, "1h", "m",
     "Both: longest TLS handshake.", works, timeout<&Timeouts::starttls>},
    {"Timeout.lhlo", "confTO_LHLO", Kind::duration, "2m", "m",
     "Client: wait for the answer to LHLO.", works, timeout<&Timeouts::lhlo>},
    {"Timeout.ident", "confTO_IDENT", Kind::duration, "0s", "m",
     "Answer to an ident query; none is made.", meaningless},
    {"Timeout.fileopen", "confTO_FILEOPEN", Kind::duration, "60s", "m",
     "Reading a list of :include: or a .forward file.", works, timeout<&Timeouts::fileopen>},
    {"Timeout.control", "confTO_CONTROL", Kind::duration, "2m", "m",
     "Commands on the control socket; there is none.", meaningless},
    {"Timeout.hoststatus", "confTO_HOSTSTATUS", Kind::duration, "30m", "m",
     "How long a host's state is believed; each attempt asks anew.", meaningless,
     timeout<&Timeouts::host_status>},
    {"Timeout.queuereturn", "confTO_QUEUERETURN", Kind::duration, "5d", "d",
     "An undelivered message goes back to its sender after this time.", works,
     timeout<&Timeouts::queue_return>},
    {"Timeout.queuereturn.normal", "confTO_QUEUERETURN_NORMAL", Kind::duration, "5d", "d",
     "The same for messages of normal priority.", works, timeout<&Timeouts::queue_return>},
    {"Timeout.queuereturn.urgent", "confTO_QUEUERETURN_URGENT", Kind::duration, "", "d",
     "The same for urgent messages: Priority: urgent, Precedence: special-delivery.", works,
     timeout<&Timeouts::queue_return_urgent>},
    {"Timeout.queuereturn.non-urgent", "confTO_QUEUERETURN_NONURGENT", Kind::duration, "", "d",
     "The same for non-urgent messages: Priority: non-urgent, Precedence: bulk, list, junk.", works,
     timeout<&Timeouts::queue_return_non_urgent>},
    {"Timeout.queuereturn.dsn", "confTO_QUEUERETURN_DSN", Kind::duration, "", "d",
     "The same for notices about delivery; by default as queuereturn.", works,
     timeout<&Timeouts::queue_return_dsn>},
    {"Timeout.queuewarn", "confTO_QUEUEWARN", Kind::duration, "4h", "h",
     "The sender is told that a message still waits; 0: never.", works,
     timeout<&Timeouts::queue_warn>},
    {"Timeout.queuewarn.normal", "confTO_QUEUEWARN_NORMAL", Kind::duration, "4h", "h",
     "The same for messages of normal priority.", works, timeout<&Timeouts::queue_warn>},
    {"Timeout.queuewarn.urgent", "confTO_QUEUEWARN_URGENT", Kind::duration, "", "h",
     "The same for urgent messages; by default as queuewarn.", works,
     timeout<&Timeouts::queue_warn_urgent>},
    {"Timeout.queuewarn.non-urgent", "confTO_QUEUEWARN_NONURGENT", Kind::duration, "", "h",
     "The same for non-urgent messages; by default as queuewarn.", works,
     timeout<&Timeouts::queue_warn_non_urgent>},
    {"Timeout.queuewarn.dsn", "confTO_QUEUEWARN_DSN", Kind::duration, "4h", "h",
     "The same for notices about delivery; nobody could be told.", meaningless},
    {"Timeout.resolver.retrans", "confTO_RESOLVER_RETRANS", Kind::duration, "", "s",
     "DNS: with resolver.retry, how long a look-up may take: the product of both, 5s and 4 where "
     "one is not given; 30s without them.",
     works, timeout<&Timeouts::resolver_retrans>},
    {"Timeout.resolver.retrans.first", "confTO_RESOLVER_RETRANS_FIRST", Kind::duration, "5s", "s",
     "First and later attempts ask alike.", meaningless},
    {"Timeout.resolver.retrans.normal", "confTO_RESOLVER_RETRANS_NORMAL", Kind::duration, "5s", "s",
     "First and later attempts ask alike.", meaningless},
    {"Timeout.resolver.retry", "confTO_RESOLVER_RETRY", Kind::number, "", "0..100",
     "DNS: see resolver.retrans; when a query is sent again, the resolver decides itself.", works,
     timeout<&Timeouts::resolver_retry>},
    {"Timeout.resolver.retry.first", "confTO_RESOLVER_RETRY_FIRST", Kind::number, "4", "0..100",
     "First and later attempts ask alike.", meaningless},
    {"Timeout.resolver.retry.normal", "confTO_RESOLVER_RETRY_NORMAL", Kind::number, "4", "0..100",
     "First and later attempts ask alike.", meaningless},
});

}  // namespace

std::span<const Setting> timeout_settings() { return kTimeoutSettings; }

}  // namespace signet::conf
