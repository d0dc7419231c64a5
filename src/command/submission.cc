#include "command/submission.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <grp.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <thread>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "command/client_setup.h"
#include "signet/base/text.h"
#include "signet/conf/load.h"
#include "signet/daemon/inspect.h"
#include "signet/submit/message.h"
#include "signet/submit/outbox.h"

namespace signet::command {
namespace {

constexpr std::size_t kReadBytes = 65536;
constexpr std::size_t kMostRecipients = 100000;
// A longer line comes in pieces: no message is in memory as a whole.
constexpr std::size_t kMostLineBytes = 2 * submit::kMostHeaderBytes;

struct Caller {
  std::string name;
  std::string full_name;
  uid_t uid = 0;
};

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

int complain(const Error& error) {
  std::cerr << error.what << '\n';
  return conf::exit_code(error);
}

// Lines of standard input, LF or CRLF; without -i a lone dot is the end.
class Input final {
 public:
  explicit Input(bool ignore_dots) : ignore_dots_(ignore_dots) {}

  struct Line {
    std::string text;
    bool whole = true;  // false: more of the same line follows
    [[nodiscard]] std::string_view end() const { return whole ? "\r\n" : ""; }
  };

  // Nothing: the end. A line without its end; CR inside a line begins another one, because an MTA
  // takes CR and LF as a pair only.
  std::optional<Line> next() {
    Line line;
    bool any = false;
    const bool begins = !std::exchange(inside_, false);
    while (true) {
      if (at_ == got_ && !fill()) break;
      if (line.text.size() >= kMostLineBytes) {
        inside_ = true;
        line.whole = false;
        return line;
      }
      const std::string_view rest(buffer_.data() + at_, got_ - at_);
      any = true;
      const auto end = rest.find_first_of("\r\n");
      line.text += rest.substr(0, end);
      if (end == std::string_view::npos) {
        at_ = got_;
        continue;
      }
      at_ += end + 1;
      if (rest[end] == '\r' && (at_ < got_ || fill()) && buffer_[at_] == '\n') ++at_;
      break;
    }
    // The rest of a line that came in pieces may be empty, and still has an end.
    if (!any && !begins) return line;
    if (!any || (begins && !ignore_dots_ && line.text == ".")) {
      over_ = true;
      at_ = got_;
      return std::nullopt;
    }
    return line;
  }
  [[nodiscard]] int failure() const { return failure_; }

 private:
  bool fill() {
    if (over_) return false;
    while (true) {
      const ssize_t got = read(STDIN_FILENO, buffer_.data(), buffer_.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) failure_ = errno;
      at_ = 0;
      got_ = got > 0 ? static_cast<std::size_t>(got) : 0;
      over_ = got <= 0;
      return got > 0;
    }
  }

  bool ignore_dots_;
  std::array<char, kReadBytes> buffer_{};
  std::size_t at_ = 0;
  std::size_t got_ = 0;
  bool over_ = false;
  bool inside_ = false;
  int failure_ = 0;
};

// The content's file, written in large pieces.
class Output final {
 public:
  explicit Output(const Fd& file) : file_(file) {}
  void write(std::string_view bytes) {
    size_ += bytes.size();
    for (const char c : bytes)
      eight_bit_ = eight_bit_ || (static_cast<unsigned char>(c) & 0x80U) != 0;
    held_ += bytes;
    if (held_.size() >= kReadBytes) flush();
  }
  void flush() {
    std::string_view rest = held_;
    while (!rest.empty() && failure_ == 0) {
      const ssize_t wrote = ::write(file_.get(), rest.data(), rest.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) {
        failure_ = errno;
      } else {
        rest.remove_prefix(static_cast<std::size_t>(wrote));
      }
    }
    held_.clear();
  }
  [[nodiscard]] int failure() const { return failure_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool eight_bit() const { return eight_bit_; }

 private:
  const Fd& file_;
  std::string held_;
  std::uint64_t size_ = 0;
  bool eight_bit_ = false;
  int failure_ = 0;
};

// How a refusal ends: sysexits, as sendmail maps them.
int exit_status(const submit::RecipientFate& refused) {
  const int code = refused.reply.code;
  if (refused.phase == smtp::Phase::rcpt && (code == 550 || code == 551 || code == 553)) {
    return EX_NOUSER;
  }
  if (refused.phase == smtp::Phase::mail && (code == 501 || code == 553)) return EX_DATAERR;
  return EX_UNAVAILABLE;
}

class Clerk final {
 public:
  Clerk(const Submission& order, ClientSetup setup)
      : order_(order),
        setup_(std::move(setup)),
        caller_(who_calls()),
        log_(open_client_log(setup_, order.log_tag)) {
    auto options = setup_.outbox;
    if (log_) options.log = [this](const maillog::Line& line) { log_->write(line); };
    if (order.verbose)
      options.tell = [](std::string_view text) { std::cout << printable(text, 4096) << '\n'; };
    auto queue = submit::ClientQueue::open(setup_.queue_folder, setup_.owner);
    if (queue) {
      outbox_.emplace(std::move(options), std::move(*queue));
    } else {
      no_queue_ = queue.error();
      outbox_.emplace(std::move(options), std::nullopt);
    }
  }

