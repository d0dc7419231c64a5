// What `signet check` has to say: one finding after the other, as text or as JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "signet/conf/origin.h"

namespace signet::command {

enum class Level {
  note,     // good to know
  warning,  // works, but not as its writer may think, or not for long
  error,    // the daemon would not start, or not do what it is there for
};

struct Finding {
  Level level = Level::note;
  std::string code;  // a word for programs: "map-stale"
  std::string file;  // may be empty
  int line = 0;      // 0: the file as a whole
  std::string text;
  std::string remedy;  // what to do; may be empty

  bool operator==(const Finding&) const = default;
};

class Findings final {
 public:
  void add(Finding finding) { all_.push_back(std::move(finding)); }
  void add(Level level, std::string_view code, const conf::Origin& at, std::string text,
           std::string remedy = {});
  void add(Level level, std::string_view code, const std::string& file, std::string text,
           std::string remedy = {});
  // What to do about the finding that came last, if that was not said; false: not taken.
  bool add_remedy(const std::string& remedy);
  [[nodiscard]] const std::vector<Finding>& all() const { return all_; }
  [[nodiscard]] bool has_errors() const;

 private:
  std::vector<Finding> all_;
};

// "FILE.mc:12: text", "FILE: line 12: text" as the loader says it: file and line taken apart.
[[nodiscard]] Finding located(Level level, std::string_view code, std::string_view sentence);
// "warning: FILE:12: text; remedy: what to do"
[[nodiscard]] std::string to_text(const Finding& finding);

struct PortFacts {
  std::string name;
  std::string address;  // empty: every interface
  unsigned port = 0;
  std::string tls;  // "STARTTLS offered"
  std::vector<std::string> auth_clear, auth_tls;
  bool auth = true;
};

struct Inspection {
  std::string file;
  std::string host;  // $j; empty: the configuration could not be read
  std::vector<PortFacts> ports;
  Findings findings;
};
[[nodiscard]] std::string to_json(const Inspection& inspection);

}  // namespace signet::command
