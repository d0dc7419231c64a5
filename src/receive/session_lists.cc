// What DNS says of the client, the sender and the recipient: block lists, mail hosts. See
// session.h.
#include <utility>

#include "receive/session.h"
#include "signet/maillog/lines.h"

namespace signet::receive {

void Session::ask_lists(const std::vector<std::string>& questions) {
  lists_.reset();
  list_answers_.clear();
  if (questions.empty()) return;
  auto& around = receiver_.surroundings_;
  lists_ = std::make_unique<ListSearch>(
      around.loop, around.resolver, options_->site.block_lists, questions, options_->list_patience,
      [this](ListSearch::Answers answers) { on_lists(std::move(answers)); });
}

void Session::on_lists(ListSearch::Answers answers) {
  auto& around = receiver_.surroundings_;
  around.loop.dispose(std::move(lists_));
  list_answers_ = std::move(answers);
  const auto& lists = options_->site.block_lists;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const auto words = policy::list_trouble(lists[i], list_answers_[i]);
    if (words.empty()) continue;
    around.log.write(
        maillog::remark(maillog::Priority::notice, words + " about " + peer_.address()));
  }
  if (over_ || !behind_lists_) return;
  auto then = std::exchange(behind_lists_, nullptr);
  smtp_->set_now(around.loop.now().mono);
  then();
  pump();
}

void Session::find_mail_hosts(const std::string& domain, MailHostSearch::Depth depth,
                              policy::MailHosts& found, loop::Task then) {
  found = {};
  if (domain.empty()) return then();
  auto& around = receiver_.surroundings_;
  host_search_ = std::make_unique<MailHostSearch>(
      around.loop, around.resolver, domain, depth, options_->lookup_timeout,
      [this, &found, then = std::move(then)](policy::MailHosts hosts) mutable {
        auto& loop = receiver_.surroundings_.loop;
        // What is called lives in the search that is given up.
        auto next = std::move(then);
        loop.dispose(std::move(host_search_));
        if (over_) return;
        found = std::move(hosts);
        smtp_->set_now(loop.now().mono);
        next();
        pump();
      });
}

void Session::behind_lists(loop::Task then) {
  if (!lists_) return then();
  behind_lists_ = std::move(then);
}

}  // namespace signet::receive
