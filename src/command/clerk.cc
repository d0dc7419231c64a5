#include "command/clerk.h"

#include <pwd.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iostream>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "command/paths.h"
#include "signet/base/text.h"
#include "signet/clientqueue/deposit.h"

namespace signet::command {
namespace {

// "&" in the full name of /etc/passwd is the login name with a capital letter.
std::string full_name_of(std::string_view gecos, std::string_view login) {
  std::string name;
  for (const char c : gecos.substr(0, gecos.find_first_of(",;%"))) {
    if (c != '&') {
      name += c;
    } else if (!login.empty()) {
      name += login.front() >= 'a' && login.front() <= 'z'
                  ? static_cast<char>(login.front() - 'a' + 'A')
                  : login.front();
      name += login.substr(1);
    }
  }
  return name;
}

Caller who_calls() {
  Caller caller{.name = {}, .full_name = {}, .uid = getuid()};
  const passwd* entry = getpwuid(caller.uid);
  caller.name = entry != nullptr ? entry->pw_name : std::to_string(caller.uid);
  if (entry != nullptr) caller.full_name = full_name_of(entry->pw_gecos, caller.name);
  return caller;
}

// How a refusal ends: sysexits, as sendmail maps them.
int exit_status(const submit::RecipientFate& refused) {
  const int code = refused.reply.code;
  if (refused.phase == smtp::Phase::rcpt && (code == 550 || code == 551 || code == 553)) {
    return EX_NOUSER;
  }
  if (refused.phase == smtp::Phase::mail && (code == 501 || code == 553)) return EX_DATAERR;
  return EX_UNAVAILABLE;
}

}  // namespace

Clerk::Clerk(const Submission& order, ClientSetup setup)
    : order_(order),
      setup_(std::move(setup)),
      caller_(who_calls()),
      log_(open_client_log(setup_, order.log_tag)) {
  auto options = setup_.outbox;
  if (log_) options.log = [this](const maillog::Line& line) { log_->write(line); };
  // restrictexpand: what the MTA says may tell of aliases.
  const bool may_watch = !setup_.config.privacy.restrict_expand || caller_.uid == 0;
  if (is_verbose() && may_watch)
    options.tell = [](std::string_view text) { std::cout << printable(text, 4096) << '\n'; };
  auto queue = clientqueue::ClientQueue::open(setup_.queue_folder, setup_.owner);
  if (queue) {
    outbox_.emplace(std::move(options), std::move(*queue));
    return;
  }
  no_queue_ = queue.error();
  if (auto program = drop_program(); !program.empty()) {
    options.deposit = [program = std::move(program), folder = setup_.queue_folder](
                          const clientqueue::Waiting& message, const Fd& content) {
      return clientqueue::deposit(program, folder, message, content);
    };
  }
  outbox_.emplace(std::move(options), std::nullopt);
}

std::string Clerk::whole(std::string_view address) const {
  return submit::qualified(address, setup_.outbox.host);
}

std::string Clerk::error_mode() const {
  return order_.error_mode.empty() ? setup_.config.error_mode : order_.error_mode;
}

std::string Clerk::sender() const {
  if (!order_.sender) {
    const std::string own = whole(caller_.name);
    return shown(own, policy::Role::sender, policy::Place::envelope);
  }
  const auto named = submit::addresses_in(*order_.sender);
  return named.empty() ? std::string() : whole(named.front());
}

std::string Clerk::shown(std::string_view address, policy::Role role, policy::Place place) const {
  const policy::Usage usage{role, place, policy::Way::relay};
  const auto& [site, rewriting] = setup_.addresses;
  auto found = policy::rewrite_address(site, rewriting, address, usage);
  return found ? std::move(found->address) : std::string(address);
}

// A user whom nobody trusts has named another sender.
std::string Clerk::warning(const std::string& sender) const {
  if (!order_.sender || !setup_.config.privacy.auth_warnings) return {};
  if (sender == whole(caller_.name)) return {};
  constexpr std::array kAlways = std::to_array<std::string_view>({"root", "daemon", "uucp"});
  const auto trusted = setup_.config.members("t");
  if (std::ranges::find(kAlways, caller_.name) != kAlways.end()) return {};
  if (std::ranges::find(trusted, caller_.name) != trusted.end()) return {};
  return fmt::format("{}: {} set sender to {} using -{}", setup_.outbox.host, caller_.name,
                     sender.empty() ? "<>" : sender, order_.sender_option);
}

// Of the arguments and, with -t, of the header; each once.
std::vector<std::string> Clerk::recipients(const std::vector<submit::Field>& fields) const {
  std::vector<std::string> named;
  for (const auto& argument : order_.arguments) {
    for (auto& one : submit::addresses_in(argument)) named.push_back(std::move(one));
  }
  if (order_.from_header) {
    for (auto& one : submit::recipients_of(fields)) named.push_back(std::move(one));
  }
  std::vector<std::string> all;
  std::unordered_set<std::string> seen;
  for (const auto& one : named) {
    std::string address = whole(one);
    if (!address.empty() && seen.insert(address).second) all.push_back(std::move(address));
  }
  return all;
}

// By its Received fields, or by what -h says of hosts that leave none.
bool Clerk::has_gone_too_far(const std::vector<submit::Field>& fields) const {
  const auto traces = std::ranges::count_if(
      fields, [](const submit::Field& one) { return iequals(one.name, "received"); });
  const auto hops = std::max(order_.hops, static_cast<std::uint64_t>(traces));
  return hops > setup_.config.max_hops;
}

int Clerk::take_message() {
  clientqueue::Waiting message;
  message.id = outbox_->new_id(read_clocks().wall);
  const std::string id = message.id;
  auto content = outbox_->begin(id);
  if (!content) {
    std::cerr << "sendmail: " << content.error().what << '\n';
    return EX_CANTCREAT;
  }
  MessageInput input(order_.ignore_dots || setup_.config.ignore_dots);
  if (const auto refusal = take(input, *content, message)) {
    while (input.next()) {
      // The writer is not to be cut off in the middle.
    }
    std::cerr << refusal->why << '\n';
    outbox_->discard(id);
    return refusal->status;
  }
  return finish(std::move(message), *content);
}

std::optional<Clerk::Refusal> Clerk::take(MessageInput& input, const Fd& content,
                                          clientqueue::Waiting& message) {
  submit::HeaderReader reader(setup_.config.save_from_line);
  FirstOfBody first_of_body;
  if (auto refusal = read_header(input, reader, first_of_body)) return refusal;
  if (auto refusal = address(message, reader.fields())) return refusal;

  const auto now = circumstances(message);
  MessageOutput output(content);
  output.write(submit::completed_header(reader.fields(), now));
  output.write("\r\n");
  if (auto refusal = copy_body(input, std::move(first_of_body), output)) return refusal;

  message.size = output.size();
  message.body = order_.body;
  if (message.body == mail::Body::unspecified && output.eight_bit()) {
    message.body = mail::Body::eight_bit_mime;
  }
  log_arrival(message, submit::message_id(reader.fields(), now));
  return std::nullopt;
}

std::optional<Clerk::Refusal> Clerk::read_header(MessageInput& input, submit::HeaderReader& reader,
                                                 FirstOfBody& first_of_body) const {
  using Took = submit::HeaderReader::Took;
  auto took = Took::line;
  while (took == Took::line) {
    auto line = input.next();
    if (!line) break;
    took = reader.on_line(line->text);
    if (took == Took::not_ours) first_of_body = std::move(*line);
  }
  if (took == Took::too_large) {
    return Refusal{EX_DATAERR, fmt::format("552 5.6.0 Headers too large ({} bytes max)",
                                           submit::kMostHeaderBytes)};
  }
  if (has_gone_too_far(reader.fields())) {
    return Refusal{EX_UNAVAILABLE,
                   fmt::format("554 5.4.6 Too many hops ({} max)", setup_.config.max_hops)};
  }
  return std::nullopt;
}

std::optional<Clerk::Refusal> Clerk::address(clientqueue::Waiting& message,
                                             const std::vector<submit::Field>& fields) const {
  message.user = caller_.name;
  message.arrived = read_clocks().wall;
  message.sender = sender();
  message.envelope_id = order_.envelope_id;
  message.return_part = order_.return_part;
  message.notify = order_.notify;
  message.recipients = recipients(fields);
  if (message.recipients.size() > clientqueue::kMostRecipients) {
    return Refusal{EX_DATAERR, "sendmail: too many recipients"};
  }
  if (message.recipients.empty()) {
    return Refusal{EX_OK, "No recipient addresses found in header"};  // as sendmail
  }
  return std::nullopt;
}

submit::Circumstances Clerk::circumstances(const clientqueue::Waiting& message) const {
  submit::Circumstances now{
      .host = setup_.outbox.host,
      .version = setup_.outbox.version,
      .id = message.id,
      .user = caller_.name,
      .full_name = order_.full_name,
      .sender = message.sender,
      .warning = warning(message.sender),
      .recipient = message.recipients.size() == 1 ? mail::in_brackets(message.recipients.front())
                                                  : std::string(),
      .now = message.arrived,
      .change =
          [this](mail::AddressField field, std::string_view address) {
            const bool of_sender = field == mail::AddressField::sender;
            return shown(address, of_sender ? policy::Role::sender : policy::Role::recipient,
                         policy::Place::header);
          },
      .as_it_is = order_.as_it_is};
  if (now.full_name.empty() && !order_.sender) now.full_name = caller_.full_name;
  return now;
}

std::optional<Clerk::Refusal> Clerk::copy_body(MessageInput& input, FirstOfBody first,
                                               MessageOutput& output) const {
  const std::uint64_t limit = setup_.config.max_message_bytes;
  const auto has_room = [&] { return limit == 0 || output.size() <= limit; };
  for (auto line = first ? std::move(first) : input.next(); line; line = input.next()) {
    output.write(line->text);
    output.write(line->end());
    if (output.failure() != 0 || !has_room()) break;
  }
  output.flush();
  if (input.failure() != 0) {
    return Refusal{EX_NOINPUT, "sendmail: reading the message: " + error_text(input.failure())};
  }
  if (const int failure = output.failure(); failure != 0) {
    return Refusal{failure == ENOSPC || failure == EDQUOT ? EX_TEMPFAIL : EX_IOERR,
                   "sendmail: writing the message: " + error_text(failure)};
  }
  if (!has_room()) {
    return Refusal{EX_UNAVAILABLE, fmt::format("sendmail: message is larger than {} bytes", limit)};
  }
  return std::nullopt;
}

void Clerk::log_arrival(const clientqueue::Waiting& message, std::string message_id) const {
  if (!log_) return;
  mail::Envelope envelope;
  envelope.id = message.id;
  envelope.sender = message.sender;
  envelope.size = message.size;
  envelope.body = message.body;
  envelope.message_id = std::move(message_id);
  log_->write(
      maillog::from_line(envelope, message.recipients.size(), "", caller_.name + "@localhost"));
}

int Clerk::finish(clientqueue::Waiting message, const Fd& content) {
  const std::string mode = error_mode();
  const bool quiet = mode.starts_with('q');
  const std::string id = message.id;
  const bool queue_only =
      order_.queue_only || setup_.config.delivery_mode == conf::DeliveryMode::queue_only;
  auto settled =
      outbox_->settle(std::move(message), content,
                      queue_only ? submit::Attempt::at_queue_run : submit::Attempt::now,
                      quiet ? submit::Refusals::keep_quiet : submit::Refusals::mail_back);
  if (!settled) {
    std::cerr << "sendmail: " << settled.error().what
              << (no_queue_ ? " (" + no_queue_->what + ")" : std::string()) << '\n';
    outbox_->discard(id);
    return EX_TEMPFAIL;
  }
  int status = EX_OK;
  for (const auto& one : settled->refused) {
    status = exit_status(one);
    // -oem, -oew and -oee leave it to the mail that goes back.
    if (mode.starts_with('p')) {
      std::cerr << printable(one.address) << "... " << printable(one.reply.line()) << '\n';
    }
  }
  if (is_verbose() && settled->waiting > 0) std::cout << id << ": queued\n";
  return mode == "e" ? EX_OK : status;
}

int Clerk::run_queue() {
  if (no_queue_) {
    std::cerr << "sendmail: " << no_queue_->what << '\n';
    return EX_CANTCREAT;
  }
  if (auto ran = outbox_->run_queue(); !ran) {
    std::cerr << "sendmail: " << ran.error().what << '\n';
    return EX_IOERR;
  }
  return EX_OK;
}

}  // namespace signet::command
