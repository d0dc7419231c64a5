// Who takes over the engine may ask the agent for anything. So the agent runs a program, writes a
// file and reads a list only where it finds them named itself: in the alias maps, in a .forward
// file of the user, or in a list that one of these names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/wire.h"
#include "signet/agent/options.h"
#include "signet/mailbox/file_trust.h"
#include "signet/policy/alias_text.h"

namespace signet::agent {

// Whoever holds the file (a file server that is away) must not hold us for long: a signal ends the
// process, and the engine tries again.
[[nodiscard]] Result<mailbox::ListFile> read_in_time(const std::string& path,
                                                     const mailbox::FileTrust& trust,
                                                     std::optional<uid_t> owner,
                                                     std::chrono::seconds patience);

class Evidence final {
 public:
  Evidence(const LetterHead& head, const Options& options);
  // What the alias maps say. Before rights are given up. An error: a map cannot be asked.
  [[nodiscard]] Result<void> ask_aliases();
  // As the user, of root's files as root: is it named? An error: a file cannot be read now.
  [[nodiscard]] Result<bool> is_named() const;

 private:
  // What an alias names is nobody's: whoever comes with a user has it from files.
  [[nodiscard]] bool is_of_alias() const { return !head_.alias.empty() && head_.user.empty(); }
  [[nodiscard]] bool is_forward_path(const std::string& path) const;
  using Found = Result<std::optional<std::string>>;
  [[nodiscard]] Found ask(const table::Spec& map, const std::string& key) const;

  const LetterHead& head_;
  const Options& options_;
  std::vector<policy::AliasMember> members_;  // of the alias that everything begins with
};

}  // namespace signet::agent
