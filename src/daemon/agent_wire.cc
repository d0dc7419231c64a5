#include "daemon/agent_wire.h"

#include "daemon/frames.h"
#include "signet/base/text.h"

namespace signet::daemon {

Result<void> send_head(int socket, const LetterHead& head) {
  std::string frame;
  for (const auto& field :
       {head.user, head.sender, std::to_string(head.when.time_since_epoch().count())}) {
    if (field.find('\0') != std::string::npos) return permanent("NUL in an address");
    frame += field;
    frame += '\0';
  }
  if (frame.size() > kMaxHead) return permanent("address too long");
  return send_frame(socket, frame);
}

Result<LetterHead> receive_head(int socket) {
  auto frame = receive_frame(socket, kMaxHead);
  if (!frame) return std::unexpected(std::move(frame).error());
  const auto fields = split(*frame, '\0');
  const auto when = fields.size() == 4 ? parse_number(fields[2]) : std::nullopt;
  if (!when || !fields[3].empty()) return permanent("talking to the agent: malformed head");
  return LetterHead{std::string(fields[0]), std::string(fields[1]),
                    WallTime(std::chrono::seconds(*when))};
}

Result<void> send_piece(int socket, std::string_view piece) { return send_frame(socket, piece); }

Result<std::string> receive_piece(int socket) { return receive_frame(socket, kPieceBytes); }

Result<void> send_answer(int socket, const deliver::LocalResult& result) {
  const char state = result.delivered ? 'D' : result.temporary ? 'T' : 'P';
  std::string line(1, state);
  line += ' ';
  line += result.status;
  line += ' ';
  line += printable(result.reason, kMaxAnswer / 2);
  return send_frame(socket, line);
}

Result<deliver::LocalResult> receive_answer(int socket) {
  auto line = receive_frame(socket, kMaxAnswer);
  if (!line) return std::unexpected(std::move(line).error());
  const auto space = line->find(' ', 2);
  if (line->size() < 3 || (*line)[1] != ' ' || space == std::string::npos) {
    return temporary("talking to the agent: malformed answer");
  }
  deliver::LocalResult result;
  result.delivered = line->front() == 'D';
  result.temporary = line->front() == 'T';
  result.status = line->substr(2, space - 2);
  result.reason = line->substr(space + 1);
  return result;
}

}  // namespace signet::daemon
