// editmap. Other than sendmail's, it writes the whole map beside the old one and puts it in its
// place: whoever reads meanwhile finds the old or the new one. Two at once take turns.
#include "command/editmap.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sysexits.h>

#include <cerrno>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

#include "command/arguments.h"
#include "command/faces.h"
#include "signet/base/fd.h"
#include "signet/base/text.h"
#include "signet/db/map.h"

namespace signet::command {
namespace {

constexpr std::string_view kEditUsage =
    "Usage: editmap [-C cffile] [-N] [-f] [-q|-u|-x] maptype mapname key [ \"value ...\" ]\n";

enum class EditAction { none, query, update, remove };

struct EditOrder {
  EditAction action = EditAction::none;
  bool twice = false;             // more than one of -q -u -x
  bool with_nul = false;          // -N
  bool keep_case = false;         // -f
  std::optional<std::string> cf;  // -C
  NamedMap map{.program = "editmap", .type = {}, .name = {}};
  std::string key;
  std::string value;
};

void choose(EditOrder& order, EditAction action) {
  order.twice = order.twice || order.action != EditAction::none;
  order.action = action;
}

// False: no such option.
bool take_flag(EditOrder& order, char letter, std::string_view value) {
  switch (letter) {
    case 'C':
      order.cf = value;
      return true;
    case 'N':
      order.with_nul = true;
      return true;
    case 'f':
      order.keep_case = true;
      return true;
    case 'q':
      choose(order, EditAction::query);
      return true;
    case 'u':
      choose(order, EditAction::update);
      return true;
    case 'x':
      choose(order, EditAction::remove);
      return true;
    default:
      return false;
  }
}

// An error may be empty: the usage says enough.
std::expected<EditOrder, std::string> read_edit_order(std::span<const std::string_view> args) {
  EditOrder order;
  const auto operands = read_letters(args, "C", [&](char letter, std::string_view value) {
    return take_flag(order, letter, value);
  });
  if (!operands) return std::unexpected(operands.error());
  const std::size_t wanted = order.action == EditAction::update ? 4 : 3;
  if (order.action == EditAction::none || order.twice || operands->size() != wanted) {
    return std::unexpected(std::string());
  }
  order.map.type = (*operands)[0];
  order.map.name = (*operands)[1];
  order.key = order.keep_case ? std::string((*operands)[2]) : to_lower((*operands)[2]);
  if (wanted == 4) order.value = (*operands)[3];
  return order;
}

// One editor at a time in a folder: the second must see what the first has changed.
Result<Fd> take_turn(const std::string& path) {
  auto folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  Fd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return system_error("opening " + folder, errno);
  if (flock(fd.get(), LOCK_EX) != 0) return system_error("locking " + folder, errno);
  return fd;
}

class Editor final {
 public:
  Editor(const EditOrder& order, db::Kind kind, const Streams& streams)
      : order_(order),
        kind_(kind),
        streams_(streams),
        path_(map_file(order.map.name)),
        key_(order.with_nul ? order.key + '\0' : order.key),
        value_(order.with_nul ? order.value + '\0' : order.value) {}

  int run() {
    if (order_.action == EditAction::query) return query();
    // rename(2) would put a file in the place of the link.
    std::error_code unreadable;
    if (std::filesystem::is_symlink(std::filesystem::symlink_status(path_, unreadable))) {
      return cannot_open("Symbolic links not allowed");
    }
    const auto turn = take_turn(path_);
    if (!turn) return cannot_open(open_failure(turn.error()));
    auto old = db::Map::open(path_, kind_);
    const bool fresh = !old && old.error().system_code == ENOENT;
    if (!old && !fresh) return cannot_open(open_failure(old.error()));
    if (order_.action == EditAction::remove) {
      const auto found = fresh ? std::nullopt : (*old)->find_stored(key_);
      if (!found) return cannot_write(found.error());
      if (!*found) {
        streams_.err << "editmap: key " << order_.key << " doesn't exist in map " << order_.map.name
                     << '\n';
        return EX_OK;  // sendmail's answer: it is not there, as was asked for
      }
    }
    return rewrite(fresh ? nullptr : old->get());
  }

 private:
  int cannot_open(std::string_view why) {
    return command::cannot_open(order_.map, why, streams_.err);
  }
  int cannot_write(const Error& error) {
    return command::cannot_write(order_.map, error, streams_.err);
  }

  int query() {
    const auto map = db::Map::open(path_, kind_);
    if (!map) return cannot_open(open_failure(map.error()));
    const auto found = (*map)->find_stored(key_);
    if (!found) return cannot_write(found.error());
    if (!*found) {
      streams_.err << "editmap: couldn't find key " << order_.key << " in map " << order_.map.name
                   << '\n';
      return EX_UNAVAILABLE;
    }
    std::string_view value = **found;
    if (value.ends_with('\0')) value.remove_suffix(1);
    streams_.out << value << '\n';
    return streams_.out.flush() ? EX_OK : EX_IOERR;
  }

  // All pairs of the old map but those of a key that is taken out, and what is new.
  int rewrite(const db::Map* old) {
    const bool duplicates = old != nullptr && old->allows_duplicates();
    auto builder = db::Builder::create(
        path_, {.kind = kind_, .with_nul = false, .allow_duplicates = duplicates, .mode = 0640});
    if (!builder) return cannot_open(open_failure(builder.error()));
    Result<void> added;
    if (old != nullptr) {
      const auto read = old->for_each_stored([&](std::string_view key, std::string_view value) {
        if (order_.action == EditAction::remove && key == key_) return true;
        if (auto put = (*builder)->add(key, value); !put) added = std::unexpected(put.error());
        return added.has_value();
      });
      if (!read) return cannot_write(read.error());
    }
    if (added && order_.action == EditAction::update) added = (*builder)->replace(key_, value_);
    if (added) added = (*builder)->finish();
    return added ? EX_OK : cannot_write(added.error());
  }

  const EditOrder& order_;
  const db::Kind kind_;
  const Streams& streams_;
  const std::string path_;
  const std::string key_;  // as stored
  const std::string value_;
};

}  // namespace

int editmap(std::span<const std::string_view> args, const Streams& streams) {
  const auto order = read_edit_order(args);
  if (!order) {
    if (!order.error().empty()) streams.err << "editmap: " << order.error() << '\n';
    streams.err << kEditUsage;
    return EX_USAGE;
  }
  const auto kind = kind_of(order->map, order->cf, streams.err);
  if (!kind) return kind.error();
  return Editor(*order, *kind, streams).run();
}

int editmap_face(std::span<const std::string_view> args) {
  return editmap(args, {.in = std::cin, .out = std::cout, .err = std::cerr});
}

}  // namespace signet::command
