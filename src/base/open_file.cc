#include "signet/base/open_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace signet {

Result<Fd> open_to_read(const std::string& path) {
  // O_NONBLOCK: never waits for the other end of a FIFO.
  Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.valid()) return system_error("opening " + path, errno);
  struct stat state {};
  if (fstat(file.get(), &state) != 0) return system_error("opening " + path, errno);
  if (!S_ISREG(state.st_mode)) return permanent("opening " + path + ": not a regular file");
  return file;
}

}  // namespace signet
