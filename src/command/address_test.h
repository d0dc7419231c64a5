// sendmail -bt: commands a line, read from a terminal or a pipe, answered by what decides and
// routes here. Macros and classes may be set for the test: .D{client_addr}192.0.2.1 says who the
// client is.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

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
  void ruleset(std::string_view name, std::string_view input);
  void look_up(std::string_view map, std::string_view key);
  void parse(std::string_view address);
  void attempt(std::string_view mailer, std::string_view address);
  void take_flags(std::string_view flags);
  void find_canonical(std::string_view host);
  void find_mx(std::string_view host);
  void say(std::string_view text);
  // What DNS answers, said and kept for the decision.
  [[nodiscard]] std::vector<policy::ListAnswer> ask_lists(
      const std::vector<std::string>& questions);
  [[nodiscard]] policy::MailHosts ask_mail_hosts(const std::string& domain,
                                                 receive::MailHostSearch::Depth depth);
  void answer(std::string_view ruleset, std::string_view input, const policy::Verdict& verdict);
  [[nodiscard]] std::string macro(std::string_view name) const;  // empty: not defined

  struct Peers;  // what the macros say of client and server
  [[nodiscard]] Peers peers() const;

  const daemon::Site& site_;
  Inquiry inquiry_;
  const Streams& streams_;
  std::map<std::string, std::string, std::less<>> macros_;                // by .D
  std::map<std::string, std::vector<std::string>, std::less<>> classes_;  // by .C
  bool header_ = false;
  bool sender_ = false;
};

}  // namespace signet::command
