#include "signet/clientqueue/client_queue.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "signet/base/text.h"

namespace signet::clientqueue {
namespace {

constexpr std::string_view kFirstLine = "signet client queue 1";
constexpr mode_t kMode = 0660;
constexpr std::chrono::hours kLeftover{24};

// Ids become file names: nothing but letters and digits.
bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= 32 && std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
  });
}

std::string number_of(WallTime when) { return std::to_string(when.time_since_epoch().count()); }

WallTime time_of(std::uint64_t seconds) {
  return WallTime(std::chrono::seconds(
      static_cast<std::int64_t>(std::min<std::uint64_t>(seconds, 1ULL << 40U))));
}

std::string_view body_word(mail::Body body) {
  if (body == mail::Body::eight_bit_mime) return "8bitmime";
  return body == mail::Body::seven_bit ? "7bit" : "";
}

void line(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += name;
  out += ' ';
  for (const char c : value) out += c == '\n' || c == '\r' || c == '\0' ? ' ' : c;
  out += '\n';
}

// A control file names this content: ours, or one of sendmail's (held: hf, damaged: Qf), whose
// folder this may have been.
bool is_wanted(const Fd& directory, const std::string& id) {
  constexpr std::array kControls = std::to_array<std::string_view>({"qf", "hf", "Qf"});
  return std::ranges::any_of(kControls, [&](auto kind) {
    struct stat state {};
    const std::string name = std::string(kind) + id;
    return fstatat(directory.get(), name.c_str(), &state, AT_SYMLINK_NOFOLLOW) == 0 ||
           errno != ENOENT;
  });
}

// ENVID, RET, NOTIFY. False: they are never like that.
bool take_wish(Waiting& message, std::string_view name, const std::string& value) {
  if (name == "envid") {
    message.envelope_id = value;
    return mail::is_envelope_id(value);
  }
  if (name == "ret") {
    const auto part = mail::parse_return_part(value);
    message.return_part = part.value_or(message.return_part);
    return part.has_value();
  }
  const auto notify = mail::parse_notify(value);
  message.notify = notify.value_or(message.notify);
  return notify.has_value();
}

}  // namespace

std::string to_text(const Waiting& message) {
  std::string out(kFirstLine);
  out += '\n';
  line(out, "user", message.user);
  line(out, "sender", mail::in_brackets(message.sender));
  line(out, "arrived", number_of(message.arrived));
  line(out, "tried", number_of(message.last_try));
  line(out, "tries", std::to_string(message.tries));
  line(out, "size", std::to_string(message.size));
  line(out, "body", body_word(message.body));
  line(out, "envid", message.envelope_id);
  line(out, "ret", mail::to_text(message.return_part));
  line(out, "notify", mail::to_text(message.notify));
  line(out, "status", message.status);
  for (const auto& recipient : message.recipients) line(out, "to", recipient);
  return out + "end\n";  // what was cut off does not look whole
}

Result<Waiting> waiting_from_text(std::string_view text) {
  if (!text.ends_with("\nend\n")) return permanent("not a whole file of the client queue");
  Waiting message;
  bool first = true;
  for (const auto row : split(text.substr(0, text.size() - 5), '\n')) {
    if (std::exchange(first, false)) {
      if (row != kFirstLine) return permanent("no file of this client queue");
      continue;
    }
    const auto blank = row.find(' ');
    const auto name = row.substr(0, blank);
    const std::string value(blank == std::string_view::npos ? "" : row.substr(blank + 1));
    const auto number = parse_number(value);
    if (name == "user") message.user = value;
    if (name == "sender") {
      if (!value.starts_with('<') || !value.ends_with('>')) return permanent("no sender");
      message.sender = value.substr(1, value.size() - 2);
    }
    if (name == "arrived" && number) message.arrived = time_of(*number);
    if (name == "tried" && number) message.last_try = time_of(*number);
    if (name == "tries" && number) {
      message.tries = static_cast<unsigned>(std::min<std::uint64_t>(*number, 1000000));
    }
    if (name == "size" && number) message.size = *number;
    if (name == "body") {
      message.body = value == "8bitmime" ? mail::Body::eight_bit_mime : mail::Body::seven_bit;
    }
    if (name == "envid" || name == "ret" || name == "notify") {
      if (!take_wish(message, name, value)) return permanent("no option of DSN: " + value);
    }
    if (name == "status") message.status = value;
    if (name == "to" && value.empty()) return permanent("an empty recipient");
    if (name == "to") message.recipients.push_back(value);
  }
  if (message.recipients.empty()) return permanent("no recipients");
  return message;
}

Result<ClientQueue> ClientQueue::open(const std::string& folder, std::optional<Owner> owner) {
  ClientQueue queue;
  queue.folder_ = folder;
  queue.owner_ = owner;
  queue.directory_ = Fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!queue.directory_.valid()) return system_error("opening " + folder, errno);
  struct stat state {};
  if (fstat(queue.directory_.get(), &state) != 0) return system_error(folder, errno);
  if ((state.st_mode & S_IWOTH) != 0) return permanent(folder + ": everybody may write there");
  if (faccessat(queue.directory_.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) {
    return system_error("writing into " + folder, errno);
  }
  return queue;
}

Result<gid_t> ClientQueue::group() const {
  struct stat state {};
  if (fstat(directory_.get(), &state) != 0) return system_error(folder_, errno);
  return state.st_gid;
}

