// Who gets the mail for a recipient, and what RCPT, VRFY and EXPN say of it. See session.h.
#include <algorithm>
#include <utility>

#include "receive/filtering.h"
#include "receive/replies.h"
#include "receive/session.h"
#include "signet/base/text.h"
#include "signet/mail/address.h"
#include "signet/maillog/lines.h"
#include "signet/policy/rewrite.h"

namespace signet::receive {
// Two recipients with the same text here go to the same place.
std::string Session::sameness(const mail::Recipient& recipient) const {
  const std::string& text = recipient.address;
  if (!recipient.is_address()) return text + '\n' + recipient.user;
  const auto address = mail::parse_address(text);
  if (!address) return text;
  if (const auto user = local_part_of_ours(text)) return to_lower(*user);
  if (const auto named = local_names_.find(text); named != local_names_.end()) return named->second;
  return address->local + "@" + address->domain_key();
}

// Empty: the address is not one of this host.
std::optional<std::string> Session::local_part_of_ours(std::string_view text) const {
  return policy::user_of_this_host(options_->site, text);
}

void Session::find_recipients(const std::string& address, OnFound then) {
  const auto find = [options = options_, address] {
    Found found{.recipients = policy::find_recipients(aliases(*options), address), .known = true};
    const auto& user = found.recipients.local_user;
    if (user) found.known = options->is_local_user(*user);
    return found;
  };
  if (!options_->user_lookup_blocks) return then(find());
  recipient_question_ = std::move(then);
  auto& around = receiver_.surroundings_;
  around.workers.run([&loop = around.loop, receiver = &receiver_,
                      here = std::weak_ptr<bool>(receiver_.alive_), id = id_, find]() mutable {
    loop.post([receiver, here = std::move(here), id, found = find()]() mutable {
      if (here.expired()) return;
      if (Session* owner = receiver->find(id)) owner->on_found(std::move(found));
    });
  });
}

void Session::on_found(Found found) {
  if (over_ || !recipient_question_) return;
  auto then = std::exchange(recipient_question_, nullptr);
  smtp_->set_now(receiver_.surroundings_.loop.now().mono);
  then(std::move(found));
  pump();
}

// Who may wait for names may wait for maps too.
void Session::look_at_recipient(const std::string& address) {
  if (options_->user_lookup_blocks) return;
  (void)policy::find_recipients(aliases(*options_), address);
}

// What domaintable makes of an address. Empty: it could not be asked, and the log says so.
std::optional<std::string> Session::rename_domain(const std::string& address) {
  auto renamed = policy::rename_domain(options_->domaintable.get(), address);
  if (renamed) return std::move(renamed->address);
  receiver_.surroundings_.log.write(maillog::system_error(transaction_id(), renamed.error().what));
  return std::nullopt;
}

void Session::visit(smtp::AskRecipient& effect) {
  look_ahead(
      effect,
      [this](const smtp::AskRecipient& ask) {
        const auto address = policy::rename_domain(options_->domaintable.get(), ask.path.address);
        if (!address) return;
        (void)policy::check_recipient(access(), options_->site, client(), address->address,
                                      ask.path.as_given);
        (void)policy::check_compat(access(), options_->site, sender_address_, address->address);
        look_at_recipient(address->address);
        look_at_mailer(address->address);
        (void)policy::is_option_of_program(routing(), address->address);
      },
      [this](smtp::AskRecipient& ask) { ask_recipient(ask); });
}

void Session::ask_recipient(smtp::AskRecipient& effect) {
  if (lists_) {
    return behind_lists([this, ask = std::move(effect)]() mutable { ask_recipient(ask); });
  }
  const auto address = rename_domain(effect.path.address);
  if (!address) return smtp_->on_answer(smtp::Decision{replies::try_later(), false});
  const auto domain = policy::recipient_hosts_to_ask(access(), options_->site, client(), *address);
  if (domain.empty()) {
    recipient_hosts_ = {};
    return judge_recipient(effect.path, *address);
  }
  find_mail_hosts(
      domain, MailHostSearch::Depth::hosts, recipient_hosts_,
      [this, path = effect.path, address = *address] { judge_recipient(path, address); });
}

void Session::judge_recipient(const smtp::RecipientPath& path, const std::string& address) {
  auto verdict = late_refusal_ ? *late_refusal_
                               : policy::check_recipient(access(), options_->site, client(),
                                                         address, path.as_given);
  auto decision = decide(verdict, "check_rcpt", path.as_given,
                         replies::accepted("2.1.5", path.as_given, "Recipient ok"));
  discard_ = discard_ || decision.discard;
  // What is thrown away needs no mailbox.
  if (!decision.reply.positive() || discard_) return smtp_->on_answer(std::move(decision));
  if (const auto pair = judge_pair(address)) {
    if (pair->rejected()) return refuse_recipient(path, pair->reply);
    destinations_.insert_or_assign(path.address, std::vector<mail::Recipient>());
    return filter_recipient(path, std::move(decision));
  }
  find_recipients(address,
                  [this, path, address, decision = std::move(decision)](Found found) mutable {
                    take_recipient(path, address, std::move(decision), std::move(found));
                  });
}

std::optional<policy::Verdict> Session::judge_pair(const std::string& address) {
  auto verdict = policy::check_compat(access(), options_->site, sender_address_, address);
  const maillog::Ruleset line{.queue_id = queue_id_,
                              .name = "check_compat",
                              .argument = sender_address_,
                              .second_argument = address,
                              .relay = peer_.relay()};
  if (verdict.rejected()) {
    receiver_.surroundings_.log.write(maillog::ruleset_reject(line, verdict.reply));
    return verdict;
  }
  if (verdict.action != policy::Action::discard) return std::nullopt;
  receiver_.surroundings_.log.write(maillog::ruleset_discard(line));
  return verdict;
}

// Lists may not make a message that no queue can hold.
bool Session::has_room_for(const policy::Recipients& found) const {
  std::size_t sum = found.members.size();
  for (const auto& [given, members] : destinations_) sum += members.size();
  return found.members.size() <= 1 || sum <= kMostDestinations;
}

void Session::take_recipient(const smtp::RecipientPath& path, const std::string& address,
                             smtp::Decision decision, Found found) {
  auto& who = found.recipients;
  if (!who.trouble.empty()) {
    receiver_.surroundings_.log.write(maillog::system_error(transaction_id(), who.trouble));
  }
  if (who.error) return refuse_recipient(path, std::move(*who.error));
  if (!found.known) return refuse_recipient(path, {550, "5.1.1", "User unknown"});
  if (!has_room_for(who)) {
    return refuse_recipient(path, {452, "4.5.3", "Too many recipients"});
  }
  const bool as_given = who.members.size() == 1 && who.members.front() == mail::Recipient{address};
  if (as_given && policy::is_option_of_program(routing(), address)) {
    return refuse_recipient(path, {553, "5.1.3", "Invalid recipient address"});
  }
  local_names_.merge(std::move(who.local_names));
  const bool stays =
      who.members.size() == 1 && who.members.front() == mail::Recipient{path.address};
  if (!stays) destinations_.insert_or_assign(path.address, std::move(who.members));
  filter_recipient(path, std::move(decision));
}

void Session::refuse_recipient(const smtp::RecipientPath& path, mail::Reply reply) {
  if (filtering_) filtering_->rcpt = triple_of(reply);
  reply.text = mail::with_address(reply.code, path.as_given, reply.text);
  receiver_.surroundings_.log.write(maillog::user_error(transaction_id(), reply.text));
  filter_recipient(path, smtp::Decision{std::move(reply), false});
}

void Session::visit(smtp::AskVerify& effect) {
  look_ahead(
      effect,
      [this](const smtp::AskVerify& ask) {
        look_at_recipient(mail::plain_address(mail::without_brackets(ask.argument)));
      },
      [this](const smtp::AskVerify& ask) { name_recipient(ask.argument, Telling::address); });
}

void Session::visit(smtp::AskExpand& effect) {
  look_ahead(
      effect,
      [this](const smtp::AskExpand& ask) {
        look_at_recipient(mail::plain_address(mail::without_brackets(ask.argument)));
      },
      [this](const smtp::AskExpand& ask) { name_recipient(ask.argument, Telling::members); });
}

void Session::name_recipient(const std::string& argument, Telling telling) {
  const auto address = mail::plain_address(mail::without_brackets(argument));
  if (!mail::parse_address(address)) {
    return smtp_->on_answer(
        smtp::Decision{mail::Reply{501, "5.5.2", "Syntax error in address"}, false});
  }
  find_recipients(address, [this, address, given = argument, telling](Found found) {
    auto& who = found.recipients;
    if (!who.trouble.empty()) {
      receiver_.surroundings_.log.write(maillog::system_error(transaction_id(), who.trouble));
    }
    if (!found.known) who.error = {550, "5.1.1", "User unknown"};
    if (who.error) {
      who.error->text = mail::with_address(who.error->code, given, who.error->text);
      return smtp_->on_answer(smtp::Decision{std::move(*who.error), false});
    }
    // Who is behind an alias is for EXPN to tell.
    const bool aliased = std::ranges::any_of(
        who.steps, [](const auto& step) { return step.rule.starts_with("alias:"); });
    if (aliased && telling == Telling::address) who.members = {{address}};
    // What another host would say of its users nobody knows here.
    mail::Reply reply{aliased ? 250 : 252, "2.1.5", {}};
    for (const auto& one : who.members) {
      const auto user = local_part_of_ours(one.shown());
      if (user) reply.code = 250;
      if (!reply.text.empty()) reply.text += '\n';
      reply.text += "<" + (user ? *user + "@" + options_->host : one.shown()) + ">";
    }
    smtp_->on_answer(smtp::Decision{std::move(reply), false});
  });
}

}  // namespace signet::receive
