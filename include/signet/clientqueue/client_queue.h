// Mail that the sendmail command could not hand over yet: one folder, two files a message, written
// by a program that belongs to the folder's group (docs/submission.md). dfID is the content, qfID
// says what it is; a message is there when its qf is, and not before. Blocks on disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "signet/base/clock.h"
#include "signet/base/fd.h"
#include "signet/base/result.h"
#include "signet/mail/envelope.h"

namespace signet::clientqueue {

inline constexpr std::size_t kMostRecipients = 100000;  // of a message that a program hands in
// Of a qf; what is larger is not read.
inline constexpr std::size_t kMostControlBytes = 64UL * 1024 * 1024;

struct Waiting {
  std::string id{};
  std::string user{};    // who handed it in, for the log
  std::string sender{};  // "" is <>
  std::vector<std::string> recipients{};
  WallTime arrived{};
  WallTime last_try{};
  unsigned tries = 0;
  std::uint64_t size = 0;
  mail::Body body = mail::Body::unspecified;
  std::string envelope_id{};  // DSN (RFC 3461): ENVID, RET, NOTIFY
  mail::ReturnPart return_part = mail::ReturnPart::unspecified;
  mail::Notify notify{};
  std::string status{};  // why it waits
  bool operator==(const Waiting&) const = default;
};

// The qf's text and back; an error names what makes no sense.
[[nodiscard]] std::string to_text(const Waiting& message);
[[nodiscard]] Result<Waiting> waiting_from_text(std::string_view text);

// Who owns the files: only root can give them away.
struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
};

class ClientQueue final {
 public:
  // The folder must be there: making it is the installation's.
  [[nodiscard]] static Result<ClientQueue> open(const std::string& folder,
                                                std::optional<Owner> owner);

  [[nodiscard]] Result<gid_t> group() const;  // of the folder

  // An empty dfID, locked until it is closed.
  [[nodiscard]] Result<Fd> create(const std::string& id) const;
  // The message is on disk when this succeeds.
  [[nodiscard]] Result<void> commit(const Waiting& message, const Fd& content) const;
  // The qf anew, after an attempt.
  [[nodiscard]] Result<void> update(const Waiting& message) const;
  // Gone for good; also of a df without its qf.
  [[nodiscard]] Result<void> remove(const std::string& id) const;

  [[nodiscard]] Result<std::vector<std::string>> ids() const;  // oldest first
  [[nodiscard]] Result<Waiting> read(const std::string& id) const;
  // Its content, locked. Nothing: another run has it, or it is gone.
  [[nodiscard]] Result<std::optional<Fd>> take(const std::string& id) const;
  // What was begun and never finished, a day ago or longer.
  void clear_leftovers(WallTime now) const;

 private:
  [[nodiscard]] Result<void> write_control(const Waiting& message) const;
  [[nodiscard]] Result<void> sync() const;

  std::string folder_;
  Fd directory_;
  std::optional<Owner> owner_;
};

}  // namespace signet::clientqueue
