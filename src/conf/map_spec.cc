#include "signet/conf/map_spec.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "conf/ldap_flags.h"
#include "conf/value.h"
#include "signet/base/text.h"
#include "signet/conf/settings.h"

namespace signet::conf {
namespace {

constexpr std::array kTypes = std::to_array<std::string_view>(
    {"hash", "btree", "text", "regex", "sequence", "socket", "dns", "ldap", "null"});
constexpr std::array kRecordTypes = std::to_array<std::string_view>(
    {"A", "AAAA", "AFSDB", "CNAME", "MX", "NS", "PTR", "SRV", "TXT"});
constexpr std::uint64_t kMostTries = 10;
constexpr std::uint64_t kMostValues = 100;
constexpr std::size_t kMostParts = 9;  // of a regular expression
constexpr std::uint64_t kMostSeconds = 3600;
constexpr std::string_view kBlank = " \t\r\n";  // lines may be continued

struct Refusal {
  std::string_view type;
  std::string_view why;
};
constexpr std::string_view kForRules = "only rewriting rules ask such a map";
constexpr std::array kRefused = std::to_array<Refusal>({
    {"dbm", "make the map anew with makemap hash"},
    {"ndbm", "make the map anew with makemap hash"},
    {"cdb", "make the map anew with makemap hash"},
    {"implicit", "name its type: hash"},
    {"ldapx", "it is called ldap now"},
    {"ph", "no such servers are left"},
    {"nis", "write its entries into a hash or text map"},
    {"nisplus", "write its entries into a hash or text map"},
    {"hesiod", "write its entries into a hash or text map"},
    {"netinfo", "write its entries into a hash or text map"},
    {"switch", "name the maps one by one with sequence"},
    {"program", "no program is run for a look-up: ask a server with socket"},
    {"arpa", kForRules},
    {"bestmx", "only rewriting rules ask such a map; dns -R MX gives hosts of a domain"},
    {"host", "names are never made canonical; dns -R CNAME or -R A looks one up"},
    {"dequote", kForRules},
    {"macro", kForRules},
    {"arith", kForRules},
    {"syslog", kForRules},
    {"stab", kForRules},
    {"user", "only rewriting rules ask such a map; text -k0 -z: /etc/passwd has the users"},
    {"userdb", "write its entries into genericstable and aliases"},
});

// Reads "-k 1 -z: FILE": flags one by one, then what is left.
class SpecReader final {
 public:
  SpecReader(std::string_view text, std::vector<std::string>* remarks)
      : text_(trim(text)), remarks_(remarks) {}
  std::expected<MapSpec, std::string> read();

 private:
  std::string_view take_word();
  // What stands behind a flag: joined, or the next word.
  std::string_view value_of(std::string_view flag);
  std::string read_type();
  std::string apply(std::string_view flag);
  std::string apply_regex(std::string_view flag);
  std::string apply_dns(std::string_view flag);
  std::string apply_ldap(std::string_view flag);
  std::string apply_common(std::string_view flag);
  std::string apply_column(std::string_view flag, int& column);
  std::string apply_parts(std::string_view list);
  std::string read_rest();
  void no_effect(std::string_view flag, std::string_view why) {
    if (remarks_ != nullptr) {
      remarks_->push_back(fmt::format("map flag {} has no effect: {}", printable(flag), why));
    }
  }
  [[nodiscard]] bool is(std::string_view type) const { return spec_.type == type; }

