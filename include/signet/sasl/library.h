// Cyrus SASL's process-wide state: initialised once, ended once. Only this room sees Cyrus SASL.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "signet/base/result.h"

namespace signet::sasl {

struct LibraryOptions {
  std::string application = "Sendmail";  // NAME.conf is looked up as Cyrus does
  std::string conf_dir;                  // where NAME.conf is; empty: Cyrus's own places
};

// One in a process. Made at the start (reads plugins, blocks); outlives every exchange.
class Library final {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Library>> open(const LibraryOptions& options);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  [[nodiscard]] const LibraryOptions& options() const;

 private:
  struct Core;
  explicit Library(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

// AuthOptions as Cyrus's security flags.
struct Security {
  bool no_active_attack = false;            // a
  bool pass_credentials = false;            // c
  bool no_dictionary = false;               // d
  bool forward_secrecy = false;             // f
  bool mutual = false;                      // m
  bool no_plaintext_without_layer = false;  // p; TLS counts as a layer
  bool no_anonymous = false;                // y
};

}  // namespace signet::sasl
