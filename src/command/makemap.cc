// makemap. Other than sendmail's, it writes the new map beside the old one and puts it in
// its place when it is complete, and it needs no sendmail.cf: a file named by -C must only be
// there.
#include "command/makemap.h"

#include <sys/stat.h>
#include <sysexits.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

#include "command/arguments.h"
#include "signet/db/map.h"
#include "signet/policy/dead_entry.h"
#include "signet/table/map_source.h"

namespace signet::command {
namespace {

constexpr std::string_view kUsage =
    "Usage: makemap [-C cffile] [-N] [-c cachesize] [-D commentchar]\n"
    "               [-d] [-e] [-f] [-i type] [-l] [-o] [-r] [-s] [-t delimiter]\n"
    "               [-u] [-v] type mapname\n";

struct MapOrder {
  table::SourceOptions source;    // -f -e -t -D
  std::optional<std::string> cf;  // -C
  bool with_nul = false;          // -N
  bool allow_duplicates = false;  // -d
  bool list_types = false;        // -l
  bool append = false;            // -o
  bool replace = false;           // -r
  bool safe_enough = false;       // -s
  bool dump = false;              // -u
  bool verbose = false;           // -v
  NamedMap map{.program = "makemap", .type = {}, .name = {}};
};

// One letter with its value. False: no such option.
bool take_option(MapOrder& order, char letter, std::string_view value) {
  switch (letter) {
    case 'C':
      order.cf = value;
      return true;
    case 'N':
      order.with_nul = true;
      return true;
    case 'c':
      return true;  // size of the cache: ours is large enough
    case 'D':
      order.source.comment = value.empty() ? '\0' : value.front();
      return true;
    case 'd':
      order.allow_duplicates = true;
      return true;
    case 'e':
      order.source.allow_empty_value = true;
      return true;
    case 'f':
      order.source.keep_case = true;
      return true;
    case 'i':
      return true;  // means something for cdb only
    case 'l':
      order.list_types = true;
      return true;
    case 'o':
      order.append = true;
      return true;
    case 'r':
      order.replace = true;
      return true;
    case 's':
      order.safe_enough = true;
      return true;
    case 't':
      order.source.delimiter = value.substr(0, 1);
      return true;
    case 'u':
      order.dump = true;
      return true;
    case 'v':
      order.verbose = true;
      return true;
    default:
      return false;
  }
}

// An error may be empty: the usage says enough.
std::expected<MapOrder, std::string> read_map_order(std::span<const std::string_view> args) {
  MapOrder order;
  bool no_separator = false;
  const auto operands = read_letters(args, "CcDit", [&](char letter, std::string_view value) {
    no_separator = no_separator || (letter == 't' && value.empty());
    return take_option(order, letter, value);
  });
  if (!operands) return std::unexpected(operands.error());
  if (no_separator) return std::unexpected("Invalid separator");
  if (order.list_types) return order;
  if (operands->size() != 2) return std::unexpected(std::string());
  order.map.type = (*operands)[0];
  order.map.name = (*operands)[1];
  return order;
}

// std::cin takes an error of stdio for the end.
bool read_failed(const std::istream& in) {
  return in.bad() || (&in == &std::cin && std::ferror(stdin) != 0);
}

class Run final {
 public:
  Run(const MapOrder& order, db::Kind kind, const Streams& streams)
      : order_(order),
        kind_(kind),
        streams_(streams),
        path_(map_file(order.map.name)),
        use_(policy::usual_use(order.map.name)) {}

  int dump();
  int build();

 private:
  int cannot_open(std::string_view why) {
    return command::cannot_open(order_.map, why, streams_.err);
  }
  int cannot_write(const Error& error) {
    return command::cannot_write(order_.map, error, streams_.err);
  }
  void complain(std::size_t line, std::string_view what) {
    streams_.err << "makemap: " << order_.map.name << ": line " << line << ": " << what << '\n';
    status_ = EX_DATAERR;
  }
  void warn_of_folder();
  void warn_of_dead(std::size_t line, const table::Pair& pair);
  Result<void> take_over_old(db::Builder& builder);
  Result<void> add(db::Builder& builder, std::size_t line, const table::Pair& pair);

