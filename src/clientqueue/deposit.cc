#include "signet/clientqueue/deposit.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

extern char** environ;

namespace signet::clientqueue {
namespace {

constexpr std::string_view kEndOfControl = "\nend\n";  // to_text's last line
constexpr std::size_t kChunk = 65536;
constexpr std::string_view kCutOff = "the message has another length than was said";

// ---- the caller's end ----

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> open_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("making a pipe", errno);
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<pid_t> start(std::string program, std::string folder, std::string id, const Fd& input) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
  std::array<char*, 4> words{program.data(), folder.data(), id.data(), nullptr};
  pid_t child = 0;
  const int code = posix_spawn(&child, program.c_str(), &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0) return system_error("starting " + program, code);
  return child;
}

Result<void> copy_content(const Fd& content, int to) {
  std::array<char, kChunk> chunk{};
  off_t at = 0;
  while (true) {
    const ssize_t got = pread(content.get(), chunk.data(), chunk.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("reading the message", errno);
    if (got == 0) return {};
    at += got;
    if (auto wrote = write_all(to, {chunk.data(), static_cast<std::size_t>(got)}, "the pipe");
        !wrote) {
      return wrote;
    }
  }
}

// ---- the program's end ----

// The control text; what was read behind it is the content's beginning.
struct Beginning {
  std::string control;
  std::string content;
};

Result<std::size_t> read_some(int input, std::array<char, kChunk>& chunk) {
  while (true) {
    const ssize_t got = ::read(input, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("reading the message", errno);
    return static_cast<std::size_t>(got);
  }
}

Result<Beginning> read_control(int input) {
  std::string text;
  std::array<char, kChunk> chunk{};
  while (true) {
    const auto got = read_some(input, chunk);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) return permanent(std::string(kCutOff));
    const auto look_from = text.size() - std::min(text.size(), kEndOfControl.size());
    text.append(chunk.data(), *got);
    if (const auto end = text.find(kEndOfControl, look_from); end != std::string::npos) {
      const auto length = end + kEndOfControl.size();
      return Beginning{.control = text.substr(0, length), .content = text.substr(length)};
    }
    if (text.size() > kMostControlBytes) return permanent("too many recipients");
  }
}

Result<void> write_content(int input, std::string_view beginning, std::uint64_t size,
                           const Fd& file) {
  std::uint64_t left = size;
  std::array<char, kChunk> chunk{};
  for (std::string_view bytes = beginning;;) {
    if (bytes.size() > left) return permanent(std::string(kCutOff));
    left -= bytes.size();
    if (auto wrote = write_all(file.get(), bytes, "writing the client queue"); !wrote) return wrote;
    const auto got = read_some(input, chunk);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) break;
    bytes = {chunk.data(), *got};
  }
  if (left > 0) return permanent(std::string(kCutOff));
  return {};
}

}  // namespace

Result<void> deposit(const std::string& program, const std::string& folder, const Waiting& message,
                     const Fd& content) {
  auto pipe = open_pipe();
  if (!pipe) return std::unexpected(std::move(pipe).error());
  const auto child = start(program, folder, message.id, pipe->read);
  if (!child) return std::unexpected(child.error());
  pipe->read = Fd();
  auto said = write_all(pipe->write.get(), to_text(message), "the pipe");
  if (said) said = copy_content(content, pipe->write.get());
  pipe->write = Fd();
  int status = 0;
  while (waitpid(*child, &status, 0) < 0) {
    if (errno != EINTR) return system_error("waiting for " + program, errno);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return temporary("the client queue cannot be used: " + folder);
}

Result<void> take_deposit(int input, const ClientQueue& queue, const std::string& id,
                          const Depositor& depositor) {
  const auto beginning = read_control(input);
  if (!beginning) return std::unexpected(beginning.error());
  auto message = waiting_from_text(beginning->control);
  if (!message) return std::unexpected(std::move(message).error());
  if (message->recipients.size() > kMostRecipients) return permanent("too many recipients");
  message->id = id;
  message->user = depositor.user;
  message->arrived = message->last_try = depositor.now;
  message->tries = std::min(message->tries, 1U);
  const auto file = queue.create(id);
  if (!file) return std::unexpected(file.error());
  auto kept = write_content(input, beginning->content, message->size, *file);
  if (kept) kept = queue.commit(*message, *file);
  if (!kept) static_cast<void>(queue.remove(id));
  return kept;
}

}  // namespace signet::clientqueue
