// Settings about the queue, retries and bounces, and about the delivering side.
#include <array>

#include "conf/store.h"

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
      target.remarks.emplace_back("DeliveryMode interactive is taken as background");
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
    {"ConnectionCacheSize", "confMCI_CACHE_SIZE", Kind::number, "2", "0..10000",
     "Idle connections kept for more mail; loops keep one a next hop.", later,
     into<&Config::connection_cache_size>},
    {"ConnectionCacheTimeout", "confMCI_CACHE_TIMEOUT", Kind::duration, "5m", "m",
     "How long an idle connection is kept.", later, into<&Config::connection_cache_timeout>},
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
     "Most messages of one queue run.", later},
    {"FastSplit", "confFAST_SPLIT", Kind::number, "1", "0..1000000",
     "Recipients are grouped by next hop only.", meaningless},
    {"SharedMemoryKey", "confSHARED_MEMORY_KEY", Kind::text, "0", "",
     "Numbers about the queue come from the daemon.", meaningless},
    {"SharedMemoryKeyFile", "confSHARED_MEMORY_KEY_FILE", Kind::text, "", "",
     "Numbers about the queue come from the daemon.", meaningless},
    {"QueueTimeout", "", Kind::text, "", "",
     "Old spelling of Timeout.queuereturn and Timeout.queuewarn: use those.", later},
    {"HostStatusDirectory", "confHOST_STATUS_DIRECTORY", Kind::text, "", "",
     "Hosts' states are kept in memory.", meaningless},
    {"SingleThreadDelivery", "confSINGLE_THREAD_DELIVERY", Kind::flag, "False", "",
     "One connection a host at a time.", later},
    {"FallbackMXhost", "confFALLBACK_MX", Kind::text, "", "",
     "Host behind the last MX of every domain.", later},
    {"FallbackSmartHost", "confFALLBACK_SMARTHOST", Kind::text, "", "",
     "Host that gets what cannot be delivered directly.", later},
    {"TryNullMXList", "confTRY_NULL_MX_LIST", Kind::flag, "False", "",
     "Use the A record when we are the best MX.", later},
    {"ConnectOnlyTo", "confCONNECT_ONLY_TO", Kind::text, "", "",
     "The only address to connect to, for tests.", later},
    {"HoldExpensive", "confCON_EXPENSIVE", Kind::flag, "False", "",
     "Hold mail for expensive mailers until a queue run.", later},
    {"SoftBounce", "confSOFT_BOUNCE", Kind::flag, "False", "",
     "Turn permanent errors into temporary ones.", later},
    {"DeadLetterDrop", "confDEAD_LETTER_DROP", Kind::text, "", "",
     "File for mail that nobody can be told about.", later},
    {"PostmasterCopy", "confCOPY_ERRORS_TO", Kind::text, "", "", "Who gets a copy of each bounce.",
     later},
    {"ErrorMode", "confERROR_MODE", Kind::choice, "print", "print quiet mail write e",
     "How the sendmail command reports errors.", works, into<&Config::error_mode>},
    {"ErrorHeader", "confERROR_MESSAGE", Kind::text, "", "", "Text put in front of bounces.",
     later},
    {"SendMimeErrors", "confMIME_FORMAT_ERRORS", Kind::flag, "True", "",
     "Bounces are in the format of RFC 3464.", meaningless},
    {"UseErrorsTo", "confUSE_ERRORS_TO", Kind::flag, "False", "",
     "Bounces go to the envelope sender.", meaningless},
    {"RrtImpliesDsn", "confRRT_IMPLIES_DSN", Kind::flag, "False", "",
     "Return-Receipt-To: asks for a DSN.", later},
    {"DialDelay", "confDIAL_DELAY", Kind::duration, "0s", "s", "Wait for a dial-up line.",
     meaningless},
});

}  // namespace

std::span<const Setting> queue_settings() { return kQueueSettings; }

}  // namespace signet::conf
