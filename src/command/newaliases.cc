// newaliases and sendmail -bi: the maps of AliasFile from their texts; praliases: what they hold.
// Other than sendmail's, newaliases leaves the old map where a text cannot be read.
#include <sysexits.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <iterator>

#include "command/arguments.h"
#include "command/faces.h"
#include "command/map_faces.h"
#include "command/paths.h"
#include "signet/base/text.h"
#include "signet/conf/alias_files.h"
#include "signet/daemon/inspect.h"
#include "signet/policy/alias_text.h"

namespace signet::command {
namespace {

struct AliasRun {
  conf::Config config;
  bool checks = false;  // CheckAliases, -n
  std::optional<uid_t> owner{};
  policy::IsLocalDomain is_local;
};

// The number is the exit status; why was said.
std::expected<AliasRun, int> alias_run(const daemon::ConfigurationSource& source) {
  auto loaded = daemon::load_configuration(source);
  if (!loaded) {
    std::cerr << loaded.error().what << '\n';
    return std::unexpected(conf::exit_code(loaded.error()));
  }
  const bool checks = loaded->config.check_aliases;
  const std::string& trusted = loaded->config.trusted_user;
  const auto owner = daemon::user_number(trusted);
  if (!trusted.empty() && !owner) {
    std::cerr << "newaliases: warning: TrustedUser=" << trusted << ": no such user\n";
  }
  auto is_local = daemon::local_domains(loaded->config);
  if (!is_local) {
    std::cerr << is_local.error().what << '\n';
    return std::unexpected(EX_CONFIG);
  }
  return AliasRun{std::move(loaded->config), checks, owner, std::move(*is_local)};
}

// "text:/etc/mail/lists" "sequence:one two" "ldap:"
std::string name_of(const conf::MapSpec& spec) {
  std::string name = spec.type + ":" + spec.file;
  for (const auto& member : spec.members) name += (name.ends_with(':') ? "" : " ") + member;
  return name;
}

class AliasBuild final {
 public:
  AliasBuild(const conf::MapSpec& spec, bool checks, const AliasRun& run)
      : spec_(spec), checks_(checks), run_(run) {}

  int run() {
    errno = 0;
    std::ifstream file(spec_.file);
    const int why = errno;
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file.is_open() || file.bad()) {
      if (spec_.optional && why == ENOENT) return EX_OK;
      std::cerr << "newaliases: cannot open " << spec_.file << ": " << error_text(why) << '\n';
      return EX_NOINPUT;
    }
    const auto parsed = policy::parse_alias_text(text, run_.is_local);
    for (const auto& fault : parsed.faults) complain(fault.line, fault.what);
    if (auto written = write(parsed.entries); !written) {
      std::cerr << "newaliases: " << spec_.file << ".db: " << written.error().what << '\n';
      return EX_CANTCREAT;
    }
    std::cout << spec_.file << ": " << count_ << " aliases, longest " << longest_ << " bytes, "
              << bytes_ << " bytes total\n";
    return status_;
  }

 private:
  void complain(std::size_t line, std::string_view what) {
    std::cerr << spec_.file << ": line " << line << ": " << what << '\n';
    status_ = EX_DATAERR;
  }
  Result<void> write(const std::vector<policy::AliasEntry>& entries) {
    auto builder = db::Builder::create(spec_.file + ".db", {.kind = *map_kind(spec_.type),
                                                            .with_nul = true,
                                                            .allow_duplicates = false,
                                                            .mode = 0640,
                                                            .owner = run_.owner});
    if (!builder) return std::unexpected(std::move(builder).error());
    for (const auto& entry : entries) {
      if (auto put = add(**builder, entry); !put) return put;
    }
    // Its presence says that the map is complete.
    if (auto put = (*builder)->replace("@", "@"); !put) return put;
    return (*builder)->finish();
  }
  Result<void> add(db::Builder& builder, const policy::AliasEntry& entry) {
    const auto members = policy::parse_alias_members(entry.value);
    if (!members && checks_) {
      complain(entry.line, entry.name + ": " + members.error());
      return {};
    }
    if (!members) warn(entry, members.error());
    ++count_;
    bytes_ += entry.name.size() + entry.value.size();
    longest_ = std::max(longest_, entry.value.size());
    const auto added = builder.add(entry.name, entry.value);
    if (!added) return std::unexpected(added.error());
    if (*added == db::Builder::Added::yes) return {};
    std::cerr << spec_.file << ": line " << entry.line << ": " << entry.name
              << "... Warning: duplicate alias name " << entry.name << '\n';
    return builder.replace(entry.name, entry.value);
  }
  void warn(const policy::AliasEntry& entry, std::string_view what) const {
    std::cerr << spec_.file << ": line " << entry.line << ": warning: " << entry.name << ": "
              << what << '\n';
  }