Result<Fd> ClientQueue::create(const std::string& id) const {
  if (!is_id(id)) return permanent("no queue id: " + printable(id));
  if (is_wanted(directory_, id)) return permanent(folder_ + ": there is a message " + id);
  const std::string name = "df" + id;
  Fd file(openat(directory_.get(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                 kMode));
  if (!file.valid()) return system_error(folder_ + "/" + name, errno);
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) return system_error("locking " + name, errno);
  // The queue run is another user of the same group.
  if (fchmod(file.get(), kMode) != 0) return system_error("chmod " + name, errno);
  if (owner_ && fchown(file.get(), owner_->uid, owner_->gid) != 0) {
    return system_error("chown " + name, errno);
  }
  return file;
}

Result<void> ClientQueue::commit(const Waiting& message, const Fd& content) const {
  if (fsync(content.get()) != 0) return system_error(folder_ + "/df" + message.id, errno);
  return write_control(message);
}

Result<void> ClientQueue::update(const Waiting& message) const { return write_control(message); }

Result<void> ClientQueue::write_control(const Waiting& message) const {
  const std::string draft = "tf" + message.id;
  const std::string name = "qf" + message.id;
  const auto failed = [&](int code) {
    unlinkat(directory_.get(), draft.c_str(), 0);
    return system_error(folder_ + "/" + name, code);
  };
  // The content's lock is held: a draft that is there was left by somebody who died.
  unlinkat(directory_.get(), draft.c_str(), 0);
  Fd file(openat(directory_.get(), draft.c_str(),
                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
  if (!file.valid()) return system_error(folder_ + "/" + draft, errno);
  if (fchmod(file.get(), kMode) != 0) return failed(errno);
  if (owner_ && fchown(file.get(), owner_->uid, owner_->gid) != 0) return failed(errno);
  if (auto wrote = write_all(file.get(), to_text(message), "writing " + name); !wrote) {
    unlinkat(directory_.get(), draft.c_str(), 0);
    return wrote;
  }
  if (fsync(file.get()) != 0) return failed(errno);
  if (auto closed = file.close(); !closed) {
    unlinkat(directory_.get(), draft.c_str(), 0);
    return closed;
  }
  if (renameat(directory_.get(), draft.c_str(), directory_.get(), name.c_str()) != 0) {
    return failed(errno);
  }
  return sync();
}

Result<void> ClientQueue::sync() const {
  if (fsync(directory_.get()) != 0) return system_error(folder_, errno);
  return {};
}

Result<void> ClientQueue::remove(const std::string& id) const {
  for (const auto* kind : {"qf", "df"}) {
    if (unlinkat(directory_.get(), (kind + id).c_str(), 0) != 0 && errno != ENOENT) {
      return system_error(folder_ + "/" + kind + id, errno);
    }
  }
  return {};
}

Result<std::vector<std::string>> ClientQueue::ids() const {
  // A descriptor of its own: reading moves its place.
  const int fd = openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return system_error(folder_, errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(fdopendir(fd), &closedir);
  if (!entries) return system_error(folder_, errno);
  std::vector<std::string> found;
  while (const dirent* entry = readdir(entries.get())) {
    const std::string_view name = entry->d_name;
    if (name.starts_with("qf") && is_id(name.substr(2))) found.emplace_back(name.substr(2));
  }
  std::ranges::sort(found);
  return found;
}

Result<Waiting> ClientQueue::read(const std::string& id) const {
  if (!is_id(id)) return permanent("no queue id: " + printable(id));
  const std::string name = "qf" + id;
  const Fd file(openat(directory_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file.valid()) return system_error(folder_ + "/" + name, errno);
  std::string text;
  char buffer[65536];
  while (true) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(folder_ + "/" + name, errno);
    if (got == 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > kMostControlBytes) return permanent(folder_ + "/" + name + " is too large");
  }
  auto message = waiting_from_text(text);
  if (!message) return std::unexpected(std::move(message).error().within(folder_ + "/" + name));
  message->id = id;
  return message;
}

Result<std::optional<Fd>> ClientQueue::take(const std::string& id) const {
  if (!is_id(id)) return permanent("no queue id: " + printable(id));
  const std::string name = "df" + id;
  Fd file(openat(directory_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file.valid() && errno == ENOENT) return std::optional<Fd>();
  if (!file.valid()) return system_error(folder_ + "/" + name, errno);
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::optional<Fd>();
    return system_error("locking " + name, errno);
  }
  // Sent and removed while we were opening it.
  struct stat state {};
  if (fstat(file.get(), &state) != 0 || state.st_nlink == 0) return std::optional<Fd>();
  return std::optional<Fd>(std::move(file));
}

void ClientQueue::clear_leftovers(WallTime now) const {
  const int fd = openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(fdopendir(fd), &closedir);
  if (!entries) return;
  std::vector<std::string> old;
  while (const dirent* entry = readdir(entries.get())) {
    const std::string_view name = entry->d_name;
    if (!(name.starts_with("df") || name.starts_with("tf")) || !is_id(name.substr(2))) continue;
    struct stat state {};
    if (fstatat(directory_.get(), entry->d_name, &state, AT_SYMLINK_NOFOLLOW) != 0) continue;
    const WallTime changed{std::chrono::seconds(state.st_mtime)};
    if (now - changed >= kLeftover) old.emplace_back(name);
  }
  for (const auto& name : old) {
    const std::string id = name.substr(2);
    if (name.starts_with("df")) {
      if (is_wanted(directory_, id)) continue;
      const auto taken = take(id);  // somebody may still be writing it
      if (!taken || !*taken) continue;
      unlinkat(directory_.get(), name.c_str(), 0);
    } else {
      unlinkat(directory_.get(), name.c_str(), 0);
    }
  }
}

}  // namespace signet::clientqueue
