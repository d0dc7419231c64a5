#include "signet/agent/client.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <utility>

#include "agent/wire.h"
#include "signet/base/fd.h"
#include "signet/base/frames.h"
#include "signet/base/text.h"
#include "signet/policy/aliases.h"

namespace signet::agent {
namespace {

Result<Fd> call_agent(const std::string& path) {
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return system_error("socket", errno);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return permanent("agent socket: path too long");
  path.copy(address.sun_path, path.size());
  limit_patience(socket.get(), kAgentPatience);
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return system_error("calling the agent at " + path, errno);
  }
  return socket;
}

Result<deliver::LocalResult> hand_over(const std::string& path,
                                       const deliver::LocalLetter& letter) {
  auto socket = call_agent(path);
  if (!socket) return std::unexpected(std::move(socket).error());
  const auto when = read_clocks().wall;
  const LetterHead head{.kind = letter.kind,
                        .user = letter.user,
                        .target = letter.target,
                        .alias = letter.alias,
                        .list_alias = letter.list_alias,
                        .files = letter.files,
                        .sender = letter.sender,
                        .may_forward = letter.may_forward,
                        .when = when,
                        .mailer = letter.mailer,
                        .host = letter.host};
  if (auto sent = send_head(socket->get(), head); !sent) {
    return std::unexpected(std::move(sent).error());
  }
  if (letter.kind == mail::Recipient::Kind::list) return receive_answer(socket->get());
  // The local mailer may be a program too; the agent's child never lives longer than that.
  limit_patience(socket->get(), kProgramPatience + 2 * kAgentPatience);
  const std::uint64_t size = letter.content->size();
  for (std::uint64_t at = 0; at < size;) {
    auto piece = letter.content->read(at, kPieceBytes);
    if (!piece) return std::unexpected(std::move(piece).error());
    if (piece->empty()) return temporary("content of the message ends early");
    at += piece->size();
    if (auto sent = send_piece(socket->get(), *piece); !sent) {
      // The agent may have answered before it had read all: its answer says why.
      auto answer = receive_answer(socket->get());
      return answer ? answer : Result<deliver::LocalResult>(std::unexpected(sent.error()));
    }
  }
  if (auto sent = send_piece(socket->get(), {}); !sent) {
    return std::unexpected(std::move(sent).error());
  }
  return receive_answer(socket->get());
}

// Who shares the workers with others; empty: the administrator's choice, which does not.
std::string share_of(const deliver::LocalLetter& letter) {
  // A mailer's recipients are a client's to invent.
  if (!letter.mailer.empty()) return letter.mailer + '\n';
  return policy::forwarding_name(letter.user);  // whatever detail
}

// A mailbox, a program with its user, a file, a list; of a mailer whom it serves.
std::string place_of(const deliver::LocalLetter& letter) {
  // Whatever detail: it is a client's to invent.
  if (!letter.mailer.empty()) return letter.mailer + '\n' + policy::forwarding_name(letter.user);
  if (letter.target.empty()) return to_lower(letter.user);
  return letter.target + '\n' + letter.user;
}

}  // namespace

Client::Client(loop::Loop& loop, LetterWorkers workers, std::string socket_path,
               MailboxWriter writer)
    : loop_(loop), workers_(workers), socket_path_(std::move(socket_path)), writer_(writer) {}

bool Client::is_for_program(const deliver::LocalLetter& letter) const {
  if (!letter.mailer.empty()) return true;
  switch (letter.kind) {
    case mail::Recipient::Kind::program:
      return true;
    case mail::Recipient::Kind::address:
    case mail::Recipient::Kind::mailbox:
      return writer_ == MailboxWriter::program;
    case mail::Recipient::Kind::file:
    case mail::Recipient::Kind::list:
    case mail::Recipient::Kind::alias:
      break;
  }
  return false;
}

void Client::deliver(deliver::LocalLetter letter,
                     std::move_only_function<void(deliver::LocalResult)> answer) {
  const std::string place = place_of(letter);
  Job job{.letter = std::move(letter), .answer = std::move(answer)};
  const auto [waiting, first] = waiting_.try_emplace(place);
  if (first) return send(place, std::move(job));
  waiting->second.push_back(std::move(job));
}

void Client::send(const std::string& place, Job job) {
  const bool program = is_for_program(job.letter);
  const std::string whom = share_of(job.letter);
  loop::Task task = [this, place, job = std::move(job)]() mutable {
    auto result = hand_over(socket_path_, job.letter);
    if (!result) {
      const bool temporary = result.error().kind == ErrorKind::temporary;
      result = deliver::LocalResult{.delivered = false,
                                    .temporary = temporary,
                                    .status = temporary ? "4.3.0" : "5.3.0",
                                    .reason = result.error().what};
    }
    loop_.post(
        [this, place, answer = std::move(job.answer), result = std::move(*result)]() mutable {
          on_sent(place);
          answer(std::move(result));
        });
  };
  if (!program) return workers_.files.run(std::move(task));
  if (whom.empty()) return workers_.programs.run(std::move(task));
  workers_.programs.run_for(whom, std::move(task));
}

void Client::on_sent(const std::string& place) {
  const auto found = waiting_.find(place);
  if (found == waiting_.end()) return;  // stopped
  if (found->second.empty()) {
    waiting_.erase(found);
    return;
  }
  Job next = std::move(found->second.front());
  found->second.pop_front();
  send(place, std::move(next));
}

}  // namespace signet::agent