  const MapOrder& order_;
  db::Kind kind_;
  const Streams& streams_;
  std::string path_;
  const policy::MapUse use_;
  bool told_of_cr_ = false;
  int status_ = EX_OK;
};

int Run::dump() {
  const auto map = db::Map::open(path_, kind_);
  if (!map) return cannot_open(open_failure(map.error()));
  const std::string between = order_.source.delimiter.empty() ? "\t" : order_.source.delimiter;
  const auto read = (*map)->for_each([&](std::string_view key, std::string_view value) {
    streams_.out << key << between << value << '\n';
    return static_cast<bool>(streams_.out);
  });
  if (!read) return cannot_write(read.error());
  streams_.out.flush();
  return streams_.out ? EX_OK : EX_IOERR;
}

// Whoever may write into the folder may put another map into it.
void Run::warn_of_folder() {
  auto folder = std::filesystem::path(path_).parent_path().string();
  if (folder.empty()) folder = ".";
  struct stat state {};
  if (order_.safe_enough || stat(folder.c_str(), &state) != 0) return;
  if ((state.st_mode & S_IWOTH) != 0) {
    streams_.err << "WARNING: World writable directory " << folder << '\n';
  }
}

// Ours alone, and no error: the map is made as it was asked for.
void Run::warn_of_dead(std::size_t line, const table::Pair& pair) {
  if (use_ != policy::MapUse::unknown && pair.value.ends_with('\r') &&
      !std::exchange(told_of_cr_, true)) {
    streams_.err << "makemap: " << order_.map.name << ": line " << line
                 << ": warning: CR in front of the end of the line: it is part of the value, here "
                    "and in lines of that kind below; sed 's/\\r$//' takes it out\n";
  }
  const policy::EntryRules rules{.use = use_, .keep_case = order_.source.keep_case};
  if (const auto why = policy::why_dead(pair.key, pair.value, rules)) {
    streams_.err << "makemap: " << order_.map.name << ": line " << line << ": warning: " << pair.key
                 << ": " << *why << '\n';
  }
}

// -o: what the map holds already.
Result<void> Run::take_over_old(db::Builder& builder) {
  const auto old = db::Map::open(path_, kind_);
  if (!old && old.error().system_code == ENOENT) return {};
  if (!old) return std::unexpected(old.error());
  Result<void> added;
  const auto read = (*old)->for_each([&](std::string_view key, std::string_view value) {
    if (auto put = builder.add(key, value); !put) added = std::unexpected(put.error());
    return added.has_value();
  });
  return read ? added : read;
}

Result<void> Run::add(db::Builder& builder, std::size_t line, const table::Pair& pair) {
  if (order_.verbose) {
    streams_.out << "key=`" << pair.key << "', val=`" << pair.value << "'\n";
  }
  if (order_.replace) return builder.replace(pair.key, pair.value);
  const auto added = builder.add(pair.key, pair.value);
  if (!added) return std::unexpected(added.error());
  if (*added == db::Builder::Added::duplicate) {
    complain(line, "key " + pair.key + ": duplicate key");
  }
  return {};
}

int Run::build() {
  std::error_code unreadable;
  if (std::filesystem::is_symlink(std::filesystem::symlink_status(path_, unreadable))) {
    return cannot_open("Symbolic links not allowed");
  }
  warn_of_folder();
  auto builder = db::Builder::create(path_, {.kind = kind_,
                                             .with_nul = order_.with_nul,
                                             .allow_duplicates = order_.allow_duplicates,
                                             .mode = 0640});
  if (!builder) return cannot_open(open_failure(builder.error()));
  if (order_.append) {
    if (auto taken = take_over_old(**builder); !taken)
      return cannot_open(open_failure(taken.error()));
  }
  std::size_t number = 0;
  for (std::string line; std::getline(streams_.in, line);) {
    ++number;
    const auto parsed = table::parse_source_line(line, order_.source);
    if (const auto* bad = std::get_if<table::BadLine>(&parsed)) {
      complain(number, bad->why);
    } else if (const auto* pair = std::get_if<table::Pair>(&parsed)) {
      warn_of_dead(number, *pair);
      if (auto added = add(**builder, number, *pair); !added) return cannot_write(added.error());
    }
  }
  if (read_failed(streams_.in)) return cannot_write({.what = "reading the text failed"});
  if (auto finished = (*builder)->finish(); !finished) return cannot_write(finished.error());
  return status_;
}

}  // namespace

int makemap(std::span<const std::string_view> args, const Streams& streams) {
  const auto read = read_map_order(args);
  if (!read) {
    if (!read.error().empty()) streams.err << "makemap: " << read.error() << '\n';
    streams.err << kUsage;
    return EX_USAGE;
  }
  const auto& order = *read;
  if (order.list_types) {
    streams.out << "hash\nbtree\nimplicit\n";
    return EX_OK;
  }
  const auto kind = kind_of(order.map, order.cf, streams.err);
  if (!kind) return kind.error();
  Run run(order, *kind, streams);
  return order.dump ? run.dump() : run.build();
}

int makemap_face(std::span<const std::string_view> args) {
  return makemap(args, {.in = std::cin, .out = std::cout, .err = std::cerr});
}

}  // namespace signet::command