  int take_message();
  int run_queue();
  [[nodiscard]] const std::optional<Error>& no_queue() const { return no_queue_; }

 private:
  int take(const std::string& id, const Fd& content);
  int finish(submit::Waiting message, const Fd& content);
  [[nodiscard]] std::string whole(std::string_view address) const {
    return submit::qualified(address, setup_.outbox.host);
  }
  [[nodiscard]] std::vector<std::string> recipients(const std::vector<submit::Field>& fields) const;
  [[nodiscard]] bool has_gone_too_far(const std::vector<submit::Field>& fields) const;
  [[nodiscard]] std::string sender() const;
  // An address as other hosts see it.
  [[nodiscard]] std::string shown(std::string_view address, policy::Role role,
                                  policy::Place place) const;
  [[nodiscard]] std::string warning(const std::string& sender) const;
  [[nodiscard]] std::string error_mode() const {
    return order_.error_mode.empty() ? setup_.config.error_mode : order_.error_mode;
  }

  const Submission& order_;
  ClientSetup setup_;
  Caller caller_;
  std::unique_ptr<maillog::Log> log_;
  std::optional<submit::Outbox> outbox_;
  std::optional<Error> no_queue_;
};

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
  const std::string id = outbox_->new_id(read_clocks().wall);
  auto content = outbox_->begin(id);
  if (!content) {
    std::cerr << "sendmail: " << content.error().what << '\n';
    return EX_CANTCREAT;
  }
  return take(id, *content);
}

int Clerk::take(const std::string& id, const Fd& content) {
  const auto give_up = [&](int status) {
    outbox_->discard(id);
    return status;
  };
  Input input(order_.ignore_dots || setup_.config.ignore_dots);
  submit::HeaderReader reader(setup_.config.save_from_line);
  std::optional<Input::Line> body_line;
  using Took = submit::HeaderReader::Took;
  auto took = Took::line;
  while (auto line = input.next()) {
    took = reader.on_line(line->text);
    if (took == Took::line) continue;
    if (took == Took::not_ours) body_line = std::move(*line);
    break;
  }
  const auto refuse = [&](int status, std::string_view why) {
    while (input.next()) {
      // The writer is not to be cut off in the middle.
    }
    std::cerr << why << '\n';
    return give_up(status);
  };
  if (took == Took::too_large) {
    return refuse(EX_DATAERR, fmt::format("552 5.6.0 Headers too large ({} bytes max)",
                                          submit::kMostHeaderBytes));
  }
  if (has_gone_too_far(reader.fields())) {
    return refuse(EX_UNAVAILABLE,
                  fmt::format("554 5.4.6 Too many hops ({} max)", setup_.config.max_hops));
  }

  submit::Waiting message;
  message.id = id;
  message.user = caller_.name;
  message.arrived = read_clocks().wall;
  message.sender = sender();
  message.envelope_id = order_.envelope_id;
  message.return_part = order_.return_part;
  message.notify = order_.notify;
  message.recipients = recipients(reader.fields());
  if (message.recipients.size() > kMostRecipients) {
    return refuse(EX_DATAERR, "sendmail: too many recipients");
  }
  if (message.recipients.empty()) {
    return refuse(EX_OK, "No recipient addresses found in header");  // as sendmail
  }

  submit::Circumstances now{
      .host = setup_.outbox.host,
      .version = setup_.outbox.version,
      .id = id,
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
  Output output(content);
  output.write(submit::completed_header(reader.fields(), now));
  output.write("\r\n");
  const std::uint64_t limit = setup_.config.max_message_bytes;
  const auto has_room = [&] { return limit == 0 || output.size() <= limit; };
  for (auto line = body_line ? std::move(body_line) : input.next(); line; line = input.next()) {
    output.write(line->text);
    output.write(line->end());
    if (output.failure() != 0 || !has_room()) break;
  }
  output.flush();
  if (input.failure() != 0) {
    std::cerr << "sendmail: reading the message: " << error_text(input.failure()) << '\n';
    return give_up(EX_NOINPUT);
  }
  if (output.failure() != 0) {
    std::cerr << "sendmail: writing the message: " << error_text(output.failure()) << '\n';
    return give_up(output.failure() == ENOSPC || output.failure() == EDQUOT ? EX_TEMPFAIL
                                                                            : EX_IOERR);
  }
  if (!has_room()) {
    return refuse(EX_UNAVAILABLE, fmt::format("sendmail: message is larger than {} bytes", limit));
  }
  message.size = output.size();
  message.body = order_.body;
  if (message.body == mail::Body::unspecified && output.eight_bit()) {
    message.body = mail::Body::eight_bit_mime;
  }
  if (log_) {
    mail::Envelope envelope;
    envelope.id = id;
    envelope.sender = message.sender;
    envelope.size = message.size;
    envelope.body = message.body;
    envelope.message_id = submit::message_id(reader.fields(), now);
    log_->write(
        maillog::from_line(envelope, message.recipients.size(), "", caller_.name + "@localhost"));
  }
  return finish(std::move(message), content);
}

int Clerk::finish(submit::Waiting message, const Fd& content) {
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
  if (order_.verbose && settled->waiting > 0) std::cout << id << ": queued\n";
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

// The queue's files belong to RunAsUser; a queue run needs no more than that.
bool become_owner(const ClientSetup& setup) {
  if (!setup.owner) return true;
  const auto [uid, gid] = *setup.owner;
  return setgroups(1, &gid) == 0 && setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0;
}

int connect_to(const submit::Mta& mta) {
  for (const auto& address : mta.addresses) {
    const std::string host = address.ip.to_string();
    const bool v6 = address.ip.is_v6();
    sockaddr_storage where{};
    socklen_t length = 0;
    if (v6) {
      auto* to = reinterpret_cast<sockaddr_in6*>(&where);
      to->sin6_family = AF_INET6;
      to->sin6_port = htons(address.port);
      inet_pton(AF_INET6, host.c_str(), &to->sin6_addr);
      length = sizeof *to;
    } else {
      auto* to = reinterpret_cast<sockaddr_in*>(&where);
      to->sin_family = AF_INET;
      to->sin_port = htons(address.port);
      inet_pton(AF_INET, host.c_str(), &to->sin_addr);
      length = sizeof *to;
    }
    Fd socket(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.valid() && connect(socket.get(), reinterpret_cast<sockaddr*>(&where), length) == 0) {
      return socket.release();
    }
  }
  return -1;
}

bool copy_some(int from, int to) {
  std::array<char, kReadBytes> buffer{};
  const ssize_t got = read(from, buffer.data(), buffer.size());
  if (got <= 0) return got < 0 && errno == EINTR;
  std::string_view rest(buffer.data(), static_cast<std::size_t>(got));
  while (!rest.empty()) {
    const ssize_t wrote = ::write(to, rest.data(), rest.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

// Bytes both ways until the MTA hangs up.
void join_streams(int socket) {
  std::array<pollfd, 2> watched{{{STDIN_FILENO, POLLIN, 0}, {socket, POLLIN, 0}}};
  while (true) {
    if (poll(watched.data(), watched.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    if (watched[1].revents != 0 && !copy_some(socket, STDOUT_FILENO)) return;
    if (watched[0].revents != 0 && !copy_some(STDIN_FILENO, socket)) {
      shutdown(socket, SHUT_WR);
      watched[0].fd = -1;
    }
  }
}

void show_waiting(const submit::Waiting& message) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(message.arrived);
  std::tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 32> time{};
  static_cast<void>(std::strftime(time.data(), time.size(), "%a %b %e %H:%M", &local));
  std::cout << fmt::format("{:<14} {:8} {} {}\n", message.id, message.size, time.data(),
                           printable(mail::in_brackets(message.sender)));
  if (!message.status.empty()) {
    std::cout << fmt::format("                 ({})\n", printable(message.status, 60));
  }
  for (const auto& one : message.recipients) {
    std::cout << "\t\t\t\t\t " << printable(mail::in_brackets(one)) << '\n';
  }
}

}  // namespace

bool give_up_group() {
  return setresgid(getgid(), getgid(), getgid()) == 0 && getegid() == getgid();
}

void settle_environment() {
  const char* zone = secure_getenv("TZ");
  const std::string kept = zone != nullptr ? zone : "";
  clearenv();
  if (!kept.empty() && kept.size() < 64 && kept.find('/') == std::string::npos &&
      kept.front() != ':') {
    setenv("TZ", kept.c_str(), 1);
  }
  umask(007);
}

int submit_message(const Submission& order) {
  if (order.arguments.empty() && !order.from_header) {
    std::cerr << "Recipient names must be specified\n";
    return EX_USAGE;
  }
  signal(SIGPIPE, SIG_IGN);
  auto setup = client_setup(order);
  if (!setup) return complain(setup.error());
  return Clerk(order, std::move(*setup)).take_message();
}

int speak_smtp(const Submission& order) {
  signal(SIGPIPE, SIG_IGN);
  auto setup = client_setup(order);
  if (!setup) return complain(setup.error());
  const Fd socket(connect_to(setup->outbox.mta));
  if (!socket.valid()) {
    std::cout << "421 4.4.1 " << setup->outbox.host << " no mail server answers at "
              << printable(setup->outbox.mta.name) << "\r\n"
              << std::flush;
    return EX_TEMPFAIL;
  }
  join_streams(socket.get());
  return EX_OK;
}

int run_client_queue(const Submission& order, std::optional<std::chrono::seconds> interval) {
  signal(SIGPIPE, SIG_IGN);
  auto setup = client_setup(order);
  if (!setup) return complain(setup.error());
  if (!become_owner(*setup)) {
    std::cerr << "sendmail: becoming the owner of " << setup->queue_folder << ": "
              << error_text(errno) << '\n';
    return EX_OSERR;
  }
  umask(007);
  if (!interval) return Clerk(order, std::move(*setup)).run_queue();
  if (auto queue = submit::ClientQueue::open(setup->queue_folder, std::nullopt); !queue) {
    std::cerr << "sendmail: " << queue.error().what << '\n';
    return EX_CANTCREAT;
  }
  if (::daemon(0, 0) != 0) return EX_OSERR;
  {
    std::ofstream file(setup->config.pid_file);
    file << getpid() << "\nsendmail " << order.log_tag << '\n';
  }
  while (true) {
    // Anew each time: the MTA's address and the log may have changed.
    if (auto now = client_setup(order)) {
      static_cast<void>(Clerk(order, std::move(*now)).run_queue());
    } else if (const auto log = open_client_log(*setup, order.log_tag)) {
      log->write(maillog::remark(maillog::Priority::error, now.error().what));
    }
    std::this_thread::sleep_for(*interval);
  }
}

int list_client_queue(const Submission& order) {
  auto setup = client_setup(order);
  if (!setup) return complain(setup.error());
  const std::string& folder = setup->queue_folder;
  auto queue = submit::ClientQueue::open(folder, std::nullopt);
  if (!queue) {
    std::cerr << queue.error().what << '\n';
    return EX_NOPERM;
  }
  const auto ids = queue->ids();
  if (!ids) return complain(ids.error());
  if (ids->empty()) {
    std::cout << folder << " is empty\n";
  } else {
    std::cout
        << fmt::format("\t\t{} ({} request{})\n", folder, ids->size(), ids->size() == 1 ? "" : "s")
        << "-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------\n";
  }
  for (const auto& id : *ids) {
    const auto message = queue->read(id);
    if (message) {
      show_waiting(*message);
    } else if (message.error().system_code != ENOENT) {
      std::cout << id << ": " << printable(message.error().what) << '\n';
    }
  }
  std::cout << "\t\tTotal requests: " << ids->size() << '\n';
  return std::cout.flush() ? EX_OK : EX_IOERR;
}

}  // namespace signet::command
