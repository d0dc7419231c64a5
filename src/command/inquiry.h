// What DNS answers just now to the questions that the daemon would ask about a client, a sender or
// a recipient. Each question waits for its answer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "signet/base/result.h"
#include "signet/daemon/site.h"
#include "signet/dns/resolver.h"
#include "signet/loop/loop.h"
#include "signet/receive/list_search.h"
#include "signet/receive/mail_host_search.h"

namespace signet::command {

class Inquiry final {
 public:
  explicit Inquiry(const daemon::Site& site) : site_(site) {}

  // Block lists; `questions` as policy names them. Where there is no resolver nobody has answered.
  [[nodiscard]] std::vector<policy::ListAnswer> ask_lists(
      const std::vector<std::string>& questions);
  // An empty domain is not asked about.
  [[nodiscard]] policy::MailHosts ask_mail_hosts(const std::string& domain,
                                                 receive::MailHostSearch::Depth depth);
  [[nodiscard]] Result<dns::Answer<dns::MxRecord>> ask_mx(std::string_view host);

 private:
  [[nodiscard]] Result<dns::Resolver*> resolver();

  const daemon::Site& site_;
  loop::Loop loop_;
  std::unique_ptr<dns::Resolver> resolver_;
};

// "bl.test: 20.0.0.127.bl.test is 127.0.0.2", "... is not there", "... no answer".
[[nodiscard]] std::string list_words(const policy::BlockList& list, std::string_view question,
                                     const policy::ListAnswer& answer);
// "far.test: mx1.far.test mx2.far.test, 192.0.2.1"
[[nodiscard]] std::string mail_host_words(std::string_view domain, const policy::MailHosts& hosts);

}  // namespace signet::command
