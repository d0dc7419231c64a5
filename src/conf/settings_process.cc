// Settings about the running program: users, files, log, loops, resolver.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "conf/store.h"
#include "signet/base/text.h"

namespace signet::conf {
namespace {

using enum Effect;

// A code point of RFC 4594, shifted to its place in the octet.
std::optional<int> class_of(std::string_view name) {
  const std::string word = to_lower(name);
  if (word == "ef") return 46 << 2;
  const auto digit = [&word](std::size_t at, char most) -> std::optional<int> {
    if (at >= word.size() || word[at] < '0' || word[at] > most) return std::nullopt;
    return word[at] - '0';
  };
  if (word.starts_with("cs") && word.size() == 3) {
    const auto precedence = digit(2, '7');
    return precedence ? std::optional(*precedence << 5) : std::nullopt;
  }
  if (word.starts_with("af") && word.size() == 4) {
    const auto queue = digit(2, '4');
    const auto drop = digit(3, '3');
    if (!queue || !drop || *queue == 0 || *drop == 0) return std::nullopt;
    return (*queue << 5) | (*drop << 3);
  }
  const auto number = parse_number(word);
  return number && *number <= 255 ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

Problem quality_of_service(Target& target, const Value& value) {
  if (value.text.empty()) return std::nullopt;
  const auto found = class_of(value.text);
  if (!found)
    return fmt::format("{}: CS0 to CS7, AF11 to AF43, EF, or 0 to 255", printable(value.text));
  target.config.traffic_class = *found;
  return std::nullopt;
}

constexpr std::array kUnderstoodBlame = std::to_array<std::string_view>(
    {"GroupReadableKeyFile", "TrustStickyBit", "GroupWritableDirPathSafe",
     "DontWarnForwardFileInUnsafeDirPath", "ForwardFileInGroupWritableDirPath",
     "ForwardFileInUnsafeDirPath", "GroupWritableForwardFile", "WorldWritableForwardfile",
     "IncludeFileInGroupWritableDirPath", "IncludeFileInUnsafeDirPath", "GroupWritableIncludeFile",
     "WorldWritableIncludefile", "ForwardFileInUnsafeDirPathSafe", "GroupWritableForwardFileSafe",
     "IncludeFileInUnsafeDirPathSafe", "GroupWritableIncludeFileSafe"});
constexpr std::array kBlame = std::to_array<std::string_view>({
    "Safe",
    "AssumeSafeChown",
    "ClassFileInUnsafeDirPath",
    "DontWarnForwardFileInUnsafeDirPath",
    "ErrorHeaderInUnsafeDirPath",
    "FileDeliveryToHardLink",
    "FileDeliveryToSymLink",
    "ForwardFileInGroupWritableDirPath",
    "ForwardFileInUnsafeDirPath",
    "ForwardFileInUnsafeDirPathSafe",
    "GroupReadableAuthinfoFile",
    "GroupReadableDefaultAuthInfoFile",
    "GroupReadableKeyFile",
    "GroupReadableSASLDBFile",
    "GroupWritableAliasFile",
    "GroupWritableDirPathSafe",
    "GroupWritableForwardFile",
    "GroupWritableForwardFileSafe",
    "GroupWritableIncludeFile",
    "GroupWritableIncludeFileSafe",
    "GroupWritableSASLDBFile",
    "HelpFileInUnsafeDirPath",
    "IncludeFileInGroupWritableDirPath",
    "IncludeFileInUnsafeDirPath",
    "IncludeFileInUnsafeDirPathSafe",
    "InsufficientEntropy",
    "LinkedAliasFileInWritableDir",
    "LinkedClassFileInWritableDir",
    "LinkedForwardFileInWritableDir",
    "LinkedIncludeFileInWritableDir",
    "LinkedMapInWritableDir",
    "LinkedServiceSwitchFileInWritableDir",
    "MapInUnsafeDirPath",
    "NonRootSafeAddr",
    "RunProgramInUnsafeDirPath",
    "RunWritableProgram",
    "TrustStickyBit",
    "WorldWritableAliasFile",
    "WorldWritableForwardfile",
    "WorldWritableIncludefile",
    "WriteMapToHardLink",
    "WriteMapToSymLink",
    "WriteStatsToHardLink",
    "WriteStatsToSymLink",
});

Problem dont_blame(Target& target, const Value& value) {
  target.config.dont_blame.clear();
  for (const auto& word : value.list) {
    if (std::ranges::none_of(kBlame, [&](auto known) { return iequals(known, word); }))
      return fmt::format("unknown value {}{}", printable(word), suggestion(word, kBlame));
    if (iequals(word, "Safe")) continue;
    if (std::ranges::none_of(kUnderstoodBlame, [&](auto known) { return iequals(known, word); }))
      target.remarks.push_back(fmt::format("DontBlameSendmail={} has no effect yet", word));
    target.config.dont_blame.push_back(to_lower(word));
  }
  return std::nullopt;
}

Problem log_target(Target& target, const Value& value) {
  constexpr std::string_view kFile = "file:";
  auto& to = target.config.log_target;
  if (value.text == "syslog") {
    to = {LogTarget::Kind::syslog, {}};
  } else if (value.text == "stderr") {
    to = {LogTarget::Kind::standard_error, {}};
  } else if (value.text.starts_with(kFile) && value.text.size() > kFile.size()) {
    to = {LogTarget::Kind::file, value.text.substr(kFile.size())};
  } else {
    return "must be syslog, stderr or file:PATH";
  }
  return std::nullopt;
}

// ADDR or ADDR@PORT, as libunbound and dig write it.
Problem resolver(Target& target, const Value& value) {
  const auto at = value.text.find('@');
  const auto address = IpAddress::parse(std::string_view(value.text).substr(0, at));
  std::optional<std::uint64_t> port = 53;
  if (at != std::string::npos) port = parse_number(std::string_view(value.text).substr(at + 1));
  if (!address || !port || *port == 0 || *port > 65535)
    return fmt::format("\"{}\" is not ADDR or ADDR@PORT", printable(value.text));
  target.config.resolver = SocketAddress{*address, static_cast<std::uint16_t>(*port)};
  return std::nullopt;
}

// sendmail's list; one server is asked. Where both are given, Resolver holds.
Problem name_server(Target& target, const Value& value) {
  const auto servers = words(value.text);
  if (servers.empty()) return std::nullopt;
  const auto address = IpAddress::parse(servers.front());
  if (!address) return fmt::format("\"{}\" is no address", printable(servers.front()));
  if (servers.size() > 1) {
    target.remarks.push_back(fmt::format("NameServer: {} alone is asked", servers.front()));
  }
  if (!target.config.given.contains("Resolver")) {
    target.config.resolver = SocketAddress{*address, 53};
  }
  return std::nullopt;
}

Problem use_msp(Target& target, const Value& value) {
  if (value.flag && target.config.feature("msp") == nullptr) {
    target.remarks.emplace_back("option UseMSP has no effect without FEATURE(`msp')");
  }
  return std::nullopt;
}

constexpr std::array kProcessSettings = std::to_array<Setting>({
    {"LogLevel", "confLOG_LEVEL", Kind::number, "9", "0..99",
     "How much is logged; 9 is one line an event, 14 and more for hunting a problem.", works,
     into<&Config::log_level>},
    {"LogTarget", "confLOG_TARGET", Kind::text, "syslog", "",
     "Where the maillog goes: syslog, stderr or file:PATH. Signet's own.", works, log_target},
    {"Loops", "confLOOPS", Kind::number, "0", "0..1024",
     "Event loops, one thread each; 0: one a core. Signet's own.", works, into<&Config::loops>},
    {"Resolver", "confRESOLVER", Kind::text, "", "",
     "DNS server, ADDR or ADDR@PORT; by default those of /etc/resolv.conf. Signet's own.", works,
     resolver},
    {"NameServer", "", Kind::text, "", "",
     "DNS server as sendmail names it, an address; Resolver, if given, holds.", works, name_server},
    {"RunAsUser", "confRUN_AS_USER", Kind::text, "", "",
     "User (or user:group) of the engine when started by root.", works, into<&Config::run_as_user>},
    {"PidFile", "confPID_FILE", Kind::text, "/var/run/sendmail.pid", "",
     "File with the process number and the command line of the daemon.", works,
     into<&Config::pid_file>},
    {"DontBlameSendmail", "confDONT_BLAME_SENDMAIL", Kind::list, "Safe", "",
     "Which file modes to overlook; GroupReadableKeyFile: a private key may be 0640.", works,
     dont_blame},
    {"DefaultUser", "confDEF_USER_ID", Kind::text, "", "",
     "User (or user:group) of programs and files that the alias file names, and who reads its "
     ":include: lists.",
     works, into<&Config::default_user>},
    {"TrustedUser", "confTRUSTED_USER", Kind::text, "", "",
     "Owner of the maps that newaliases builds as root; by default that of the map before.", works,
     into<&Config::trusted_user>},
    {"ControlSocketName", "confCONTROL_SOCKET_NAME", Kind::text, "", "",
     "There is no control socket: signals, mailq and sendmail -q do what it is for.", meaningless},
    {"StatusFile", "STATUS_FILE", Kind::text, "", "",
     "There is no mailstats; the log has every message.", meaningless},
    {"HelpFile", "HELP_FILE", Kind::text, "", "",
     "Texts of the HELP command; empty: the syntax of each command.", works,
     into<&Config::help_file>},
    {"TimeZoneSpec", "confTIME_ZONE", Kind::text, "", "",
     "Time zone of dates, as TZ; by default the system's. Read at the start.", works,
     into<&Config::time_zone>},
    {"UseMSP", "confUSE_MSP", Kind::flag, "False", "",
     "Submission only: FEATURE(`msp') brings it along; without that it has no effect.", works,
     use_msp},
    {"DirectSubmissionModifiers", "confDIRECT_SUBMISSION_MODIFIERS", Kind::text, "", "",
     "The sendmail command hands mail over to a port: the modifiers of that one hold.",
     meaningless},
    {"IgnoreDots", "confIGNORE_DOTS", Kind::flag, "False", "",
     "A message for the sendmail command does not end at a lone dot.", works,
     into<&Config::ignore_dots>},
    {"Verbose", "", Kind::flag, "False", "",
     "The sendmail command shows its dialogue with the MTA, as with -v.", works,
     into<&Config::verbose>},
    {"ProcessTitlePrefix", "confPROCESS_TITLE_PREFIX", Kind::text, "", "",
     "Processes keep their names.", meaningless},
    {"DontInitGroups", "confDONT_INIT_GROUPS", Kind::flag, "False", "",
     "No supplementary groups are taken on for a delivery.", meaningless},
    {"UnsafeGroupWrites", "confUNSAFE_GROUP_WRITES", Kind::flag, "True", "",
     "DontBlameSendmail replaces it.", meaningless},
    {"DontLockFilesForRead", "", Kind::flag, "False", "", "Maps need no locks.", meaningless},
    {"DataFileBufferSize", "confDF_BUFFER_SIZE", Kind::number, "4096", "0..1000000000",
     "Content goes to the journal.", meaningless},
    {"XscriptFileBufferSize", "confXF_BUFFER_SIZE", Kind::number, "4096", "0..1000000000",
     "There are no transcript files.", meaningless},
    {"RequiresDirfsync", "confREQUIRES_DIR_FSYNC", Kind::flag, "True", "",
     "Directories are always synchronised.", meaningless},
    {"InetQoS", "", Kind::text, "", "",
     "DSCP of outgoing connections: CS0 to CS7, AF11 to AF43, EF, or the whole octet as a number.",
     works, quality_of_service},
    {"AutoRebuildAliases", "", Kind::flag, "False", "", "Aliases are built by newaliases only.",
     meaningless},
});

}  // namespace

std::span<const Setting> process_settings() { return kProcessSettings; }

}  // namespace signet::conf