  std::string_view text_;
  std::vector<std::string>* remarks_;
  MapSpec spec_;
};

std::string_view SpecReader::take_word() {
  if (is("ldap")) return take_ldap_word(text_);
  const auto end = std::min(text_.find_first_of(kBlank), text_.size());
  const auto word = text_.substr(0, end);
  text_ = trim(text_.substr(end));
  return word;
}

std::string_view SpecReader::value_of(std::string_view flag) {
  return flag.size() > 2 ? flag.substr(2) : take_word();
}

std::string SpecReader::read_type() {
  const auto word = take_word();
  spec_.type = to_lower(word);
  if (std::ranges::find(kTypes, spec_.type) != kTypes.end()) return {};
  const auto known = std::ranges::find(kRefused, spec_.type, &Refusal::type);
  if (known != kRefused.end()) {
    return fmt::format("map type {} is not supported: {}", printable(word), known->why);
  }
  return fmt::format("map type {} is not supported: {} are{}", printable(word),
                     fmt::join(kTypes, " "), suggestion(spec_.type, kTypes));
}

std::string SpecReader::apply_column(std::string_view flag, int& column) {
  const auto number = parse_number(value_of(flag));
  if (!number || *number > 1000) return "a column is a small number";
  column = static_cast<int>(*number);
  if (!is("text")) no_effect(flag, "columns are of text maps");
  return {};
}

std::string SpecReader::apply_parts(std::string_view list) {
  spec_.takes_parts = true;
  if (list.empty()) return {};
  for (const auto item : split(list, ',')) {
    const auto number = parse_number(item);
    if (!number || *number > kMostParts) {
      return fmt::format("-s wants numbers up to {}, as in -s1,2", kMostParts);
    }
    spec_.parts.push_back(static_cast<int>(*number));
  }
  return {};
}

// What a letter means for regular expressions only. "?" : nothing special.
std::string SpecReader::apply_regex(std::string_view flag) {
  switch (flag[1]) {
    case 'n':
      spec_.no_match = true;
      return {};
    case 'b':
      spec_.basic = true;
      return {};
    case 's':
      return apply_parts(flag.substr(2));
    case 'd':
      spec_.joint = flag.substr(2);
      return {};
    default:
      return "?";
  }
}

// The same for DNS.
std::string SpecReader::apply_dns(std::string_view flag) {
  switch (flag[1]) {
    case 'R': {
      spec_.record_type = to_upper(value_of(flag));
      if (std::ranges::find(kRecordTypes, spec_.record_type) != kRecordTypes.end()) return {};
      return fmt::format("-R {}: types of records are {}", printable(spec_.record_type, 40),
                         fmt::join(kRecordTypes, " "));
    }
    case 'B': {
      auto domain = value_of(flag);
      if (domain.starts_with('.')) domain.remove_prefix(1);
      spec_.domain = domain;
      return domain.empty() ? "-B wants a domain" : "";
    }
    case 'r': {
      const auto number = parse_number(value_of(flag));
      if (!number || *number == 0 || *number > kMostTries) {
        return fmt::format("-r wants a number up to {}", kMostTries);
      }
      spec_.tries = static_cast<int>(*number);
      return {};
    }
    case 'Z': {
      const auto number = parse_number(value_of(flag));
      if (!number || *number > kMostValues) {
        return fmt::format("-Z wants a number up to {}", kMostValues);
      }
      spec_.most_values = static_cast<std::size_t>(*number);
      return {};
    }
    default:
      return "?";
  }
}

std::string SpecReader::apply_ldap(std::string_view flag) {
  const auto value = ldap_flag_has_value(flag[1]) ? value_of(flag) : flag.substr(2);
  return apply_ldap_flag(spec_.ldap, flag[1], unquoted(value)).value_or("?");
}

std::string SpecReader::apply_common(std::string_view flag) {
  const std::string_view value = flag.substr(2);
  switch (flag[1]) {
    case 'o':
      spec_.optional = true;
      return {};
    case 'f':
      spec_.keep_case = true;
      return {};
    case 'm':
      spec_.match_only = true;
      return {};
    case 'T':
      spec_.on_temporary = value;
      return {};
    case 't':
      spec_.failure_is_none = true;
      return {};
    case 'a':
      spec_.append = value;
      return {};
    case 'k':
      return apply_column(flag, spec_.key_column);
    case 'v':
      return apply_column(flag, spec_.value_column);
    case 'z':
      spec_.delimiter = value == "\\t" ? "\t" : value == "\\n" ? "\n" : value.substr(0, 1);
      if (!is("text") && !is("dns") && !is("ldap")) no_effect(flag, "columns are of text maps");
      return {};
    case 'd': {
      const auto seconds = parse_seconds(value_of(flag), 's');
      if (!seconds || *seconds == 0 || *seconds > kMostSeconds) {
        return "-d wants a time, as in -d5";
      }
      spec_.timeout = std::chrono::seconds(*seconds);
      if (!is("socket") && !is("dns")) no_effect(flag, "a file has no time-out");
      return {};
    }
    case 'N':
    case 'O':
      return {};  // a NUL behind the key is looked for both ways anyway
    case 'A':
      no_effect(flag, "it is about building a map");
      return {};
    case 'q':
    case 'S':
      no_effect(flag, "keys are not put in quotes");
      return {};
    case 'D':
      no_effect(flag, "maps are asked in every delivery mode");
      return {};
    default:
      return fmt::format("unknown map flag {}", printable(flag));
  }
}

std::string SpecReader::apply(std::string_view flag) {
  if (flag.size() < 2) return "a flag is a letter behind the -";
  if (is("sequence")) return "a sequence has no flags: they stand with its maps";
  if (is("regex")) {
    if (auto problem = apply_regex(flag); problem != "?") return problem;
  }
  if (is("ldap")) {
    if (auto problem = apply_ldap(flag); problem != "?") return problem;
  }
  if (is("dns")) {
    if (auto problem = apply_dns(flag); problem != "?") return problem;
  }
  return apply_common(flag);
}

// "inet:5461@127.0.0.1", "inet6:...", "unix:/run/map", "local:/run/map"
std::string check_socket(std::string_view address) {
  const auto colon = address.find(':');
  const auto family = address.substr(0, std::min(colon, address.size()));
  const auto rest = colon == std::string_view::npos ? "" : address.substr(colon + 1);
  if (family == "unix" || family == "local") {
    return rest.starts_with('/') ? "" : "unix: wants a path that begins with /";
  }
  if (family != "inet" && family != "inet6") {
    return "a socket map wants inet:PORT@HOST, inet6:PORT@HOST or unix:PATH";
  }
  const auto at = rest.find('@');
  const auto port = parse_number(rest.substr(0, at));
  if (at == std::string_view::npos || at + 1 == rest.size() || !port || *port == 0 ||
      *port > 65535) {
    return fmt::format("{}: wants PORT@HOST", family);
  }
  return {};
}

std::string SpecReader::read_rest() {
  if (is("null")) {
    text_ = {};
    return {};
  }
  if (is("ldap")) {
    return text_.empty() ? ""
                         : fmt::format("unexpected {} behind an ldap map", printable(text_, 60));
  }
  if (is("dns")) {
    if (!text_.empty()) return fmt::format("unexpected {} behind a dns map", printable(text_, 60));
    return spec_.record_type.empty() ? "a dns map wants -R and a type of records, as in -R MX" : "";
  }
  if (is("sequence")) {
    for (const auto word : words(text_)) spec_.members.emplace_back(word);
    return spec_.members.empty() ? "a sequence wants names of maps of K lines" : "";
  }
  if (is("regex")) {  // an expression may hold blanks
    spec_.file = text_;
    return spec_.file.empty() ? "the map has no expression" : "";
  }
  spec_.file = take_word();
  if (spec_.file.empty()) return is("socket") ? check_socket({}) : "the map has no file";
  if (!text_.empty()) {
    return fmt::format("unexpected {} behind the file of the map", printable(text_));
  }
  return is("socket") ? check_socket(spec_.file) : "";
}

std::expected<MapSpec, std::string> SpecReader::read() {
  if (text_.empty()) {
    return std::unexpected("no map: a type and a file, such as hash /etc/mail/access");
  }
  if (auto problem = read_type(); !problem.empty()) return std::unexpected(problem);
  while (text_.starts_with('-')) {
    const auto flag = take_word();
    if (auto problem = apply(flag); !problem.empty()) return std::unexpected(problem);
  }
  if (auto problem = read_rest(); !problem.empty()) return std::unexpected(problem);
  return std::move(spec_);
}

}  // namespace

std::expected<MapSpec, std::string> parse_map_spec(std::string_view text,
                                                   std::vector<std::string>* remarks) {
  return SpecReader(text, remarks).read();
}

}  // namespace signet::conf
