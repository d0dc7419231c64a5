#include "deliver/resend.h"

#include <algorithm>
#include <utility>

#include "signet/base/text.h"
#include "signet/deliver/courier.h"
#include "signet/maillog/lines.h"

namespace signet::deliver {
namespace {

// Read for one message; when it is so many, or so much, the rest is left to another.
constexpr std::size_t kMostLists = 100;
constexpr std::size_t kMostListBytes = 4 * 1024 * 1024;
constexpr std::size_t kCopyBytes = 256 * 1024;

policy::AliasOptions alias_options(const Options& options) {
  return {.virtual_users = {.site = &options.site,
                            .virtusertable = options.virtusertable.get(),
                            .mailertable = options.mailertable.get()},
          .maps = &options.aliases,
          .most_deep = options.max_alias_recursion};
}

// A map or the spool fails: later again.
LocalResult not_now(std::string reason) {
  return {.delivered = false, .temporary = true, .status = "4.3.0", .reason = std::move(reason)};
}

LocalResult result_of_error(const Error& error) {
  if (error.kind == ErrorKind::temporary) return not_now(error.what);
  return {.delivered = false, .temporary = false, .status = "5.3.0", .reason = error.what};
}

LocalResult resent() { return {.delivered = true, .status = "2.0.0"}; }

LocalResult result_of_reply(const mail::Reply& reply) {
  return {.delivered = false,
          .temporary = !reply.permanent(),
          .status = reply.enhanced,
          .reason = reply.text};
}

// The copies to be made, each with the recipients of the envelope that are done when it is safe.
// What a list became is safe together or not at all: where its members have several owners, one
// message takes all of them along as they are, and makes one for each owner in its turn.
std::vector<Copies> copies_of(const Resend& order) {
  auto all = copies_by_owner(order.work->message->envelope, order.members);
  if (order.lists.empty()) {
    for (auto& copies : all) {
      for (auto& place : copies.places) place = order.recipients[place];
    }
    return all;
  }
  if (all.size() > 1) all = {Copies{.owner = {}, .recipients = order.members, .places = {}}};
  for (auto& copies : all) copies.places = order.recipients;
  return all;
}

}  // namespace

// Whoever reports has no sender, and stays so: reports about reports would go round.
std::vector<Copies> copies_by_owner(const mail::Envelope& original,
                                    std::vector<mail::Recipient> members) {
  std::vector<Copies> all;
  for (std::size_t i = 0; i < members.size(); ++i) {
    std::string owner = std::exchange(members[i].owner, {});
    if (original.sender.empty()) owner.clear();
    auto same = std::ranges::find(all, owner, &Copies::owner);
    if (same == all.end()) {
      same = all.insert(same, Copies{.owner = owner, .recipients = {}, .places = {}});
    }
    same->recipients.push_back(std::move(members[i]));
    same->places.push_back(i);
  }
  return all;
}

mail::Envelope envelope_of_copies(const mail::Envelope& original, Copies copies, std::string id) {
  mail::Envelope made = original;
  made.id = std::move(id);
  made.recipients = std::move(copies.recipients);
  made.quarantine.clear();
  if (!copies.owner.empty()) {
    made.sender = std::move(copies.owner);
    made.auth_sender.clear();  // who sent it to the list does not answer for the list
    // Nor does the list report to him. RFC 3461 §5.2.7.4
    made.envelope_id.clear();
    made.return_part = mail::ReturnPart::unspecified;
    for (auto& recipient : made.recipients) {
      recipient.notify = {};
      recipient.original.clear();
    }
  }
  return made;
}

// A recipient that is no list has no wishes of its own once it stands for another sender.
Outcome::Reach Resend::reach_of(std::size_t recipient) const {
  const auto& named = work->message->envelope.recipients[recipient];
  const bool is_list = named.kind == mail::Recipient::Kind::list;
  const auto list = is_list ? policy::key_of_list(named) : forwarded;
  return expanded.contains(list) ? Outcome::Reach::expanded : Outcome::Reach::handed_down;
}

bool becomes_others(const mail::Envelope& envelope, const mail::Recipient& recipient) {
  if (recipient.kind == mail::Recipient::Kind::alias) return false;
  const bool owned = !recipient.owner.empty() && !envelope.sender.empty() &&
                     !iequals(recipient.owner, envelope.sender);
  return owned || recipient.kind == mail::Recipient::Kind::list;
}

// Those that stand in the envelope.
void Courier::resend(const std::shared_ptr<Work>& work,
                     const std::vector<std::size_t>& recipients) {
  auto order = std::make_shared<Resend>();
  order->work = work;
  for (const auto index : recipients) {
    auto recipient = work->message->envelope.recipients[index];
    if (recipient.kind != mail::Recipient::Kind::list) {
      order->recipients.push_back(index);
      order->members.push_back(std::move(recipient));
    } else if (recipient.trail.size() >= options_->max_alias_recursion) {
      ++work->groups_open;
      give_up_list(work, index,
                   {.delivered = false,
                    .temporary = false,
                    .status = "5.4.6",
                    .reason = "aliasing/forwarding loop broken"});
    } else {
      order->recipients.push_back(index);
      order->why = "list=" + recipient.address;
      order->lists.push_back(std::move(recipient));
    }
  }
  expand(order);
}

// The mailbox that `task` is for has a .forward file.
void Courier::forward(Task task, MembersFile file) {
  const auto index = task.recipients.front();
  const auto& recipient = task.work->message->envelope.recipients[index];
  auto order = std::make_shared<Resend>();
  order->recipients = {index};
  order->why = "forward=" + file.path;
  mail::Recipient list = recipient;
  list.kind = mail::Recipient::Kind::list;
  list.address = file.path;
  list.user = file.user;
  list.origin = recipient.origin.empty() ? recipient.address : recipient.origin;
  list.owner.clear();
  list.source.clear();
  list.list_source.clear();
  list.trail.push_back(policy::forwarding_name(task.addresses.front()));
  order->mailbox = recipient;
  order->mailbox->kind = mail::Recipient::Kind::mailbox;
  const auto key = policy::key_of_list(list);
  order->forwarded = key;
  order->lists.push_back(std::move(list));
  order->work = std::move(task.work);
  on_list_read(order, key, std::move(file));
}

void Courier::on_list_read(const std::shared_ptr<Resend>& order, const std::string& key,
                           MembersFile file) {
  order->bytes += file.text.size();
  order->fresh[key] = std::move(file);
  expand(order);
}

// Again and again, until all lists are read. Members may be many, and maps may wait: a worker does
// it, who has the order for himself meanwhile.
void Courier::expand(const std::shared_ptr<Resend>& order) {
  const bool waits = options_->maps_wait && around_.map_workers != nullptr;
  auto& workers = waits ? *around_.map_workers : around_.workers;
  workers.run_for("lists", [this, &loop = around_.loop, here = std::weak_ptr<bool>(alive_),
                            options = options_, order = order]() mutable {
    for (auto& [key, file] : order->fresh) {
      order->texts[key] = policy::read_list_text(file.text, std::move(file.user));
    }
    order->fresh.clear();
    auto found = policy::find_members(alias_options(*options), order->lists, order->texts);
    loop.post([this, here = std::move(here), order = std::move(order),
               found = std::move(found)]() mutable {
      if (!here.expired()) take_members(order, std::move(found));
    });
  });
}

void Courier::take_members(const std::shared_ptr<Resend>& order, policy::Recipients found) {
  if (found.error) return end_resend(order, order->recipients, result_of_reply(*found.error));
  const auto unread = std::ranges::find_if(found.members, [&](const mail::Recipient& one) {
    return one.kind == mail::Recipient::Kind::list &&
           !order->unreadable.contains(policy::key_of_list(one)) &&
           !order->texts.contains(policy::key_of_list(one));
  });
  const bool may_read = order->texts.size() < kMostLists && order->bytes < kMostListBytes;
  if (unread != found.members.end() && may_read) {
    return read_list(order, *unread);
  }
  const auto& id = order->work->message->envelope.id;
  if (!found.trouble.empty()) around_.log.write(maillog::system_error(id, found.trouble));
  order->expanded.insert(found.expanded_lists.begin(), found.expanded_lists.end());
  std::ranges::move(found.members, std::back_inserter(order->members));
  if (!order->mailbox) {
    // A slip, or a list that is just being written, must not lose mail.
    const auto why = not_now(found.trouble.empty() ? "list has no members" : found.trouble);
    for (const auto& key : found.empty_lists) leave_out(*order, key, why);
  } else if (order->members.empty()) {
    order->members.push_back(*order->mailbox);
  }
  commit_copies(order);
}

void Courier::read_list(const std::shared_ptr<Resend>& order, const mail::Recipient& list) {
  LocalLetter question{.kind = list.kind, .user = list.user};
  question.target = list.address.substr(policy::kIncludeMark.size());
  question.alias = list.source;
  question.files = policy::files_behind(list);
  question.list_alias = list.list_source;
  around_.agent.deliver(std::move(question), [this, here = std::weak_ptr<bool>(alive_), order,
                                              key = policy::key_of_list(list)](LocalResult answer) {
    if (here.expired()) return;
    if (answer.members) return on_list_read(order, key, std::move(*answer.members));
    if (!leave_out(*order, key, answer)) order->unreadable.insert(key);
    expand(order);
  });
}

// A list of the envelope that cannot be read, or is empty, is reported, or waits, alone. False: it
// is only named by another.
bool Courier::leave_out(Resend& order, const std::string& key, const LocalResult& answer) {
  const auto list = std::ranges::find(order.lists, key, policy::key_of_list);
  if (list == order.lists.end()) return false;
  const auto& recipients = order.work->message->envelope.recipients;
  const auto index = std::ranges::find_if(order.recipients, [&](std::size_t one) {
    return policy::key_of_list(recipients[one]) == key;
  });
  ++order.work->groups_open;
  give_up_list(order.work, *index, answer);
  order.recipients.erase(index);
  order.lists.erase(list);
  return true;
}

void Courier::give_up_list(const std::shared_ptr<Work>& work, std::size_t index,
                           const LocalResult& answer) {
  TaskResult result;
  result.outcomes.push_back(outcome_of_letter(answer));
  const auto& address = work->message->envelope.recipients[index].address;
  on_result(Task{work, {index}, {address}, "*include*"}, std::move(result));
}

// Each is settled by itself: what failed is tried again without the others.
void Courier::commit_copies(const std::shared_ptr<Resend>& order) {
  const auto work = order->work;
  auto all = copies_of(*order);
  if (all.empty()) return end_resend(order, {}, resent());
  work->groups_open += all.size() - 1;
  for (auto& copies : all) {
    Copying copying;
    copying.content = work->message->content;
    copying.draft = around_.spool.begin(around_.loop);
    copying.then = [this, here = std::weak_ptr<bool>(alive_), order, work,
                    recipients = std::move(copies.places),
                    why = copies.owner.empty() ? order->why : "owner=" + copies.owner](
                       Result<queue::Committed> committed) {
      if (here.expired()) return;
      if (!committed) return end_resend(order, recipients, result_of_error(committed.error()));
      around_.log.write(maillog::clone(work->message->envelope.id, committed->id(), why));
      take(std::move(*committed));
      end_resend(order, recipients, resent());
    };
    copying.envelope = envelope_of_copies(work->message->envelope, std::move(copies),
                                          around_.ids.next(now().wall));
    copy(std::move(copying));
  }
}

void Courier::copy(Copying copying) {
  const auto number = copies_made_++;
  copying_.emplace(number, std::move(copying));
  copy_on(number);
}

// What went well was logged with the copies.
void Courier::end_resend(const std::shared_ptr<Resend>& order,
                         const std::vector<std::size_t>& recipients, const LocalResult& result) {
  const auto& work = order->work;
  if (result.delivered) {
    work->attempted = true;
    for (const auto index : recipients) {
      auto& outcome = work->outcomes[index] = outcome_of_letter(result);
      outcome->reach = order->reach_of(index);
    }
    if (--work->groups_open == 0) return settle(work);
    return record_delivered(*work, recipients);
  }
  TaskResult failed;
  failed.outcomes.assign(recipients.size(), outcome_of_letter(result));
  on_result(Task{work, recipients, {}, "*include*"}, std::move(failed));
}

// As fast as the disk takes it; what is on disk is read by a worker.
void Courier::copy_on(std::uint64_t number) {
  auto& copying = copying_.at(number);
  if (copying.content != nullptr && copying.at == 0) {
    const auto here = copying.content->in_memory();
    copying.draft->append(here);
    copying.at = here.size();
  }
  if (copying.content == nullptr || copying.at >= copying.content->size()) {
    auto ready = std::move(copying_.extract(number).mapped());
    ready.draft->append(ready.behind);
    return around_.spool.commit(std::move(ready.draft), std::move(ready.envelope), {},
                                std::move(ready.then));
  }
  if (copying.draft->congested()) {
    return copying.draft->on_relief([this, number] { copy_on(number); });
  }
  around_.workers.run([this, &loop = around_.loop, here = std::weak_ptr<bool>(alive_), number,
                       content = copying.content, at = copying.at]() mutable {
    auto piece = content->read(at, kCopyBytes);
    loop.post([this, here = std::move(here), number, piece = std::move(piece)]() mutable {
      if (!here.expired()) on_copy_read(number, std::move(piece));
    });
  });
}

void Courier::on_copy_read(std::uint64_t number, Result<std::string> piece) {
  if (piece && piece->empty()) piece = temporary("content of the message ends early");
  if (!piece) {
    auto then = std::move(copying_.extract(number).mapped().then);
    return then(std::unexpected(std::move(piece).error()));
  }
  auto& copying = copying_.at(number);
  copying.at += piece->size();
  copying.draft->append(*piece);
  copy_on(number);
}

}  // namespace signet::deliver