  const conf::MapSpec& spec_;
  const bool checks_;
  const AliasRun& run_;
  std::size_t count_ = 0;
  std::size_t longest_ = 0;
  std::size_t bytes_ = 0;
  int status_ = EX_OK;
};

template <class Find>
int print_names(const std::vector<std::string>& names, const std::string& where, Find find) {
  for (const auto& name : names) {
    const auto value = find(name);
    if (!value) {
      std::cerr << "praliases: " << where << ": " << value.error().what << '\n';
      return EX_IOERR;
    }
    std::cout << name << ":" << (*value ? **value : std::string(" No such key")) << '\n';
  }
  return EX_OK;
}

int print_map(const conf::MapSpec& spec, const std::vector<std::string>& names) {
  const auto map = db::Map::open(spec.file + ".db", *map_kind(spec.type));
  if (!map) {
    if (spec.optional && map.error().system_code == ENOENT) return EX_OK;
    std::cerr << "praliases: " << spec.file << ".db: " << open_failure(map.error()) << '\n';
    return EX_NOINPUT;
  }
  if (!names.empty()) {
    return print_names(names, spec.file + ".db", [&](const std::string& name) {
      return (*map)->find(spec.keep_case ? name : to_lower(name));
    });
  }
  const auto read = (*map)->for_each([](std::string_view key, std::string_view value) {
    std::cout << key << ":" << value << '\n';
    return static_cast<bool>(std::cout);
  });
  return read ? EX_OK : EX_IOERR;
}

// What has no list of its keys is asked for those that are named.
int print_table(const table::Table& table, const std::vector<std::string>& names) {
  const std::string where(table.name());
  if (names.empty()) std::cerr << "praliases: " << where << ": it tells of keys that are named\n";
  return print_names(names, where, [&](const std::string& name) { return table.find(name); });
}

int print_maps(const conf::Config& config, const std::vector<std::string>& names) {
  const auto tables = daemon::open_alias_tables(config);
  if (!tables) {
    std::cerr << "praliases: " << tables.error().what << '\n';
    return EX_NOINPUT;
  }
  int status = EX_OK;
  for (std::size_t i = 0; i < tables->size(); ++i) {
    const auto& spec = config.aliases[i];
    const int one =
        conf::is_built(spec) ? print_map(spec, names) : print_table(*(*tables)[i], names);
    if (status == EX_OK) status = one;
  }
  return status;
}

}  // namespace

int rebuild_aliases(const daemon::ConfigurationSource& source, bool checks) {
  const auto order = alias_run(source);
  if (!order) return order.error();
  int status = EX_OK;
  for (const auto& spec : order->config.aliases) {
    if (!conf::is_built(spec)) {
      std::cout << name_of(spec) << ": there is nothing to build\n";
      continue;
    }
    const int one = AliasBuild(spec, checks || order->checks, *order).run();
    if (status == EX_OK) status = one;
  }
  return std::cout.flush() ? status : EX_IOERR;
}

int newaliases(std::span<const std::string_view> args) {
  daemon::ConfigurationSource source;
  source.cf_dir = default_cf_dir();
  Arguments arguments(args);
  bool checks = false;
  while (const auto option = arguments.next_option()) {
    const char letter = option->front();
    if (*option == "n") {
      checks = true;
      continue;
    }
    const auto value =
        letter == 'C' || letter == 'O' ? arguments.value(*option) : std::optional<std::string>();
    if (!value) {
      std::cerr << "usage: newaliases [-n] [-C file] [-O option=value]\n";
      return EX_USAGE;
    }
    if (letter == 'C') source.file = *value;
    if (letter == 'O') source.overrides.push_back(*value);
  }
  return rebuild_aliases(source, checks);
}

int praliases(std::span<const std::string_view> args) {
  daemon::ConfigurationSource source;
  source.cf_dir = default_cf_dir();
  std::optional<std::string> file;
  std::vector<std::string> names;
  for (std::size_t at = 1; at < args.size(); ++at) {
    const bool value_next = (args[at] == "-C" || args[at] == "-f") && at + 1 < args.size();
    if (value_next) {
      const std::string value(args[at + 1]);
      if (args[at] == "-C") source.file = value;
      if (args[at] == "-f") file = value;
      ++at;
    } else if (args[at].starts_with('-')) {
      std::cerr << "usage: praliases [-C cffile] [-f aliasfile] [key ...]\n";
      return EX_USAGE;
    } else {
      names.emplace_back(args[at]);
    }
  }
  int status = EX_OK;
  if (file) {
    if (file->ends_with(".db")) file->resize(file->size() - 3);
    conf::MapSpec spec;
    spec.type = "hash";
    spec.file = *file;
    status = print_map(spec, names);
  } else {
    const auto order = alias_run(source);
    if (!order) return order.error();
    status = print_maps(order->config, names);
  }
  return std::cout.flush() ? status : EX_IOERR;
}

}  // namespace signet::command
