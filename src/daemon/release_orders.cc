#include "daemon/release_orders.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "signet/base/fd.h"
#include "signet/daemon/daemon.h"

namespace signet::daemon {
namespace {

std::string folder_of(const std::string& queue_directory) { return queue_directory + "/release"; }

bool is_order(const std::string& name) {
  constexpr std::size_t kLongest = 64;
  return !name.empty() && name.size() <= kLongest && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

std::unexpected<Error> failed(const std::string& path) {
  return std::unexpected(Error{ErrorKind::permanent, path, errno});
}

}  // namespace

// The folder belongs to whoever owns the queue: the engine must be able to empty it.
Result<void> order_release(const std::string& queue_directory,
                           const std::vector<std::string>& ids) {
  const std::string folder = folder_of(queue_directory);
  struct stat queue {};
  if (stat(queue_directory.c_str(), &queue) != 0) return failed(queue_directory);
  const bool made = mkdir(folder.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return failed(folder);
  const Fd place(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!place.valid()) return failed(folder);
  // By what was opened: whoever owns the queue may have put something else under the name.
  if (made && geteuid() == 0 && fchown(place.get(), queue.st_uid, queue.st_gid) != 0) {
    return failed(folder);
  }
  for (const auto& id : ids) {
    if (!is_order(id)) return permanent("no queue id: " + id);
    // What stands there already, be it a pipe, is an order too.
    const Fd order(openat(place.get(), id.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!order.valid() && errno != EEXIST) return failed(folder + "/" + id);
  }
  return {};
}

std::vector<std::string> take_release_orders(const std::string& queue_directory) {
  std::vector<std::string> ids;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(folder_of(queue_directory), failed), end;
       !failed && at != end; at.increment(failed)) {
    const auto name = at->path().filename().string();
    if (!is_order(name)) continue;
    if (unlink(at->path().c_str()) == 0) ids.push_back(name);
  }
  return ids;
}

}  // namespace signet::daemon
