// Settings about the queue, retries and bounces, and about the delivering side.
#include <algorithm>
#include <array>

#include "conf/store.h"
#include "conf/value.h"
#include "signet/base/text.h"

namespace signet::conf {
namespace {

using enum Effect;

Problem delivery_mode(Target& target, const Value& value) {
  auto& to = target.config.delivery_mode;
  switch (value.text.front()) {
    case 'b':
      to = DeliveryMode::background;
      break;
    case 'i':
      to = DeliveryMode::interactive;
      // FEATURE(`msp') brings it along, and the sendmail command does hand over before it ends.
      if (target.config.feature("msp") == nullptr) {
        target.remarks.emplace_back("DeliveryMode interactive is taken as background");
      }
      break;
    case 'q':
      to = DeliveryMode::queue_only;
      break;
    default:
      to = DeliveryMode::deferred;
      target.remarks.emplace_back("DeliveryMode deferred is taken as queue");
      break;
  }
  return std::nullopt;
}

// "5d/4h"
Problem queue_timeout(Target& target, const Value& value) {
  if (value.text.empty()) return std::nullopt;
  const auto slash = std::min(value.text.find('/'), value.text.size());
  const auto expire = parse_seconds(trim(value.text.substr(0, slash)), 'd');
  if (!expire) return expire.error();
  target.config.timeouts.queue_return = std::chrono::seconds(*expire);
  if (slash == value.text.size()) return std::nullopt;
  const auto warn = parse_seconds(trim(value.text.substr(slash + 1)), 'h');
  if (!warn) return warn.error();
  target.config.timeouts.queue_warn = std::chrono::seconds(*warn);
  return std::nullopt;
}

Problem connect_only_to(Target& target, const Value& value) {
  target.config.connect_only_to = IpAddress::parse(value.text);
  if (value.text.empty() || target.config.connect_only_to) return std::nullopt;
  return printable(value.text) + " is no IP address";
}

constexpr std::array kQueueSettings = std::to_array<Setting>({
    {"QueueDirectory", "QUEUE_DIR", Kind::text, "/var/spool/mqueue", "",
     "Folder of the queue; the journal is in its folder `journal`.", works,
     into<&Config::queue_directory>},
    {"DeliveryMode", "confDELIVERY_MODE", Kind::choice, "background",
     "background interactive queue deferred",
     "background: deliver as soon as accepted (interactive is the same); queue: wait for a queue "
     "run (deferred is the same).",
     works, delivery_mode},
    {"MinQueueAge", "confMIN_QUEUE_AGE", Kind::duration, "0s", "m",
     "Least time between two attempts for one message.", works, into<&Config::min_queue_age>},
    {"MaxQueueAge", "confMAX_QUEUE_AGE", Kind::duration, "", "m",
     "Waiting times double with each attempt up to this.", works, into<&Config::max_queue_age>},
    {"DoubleBounceAddress", "confDOUBLE_BOUNCE_ADDRESS", Kind::text, "postmaster", "",
     "Who gets notices that cannot be delivered; empty: they are dropped.", works,
     into<&Config::double_bounce_address>},
    {"ConnectionCacheSize", "confMCI_CACHE_SIZE", Kind::number, "", "0..10000",
     "Idle connections kept for more mail; by default one a next hop. Shared among the loops.",
     works, into<&Config::connection_cache_size>},
    {"ConnectionCacheTimeout", "confMCI_CACHE_TIMEOUT", Kind::duration, "5s", "m",
     "How long an idle connection is kept.", works, into<&Config::connection_cache_timeout>},
    {"SuperSafe", "confSAFE_QUEUE", Kind::choice, "True", "True Interactive PostMilter False",
     "Accepted mail is always on disk before the final 250.", meaningless},
    {"QueueSortOrder", "confQUEUE_SORT_ORDER", Kind::choice, "time",
     "priority host filename time modification random none",
     "Messages are tried when they are due.", meaningless},
    {"QueueFileMode", "confQUEUE_FILE_MODE", Kind::text, "0600", "", "Mode of queue files.",
     meaningless},
    {"TempFileMode", "confTEMP_FILE_MODE", Kind::text, "0600", "", "Mode of temporary files.",
     meaningless},
    {"CheckpointInterval", "confCHECKPOINT_INTERVAL", Kind::number, "10", "0..1000000",
     "Each delivery is recorded by itself.", meaningless},
    {"MaxQueueChildren", "confMAX_QUEUE_CHILDREN", Kind::number, "0", "0..1000000",
     "Queue runs have no processes of their own.", meaningless},
    {"MaxRunnersPerQueue", "confMAX_RUNNERS_PER_QUEUE", Kind::number, "1", "0..1000000",
     "Queue runs have no processes of their own.", meaningless},
    {"NiceQueueRun", "confNICE_QUEUE_RUN", Kind::number, "0", "0..20",
     "Queue runs have no processes of their own.", meaningless},
    {"ForkEachJob", "confSEPARATE_PROC", Kind::flag, "False", "",
     "Queue runs have no processes of their own.", meaningless},
    {"QueueFactor", "confQUEUE_FACTOR", Kind::number, "600000", "0..1000000000",
     "Priorities are not computed from the load.", meaningless},
    {"RecipientFactor", "confWORK_RECIPIENT_FACTOR", Kind::number, "30000", "0..1000000000",
     "Priorities are not computed from recipients.", meaningless},
    {"ClassFactor", "confWORK_CLASS_FACTOR", Kind::number, "1800", "0..1000000000",
     "Priorities are not computed from Precedence:.", meaningless},
    {"RetryFactor", "confWORK_TIME_FACTOR", Kind::number, "90000", "0..1000000000",
     "Priorities are not computed from attempts.", meaningless},
    {"MaxQueueRunSize", "confMAX_QUEUE_RUN_SIZE", Kind::number, "0", "0..1000000000",
     "Most messages that a queue run which somebody asks for tries; 0: all.", works,
     into<&Config::max_queue_run_size>},
    {"FastSplit", "confFAST_SPLIT", Kind::number, "1", "0..1000000",
     "Recipients are grouped by next hop only.", meaningless},
    {"SharedMemoryKey", "confSHARED_MEMORY_KEY", Kind::text, "0", "",
     "Numbers about the queue come from the daemon.", meaningless},
    {"SharedMemoryKeyFile", "confSHARED_MEMORY_KEY_FILE", Kind::text, "", "",
     "Numbers about the queue come from the daemon.", meaningless},
    {"QueueTimeout", "", Kind::text, "", "",
     "Timeout.queuereturn and, behind a /, Timeout.queuewarn.", works, queue_timeout},
    {"HostStatusDirectory", "confHOST_STATUS_DIRECTORY", Kind::text, "", "",
     "Hosts' states are kept in memory.", meaningless},
    {"SingleThreadDelivery", "confSINGLE_THREAD_DELIVERY", Kind::flag, "False", "",
     "One connection a host and loop at a time; with Loops=1 one in all.", works,
     into<&Config::single_thread_delivery>},
    {"FallbackMXhost", "confFALLBACK_MX", Kind::text, "", "",
     "Host behind the last MX of every domain.", works, into<&Config::fallback_mx>},
    {"FallbackSmartHost", "confFALLBACK_SMARTHOST", Kind::text, "", "",
     "Host that gets what cannot be delivered directly.", works,
     into<&Config::fallback_smart_host>},
    {"TryNullMXList", "confTRY_NULL_MX_LIST", Kind::flag, "False", "",
     "Use the A record when we are the best MX.", works, into<&Config::try_null_mx_list>},
    {"ConnectOnlyTo", "confCONNECT_ONLY_TO", Kind::text, "", "",
     "The only address to connect to, for tests.", works, connect_only_to},
    {"HoldExpensive", "confCON_EXPENSIVE", Kind::flag, "False", "",
     "Mailers with flag e: fresh mail waits for a queue run.", works,
     into<&Config::hold_expensive>},
    {"SoftBounce", "confSOFT_BOUNCE", Kind::flag, "False", "",
     "Replies to clients that refuse for good refuse for now: 4yz for 5yz.", works,
     into<&Config::soft_bounce>},
    {"DeadLetterDrop", "confDEAD_LETTER_DROP", Kind::text, "", "",
     "mbox file for mail that nobody can be told about; RunAsUser must be able to write it.", works,
     into<&Config::dead_letter_drop>},
    {"PostmasterCopy", "confCOPY_ERRORS_TO", Kind::text, "", "", "Who gets a copy of each bounce.",
     works, into<&Config::postmaster_copy>},
    {"ErrorMode", "confERROR_MODE", Kind::choice, "print", "print quiet mail write e",
     "How the sendmail command reports errors.", works, into<&Config::error_mode>},
    {"ErrorHeader", "confERROR_MESSAGE", Kind::text, "", "",
     "Lines for people at the beginning of bounces, or the path of a file with them; read at the "
     "start and at a reload.",
     works, into<&Config::error_header>},
    {"SendMimeErrors", "confMIME_FORMAT_ERRORS", Kind::flag, "True", "",
     "Bounces are in the format of RFC 3464, whatever is said; without it DSN is not offered.",
     works, into<&Config::mime_errors>},
    {"UseErrorsTo", "confUSE_ERRORS_TO", Kind::flag, "False", "",
     "Bounces go to the envelope sender.", meaningless},
    {"RrtImpliesDsn", "confRRT_IMPLIES_DSN", Kind::flag, "False", "",
     "Return-Receipt-To: asks for a DSN.", works, into<&Config::receipts_by_header>},
    {"DialDelay", "confDIAL_DELAY", Kind::duration, "0s", "s", "Wait for a dial-up line.",
     meaningless},
});

}  // namespace

std::span<const Setting> queue_settings() { return kQueueSettings; }

}  // namespace signet::conf
