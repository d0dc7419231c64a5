// sendmail -bt: commands a line, read from a terminal or a pipe, answered by what decides and
// routes here; the decisions by names of rulesets are NamedChecks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "command/definitions.h"
#include "command/inquiry.h"
#include "command/map_faces.h"
#include "signet/daemon/site.h"

namespace signet::command {

class AddressTest final {
 public:
  AddressTest(const daemon::Site& site, const Streams& streams);
  void run();  // until /quit or the end of the input

 private:
  // False: /quit.
  bool command(std::string_view line);
  bool slash(std::string_view line);
  void define(std::string_view line);      // .D .C
  void show_macro(std::string_view name);  // $
  void show_class(std::string_view name);  // $=
  void equals(std::string_view what);      // =S =M
  void rulesets(std::string_view line);    // 3,0 address
  void look_up(std::string_view map, std::string_view key);
  void show_found(std::string_view map, std::string_view key,
                  const Result<std::optional<std::string>>& found);
  void parse(std::string_view address);
  void attempt(std::string_view mailer, std::string_view address);
  void take_flags(std::string_view flags);
  void find_canonical(std::string_view host);
  void find_mx(std::string_view host);
  void say(std::string_view text);

  const daemon::Site& site_;
  Inquiry inquiry_;
  const Streams& streams_;
  Definitions definitions_;
  bool header_ = false;
  bool sender_ = false;
};

}  // namespace signet::command
