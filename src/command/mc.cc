// signet mc FILE.mc [-o FILE.cf] [--cf-dir DIR]: the compiler of site files.
#include <fcntl.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "command/arguments.h"
#include "command/faces.h"
#include "command/paths.h"
#include "signet/base/fd.h"
#include "signet/conf/load.h"
#include "signet/conf/mc.h"

namespace signet::command {
namespace {

struct McOrder {
  std::string file;
  std::string output;  // empty: standard output
  std::string cf_dir = default_cf_dir();
};

std::optional<McOrder> read_mc_order(std::span<const std::string_view> args) {
  constexpr std::string_view kCfDir = "--cf-dir";
  McOrder order;
  for (std::size_t i = 1; i < args.size(); ++i) {
    const auto arg = args[i];
    const bool more = i + 1 < args.size();
    if (arg == "-o" && more) {
      order.output = args[++i];
    } else if (arg == kCfDir && more) {
      order.cf_dir = args[++i];
    } else if (arg.starts_with(std::string(kCfDir) + "=")) {
      order.cf_dir = arg.substr(kCfDir.size() + 1);
    } else if (!arg.starts_with('-') && order.file.empty()) {
      order.file = arg;
    } else {
      return std::nullopt;
    }
  }
  if (order.file.empty()) return std::nullopt;
  return order;
}

Result<void> write_all(const Fd& file, std::string_view text) {
  while (!text.empty()) {
    const auto written = write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error("writing", errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// Beside `path`, under a name that nobody can have prepared, then in its place.
Result<void> replace_file(const std::string& path, std::string_view text, mode_t mode) {
  std::string beside = path + ".XXXXXX";
  const Fd file(mkostemp(beside.data(), O_CLOEXEC));
  if (!file.valid()) return system_error("writing", errno);
  auto done = write_all(file, text);
  if (done && (fchmod(file.get(), mode) != 0 || fsync(file.get()) != 0 ||
               std::rename(beside.c_str(), path.c_str()) != 0)) {
    done = system_error("writing", errno);
  }
  if (!done) unlink(beside.c_str());
  return done;
}

// Whole or not at all: a daemon that starts meanwhile reads the old or the new file. A link stays,
// what it names is replaced; a device or pipe is written to.
Result<void> write_whole(const std::string& path, std::string_view text) {
  constexpr mode_t kMode = 0644;
  struct stat state {};
  if (stat(path.c_str(), &state) != 0) {
    if (lstat(path.c_str(), &state) == 0) return permanent("a link that leads nowhere");
    return replace_file(path, text, kMode);
  }
  if (!S_ISREG(state.st_mode)) {
    const Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (!file.valid()) return system_error("writing", errno);
    return write_all(file, text);
  }
  const std::unique_ptr<char, decltype(&std::free)> target(realpath(path.c_str(), nullptr),
                                                           &std::free);
  if (!target) return system_error("writing", errno);
  return replace_file(target.get(), text, state.st_mode & 0777);
}

void print(const conf::Warnings& warnings) {
  for (const auto& warning : warnings) std::cerr << "Warning: " << warning.to_string() << '\n';
}

}  // namespace

int mc(std::span<const std::string_view> args) {
  const auto order = read_mc_order(args);
  if (!order) {
    std::cerr << "usage: signet mc FILE.mc [-o FILE.cf] [--cf-dir DIR]\n";
    return EX_USAGE;
  }
  const auto compiled = conf::compile_mc(order->file, order->cf_dir);
  if (!compiled) {
    std::cerr << compiled.error().what << '\n';
    return conf::exit_code(compiled.error());
  }
  // What the daemon does not know is not written; what it knows and refuses is, with a warning.
  const auto loaded =
      conf::parse(compiled->text, order->output.empty() ? order->file : order->output, {},
                  conf::Purpose::compile);
  if (!loaded) {
    std::cerr << loaded.error().what << '\n';
    return EX_CONFIG;
  }
  print(compiled->warnings);
  print(loaded->warnings);
  if (order->output.empty()) {
    std::cout << compiled->text;
    if (std::cout.flush()) return EX_OK;
    std::cerr << "signet mc: writing to standard output failed\n";
    return EX_IOERR;
  }
  if (const auto written = write_whole(order->output, compiled->text); !written) {
    std::cerr << order->output << ": " << written.error().what << '\n';
    return EX_CANTCREAT;
  }
  return EX_OK;
}

}  // namespace signet::command
