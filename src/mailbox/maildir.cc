// Maildir: one folder a user, one file a message; written in tmp, linked into new.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <random>

#include "mailbox/writers.h"

namespace signet::mailbox {
namespace {

// True: it was not there before.
Result<bool> make_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0) return true;
  if (errno == EEXIST) return false;
  if (errno == ENOENT) return temporary("making " + path + ": the folder above is missing");
  return system_error("making " + path, errno);
}

Result<void> make_maildir(const std::string& path) {
  auto made = make_folder(path);
  if (!made) return std::unexpected(std::move(made).error());
  struct stat state {};
  if (lstat(path.c_str(), &state) != 0) return system_error("looking at " + path, errno);
  if (!S_ISDIR(state.st_mode)) return permanent(path + " is not a folder");
  if (state.st_uid != geteuid()) return permanent(path + " belongs to another user");
  bool new_parts = false;
  for (const auto* part : {"/tmp", "/new", "/cur"}) {
    auto part_made = make_folder(path + part);
    if (!part_made) return std::unexpected(std::move(part_made).error());
    new_parts = new_parts || *part_made;
  }
  if (new_parts) {
    if (auto synced = sync_folder(path); !synced) return synced;
  }
  return *made ? sync_folder(std::filesystem::path(path).parent_path().string()) : Result<void>();
}

std::string unique_name() {
  timeval now{};
  gettimeofday(&now, nullptr);
  std::array<char, 128> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  std::string name = std::to_string(now.tv_sec) + ".M" + std::to_string(now.tv_usec) + "P" +
                     std::to_string(getpid()) + "R" + std::to_string(std::random_device()()) + ".";
  for (const char* c = host.data(); *c != '\0'; ++c) {
    if (*c == '/') {
      name += "\\057";
    } else if (*c == ':') {
      name += "\\072";
    } else {
      name += *c;
    }
  }
  return name;
}

Result<void> write_file(const std::string& path, const Letter& letter) {
  Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid()) return system_error("making " + path, errno);
  Output output(file.get());
  if (auto written = write_letter(output, letter, FromLines::kept); !written) return written;
  if (auto flushed = output.flush(); !flushed) return flushed;
  if (fsync(file.get()) != 0) return system_error("syncing " + path, errno);
  return file.close();
}

}  // namespace

Result<void> deliver_maildir(const std::string& path, const Letter& letter) {
  if (auto made = make_maildir(path); !made) return made;
  const std::string name = unique_name();
  const std::string in_tmp = path + "/tmp/" + name;
  const std::string in_new = path + "/new/" + name;
  if (auto written = write_file(in_tmp, letter); !written) {
    unlink(in_tmp.c_str());
    return written;
  }
  if (std::rename(in_tmp.c_str(), in_new.c_str()) != 0) {
    const int code = errno;
    unlink(in_tmp.c_str());
    return system_error("putting " + in_new + " in its place", code);
  }
  if (auto synced = sync_folder(path + "/new"); !synced) {
    unlink(in_new.c_str());  // it will be delivered anew
    return synced;
  }
  return {};
}

}  // namespace signet::mailbox
