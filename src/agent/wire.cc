#include "agent/wire.h"

#include "signet/base/frames.h"
#include "signet/base/text.h"

namespace signet::agent {
namespace {

constexpr std::size_t kMaxField = kMaxAnswer / 5;

Result<std::string> join_fields(std::initializer_list<std::string_view> fields) {
  std::string frame;
  for (const auto field : fields) {
    if (field.find('\0') != std::string_view::npos) return permanent("NUL in an address");
    frame += field;
    frame += '\0';
  }
  return frame;
}

// Empty: there are more or less of them.
std::vector<std::string> take_fields(std::string_view frame, std::size_t count) {
  const auto fields = split(frame, '\0');
  if (fields.size() != count + 1 || !fields.back().empty()) return {};
  return {fields.begin(), fields.end() - 1};
}

Result<void> send_text(int socket, std::string_view text) {
  while (!text.empty()) {
    const auto piece = text.substr(0, kPieceBytes);
    if (auto sent = send_piece(socket, piece); !sent) return sent;
    text.remove_prefix(piece.size());
  }
  return send_piece(socket, {});
}

Result<std::string> receive_text(int socket) {
  std::string text;
  while (true) {
    auto piece = receive_piece(socket);
    if (!piece) return piece;
    if (piece->empty()) return text;
    text += *piece;
    if (text.size() > kMaxMembersText) return permanent("talking to the agent: list too long");
  }
}

}  // namespace

Result<void> send_head(int socket, const LetterHead& head) {
  const std::string kind = std::to_string(static_cast<int>(head.kind));
  std::string files;
  for (const auto& file : head.files) files += file + '\n';
  const auto frame =
      join_fields({kind, head.user, head.target, head.alias, head.list_alias, files, head.sender,
                   head.may_forward ? "1" : "0",
                   std::to_string(head.when.time_since_epoch().count()), head.mailer, head.host});
  if (!frame) return std::unexpected(frame.error());
  if (frame->size() > kMaxHead) return permanent("address too long");
  return send_frame(socket, *frame);
}

Result<LetterHead> receive_head(int socket) {
  const auto frame = receive_frame(socket, kMaxHead);
  if (!frame) return std::unexpected(frame.error());
  const auto fields = take_fields(*frame, 11);
  const auto kind = fields.empty() ? std::nullopt : parse_number(fields[0]);
  const auto when = fields.empty() ? std::nullopt : parse_number(fields[8]);
  if (!kind || *kind > static_cast<unsigned>(mail::Recipient::Kind::list) || !when) {
    return permanent("talking to the agent: malformed head");
  }
  std::vector<std::string> files;
  for (const auto file : words(fields[5], "\n")) files.emplace_back(file);
  return LetterHead{.kind = static_cast<mail::Recipient::Kind>(*kind),
                    .user = fields[1],
                    .target = fields[2],
                    .alias = fields[3],
                    .list_alias = fields[4],
                    .files = std::move(files),
                    .sender = fields[6],
                    .may_forward = fields[7] == "1",
                    .when = WallTime(std::chrono::seconds(*when)),
                    .mailer = fields[9],
                    .host = fields[10]};
}

Result<void> send_piece(int socket, std::string_view piece) { return send_frame(socket, piece); }

Result<std::string> receive_piece(int socket) { return receive_frame(socket, kPieceBytes); }

Result<void> send_answer(int socket, const deliver::LocalResult& result) {
  const std::string_view state = result.members     ? "M"
                                 : result.delivered ? "D"
                                 : result.temporary ? "T"
                                                    : "P";
  const auto members = result.members.value_or(deliver::MembersFile{});
  const auto frame = join_fields({state, result.status, printable(result.reason, kMaxField),
                                  result.ids, std::string_view(result.output).substr(0, kMaxField),
                                  printable(result.remark, kMaxField), members.path, members.user});
  if (!frame) return std::unexpected(frame.error());
  if (auto sent = send_frame(socket, *frame); !sent || !result.members) return sent;
  return send_text(socket, members.text);
}

Result<deliver::LocalResult> receive_answer(int socket) {
  const auto frame = receive_frame(socket, kMaxAnswer);
  if (!frame) return std::unexpected(frame.error());
  auto fields = take_fields(*frame, 8);
  if (fields.empty() || fields[0].size() != 1 ||
      std::string_view("MDTP").find(fields[0]) == std::string_view::npos) {
    return temporary("talking to the agent: malformed answer");
  }
  deliver::LocalResult result;
  result.delivered = fields[0] == "D";
  result.temporary = fields[0] == "T";
  result.status = std::move(fields[1]);
  result.reason = std::move(fields[2]);
  result.ids = std::move(fields[3]);
  result.output = std::move(fields[4]);
  result.remark = std::move(fields[5]);
  if (fields[0] != "M") return result;
  auto text = receive_text(socket);
  if (!text) return std::unexpected(std::move(text).error());
  result.members = {
      .path = std::move(fields[6]), .text = std::move(*text), .user = std::move(fields[7])};
  return result;
}

}  // namespace signet::agent
