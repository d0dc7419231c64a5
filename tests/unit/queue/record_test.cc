#include "queue/record.h"

#include <random>

#include <gtest/gtest.h>

#include "queue/crc32c.h"
#include "queue/message_record.h"

namespace signet::queue {
namespace {

constexpr Position kHere{.salt = 0x1234567890abcdef, .offset = 4096};

std::string record_of(std::string_view payload, Position at = kHere) {
  std::string out;
  append_record(out, at, {.type = RecordType::progress, .key = 42}, payload);
  return out;
}

StoredMessage sample() {
  StoredMessage message;
  message.envelope = {.id = "6BNAbc12000123",
                      .sender = "",
                      .recipients = {{"a@example.org"}, {"b@example.org"}, {"c"}},
                      .arrived = WallTime{std::chrono::seconds{1800000000}},
                      .size = 5000000000,
                      .body = mail::Body::eight_bit_mime,
                      .protocol = "ESMTPSA",
                      .message_id = "<x@y>",
                      .peer = "host.example [192.0.2.1]",
                      .auth_sender = "u@example.org",
                      .quarantine = "odd client"};
  message.state = {.next_attempt = WallTime{std::chrono::seconds{1800000300}},
                   .last_attempt = WallTime{std::chrono::seconds{1800000000}},
                   .attempts = 3,
                   .warned = true,
                   .released = true,
                   .done = {true, false, true},
                   .status = "Deferred: Connection refused"};
  message.body_bytes = 1ULL << 40;
  return message;
}

StoredMessage sample_with_members() {
  auto message = sample();
  auto& recipients = message.envelope.recipients;
  recipients[1] = {.address = "|x",
                   .kind = mail::Recipient::Kind::program,
                   .user = "al",
                   .origin = "b@example.org",
                   .owner = "owner-b@example.org",
                   .source = "b",
                   .trail = {"al", ":include:/l\n"},
                   .list_source = "list"};
  recipients[2].kind = mail::Recipient::Kind::list;
  return message;
}

StoredMessage sample_report() {
  auto message = sample();
  message.envelope.quarantine.clear();
  message.envelope.double_bounce = true;
  return message;
}

StoredMessage sample_with_wishes() {
  auto message = sample_with_members();
  auto& envelope = message.envelope;
  envelope.recipients[0].notify = {.success = true, .delay = true};
  envelope.recipients[0].original = "rfc822;x+2By@z";
  envelope.recipients[2].kind = mail::Recipient::Kind::alias;
  envelope.recipients[2].notify.never = true;
  envelope.envelope_id = "E+2B1";
  envelope.return_part = mail::ReturnPart::full;
  envelope.deliver_by = mail::DeliverBy{.within = std::chrono::seconds(-120), .trace = true};
  return message;
}

TEST(Crc32c, GivesTheCheckValues) {
  EXPECT_EQ(crc32c(0, "123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(0, ""), 0U);
  EXPECT_EQ(crc32c(0, std::string(32, '\0')), 0x8a9136aaU);  // RFC 3720 B.4
}

TEST(Crc32c, IsTheSameInPiecesAndWithoutTheInstruction) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 7);
  const auto whole = crc32c(0, text);
  EXPECT_EQ(crc32c_portable(0, text), whole);
  for (std::size_t cut = 0; cut <= text.size(); cut += 13) {
    EXPECT_EQ(crc32c(crc32c(0, text.substr(0, cut)), text.substr(cut)), whole) << cut;
  }
}

TEST(SegmentHeader, SurvivesTheDisk) {
  const SegmentHeader header{.number = 7, .salt = 99, .next_key = 1ULL << 50};
  const auto octets = encode(header);
  ASSERT_EQ(octets.size(), kSegmentHeaderBytes);
  EXPECT_EQ(decode_segment_header(octets), header);
}

TEST(SegmentHeader, RefusesEveryFlippedBit) {
  const auto good = encode(SegmentHeader{.number = 7, .salt = 99, .next_key = 5});
  for (std::size_t bit = 0; bit < 36 * 8; ++bit) {  // what follows is unused
    auto bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(decode_segment_header(bad), std::nullopt) << bit;
  }
  EXPECT_EQ(decode_segment_header(good.substr(0, 63)), std::nullopt);
}

TEST(Record, SurvivesTheDisk) {
  for (const std::size_t length : {0U, 1U, 7U, 8U, 9U, 5000U}) {
    const std::string payload(length, 'p');
    const auto octets = record_of(payload);
    EXPECT_EQ(octets.size(), record_bytes(length));
    EXPECT_EQ(octets.size() % kAlignment, 0U);
    const auto header = decode_record_header(octets, kHere);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->key, 42U);
    EXPECT_EQ(header->type, RecordType::progress);
    EXPECT_TRUE(payload_holds(*header, kHere.salt, payload));
  }
}

TEST(Record, RefusesEveryFlippedBit) {
  const std::string payload = "progress of a message";
  const auto good = record_of(payload);
  for (std::size_t bit = 0; bit < (kRecordHeaderBytes + payload.size()) * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const auto header = decode_record_header(bad, kHere);
    EXPECT_FALSE(header &&
                 payload_holds(*header, kHere.salt, bad.substr(kRecordHeaderBytes, header->length)))
        << bit;
  }
}

TEST(Record, CountsOnlyWhereItWasWritten) {
  const auto octets = record_of("x");
  EXPECT_FALSE(decode_record_header(octets, {kHere.salt, kHere.offset + kAlignment}));
  EXPECT_FALSE(decode_record_header(octets, {kHere.salt + 1, kHere.offset}));
  EXPECT_TRUE(decode_record_header(octets, kHere));
}

TEST(Record, ZerosAreNoRecord) {
  EXPECT_FALSE(decode_record_header(std::string(kRecordHeaderBytes, '\0'), {0, 0}));
}

class MessageRecord : public testing::TestWithParam<StoredMessage> {};
INSTANTIATE_TEST_SUITE_P(All, MessageRecord,
                         testing::Values(sample(), sample_with_members(), sample_report(),
                                         sample_with_wishes()));

TEST_P(MessageRecord, SurvivesTheDisk) {
  const auto& message = GetParam();
  const auto payload = encode_meta(message) + "content octets";
  const auto decoded = decode_message(payload);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->message.envelope, message.envelope);
  EXPECT_EQ(decoded->message.state, message.state);
  EXPECT_EQ(decoded->message.body_bytes, message.body_bytes);
  EXPECT_EQ(payload.substr(decoded->content_at), "content octets");
  const auto glance = glance_at_message(payload);
  ASSERT_TRUE(glance);
  EXPECT_EQ(glance->arrived, message.envelope.arrived);
  EXPECT_EQ(glance->next_attempt, message.state.next_attempt);
  EXPECT_EQ(glance->body_bytes, message.body_bytes);
}

TEST_P(MessageRecord, CutAnywhereIsRefusedNotRead) {
  const auto payload = encode_meta(GetParam());
  for (std::size_t length = 0; length < payload.size(); ++length) {
    EXPECT_FALSE(decode_message(payload.substr(0, length))) << length;
  }
}

TEST(MessageRecords, HaveNewPartsOnlyWhereTheyAreNeeded) {
  auto plain = sample();
  plain.envelope.quarantine.clear();
  auto held = sample();
  EXPECT_EQ(encode_meta(held).size(),
            encode_meta(plain).size() + 4 + held.envelope.quarantine.size());
}

// Whatever octets a client, a map or a file brings along: what was written is read.
TEST(MessageRecords, OfRandomEnvelopesSurviveTheDisk) {
  std::mt19937 random(1);
  const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
  const auto text = [&] {
    std::string out(below(40) == 0 ? 1000 : below(12), '\0');
    for (auto& c : out) c = below(3) == 0 ? "\r\n\0.;=+ "[below(8)] : static_cast<char>(random());
    return out;
  };
  for (int round = 0; round < 20000; ++round) {
    StoredMessage message;
    auto& envelope = message.envelope;
    envelope.id = text();
    envelope.sender = text();
    envelope.message_id = text();
    envelope.peer = text();
    envelope.auth_sender = text();
    if (below(2) == 0) envelope.quarantine = text();
    envelope.double_bounce = below(2) == 0;
    if (below(2) == 0) envelope.envelope_id = text();
    envelope.return_part = static_cast<mail::ReturnPart>(below(3));
    if (below(2) == 0) {
      envelope.deliver_by =
          mail::DeliverBy{.within = std::chrono::seconds(static_cast<int>(below(2000)) - 1000),
                          .mode = static_cast<mail::DeliverBy::Mode>(below(2)),
                          .trace = below(2) == 0};
    }
    for (unsigned i = below(5); i-- > 0;) {
      mail::Recipient one{.address = text()};
      if (below(2) == 0) {
        one.kind = static_cast<mail::Recipient::Kind>(below(6));
        one.origin = text();
        one.trail.assign(below(3), text());
      }
      if (below(2) == 0) {
        one.notify = {.never = below(2) == 0, .success = below(2) == 0, .failure = below(2) == 0};
        one.original = text();
      }
      envelope.recipients.push_back(std::move(one));
    }
    message.state.done.resize(envelope.recipients.size());
    const auto decoded = decode_message(encode_meta(message));
    ASSERT_TRUE(decoded) << round;
    ASSERT_EQ(decoded->message.envelope, envelope) << round;
  }
}

// A part of a later version.
TEST(MessageRecords, PassOverPartsThatAreNotKnown) {
  auto payload = encode_meta(sample()).substr(4);
  payload += std::string("?\3\0\0\0abc", 8);
  std::string whole;
  for (int i = 0; i < 4; ++i) whole += static_cast<char>(payload.size() >> (8 * i));
  const auto decoded = decode_message(whole + payload);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->message.envelope, sample().envelope);
}

TEST_P(MessageRecord, AnyOctetMayLieWithoutHarm) {
  const auto payload = encode_meta(GetParam());
  for (std::size_t i = 0; i < payload.size(); ++i) {
    for (const char value : {'\0', '\x01', '\x7f', '\xff'}) {
      auto bad = payload;
      bad[i] = value;
      const auto decoded = decode_message(bad);
      if (decoded) {
        EXPECT_EQ(decoded->message.state.done.size(), decoded->message.envelope.recipients.size());
      }
    }
  }
}

TEST(ProgressRecord, SurvivesTheDisk) {
  const auto state = sample().state;
  EXPECT_EQ(decode_state(encode(state)), state);
  EXPECT_EQ(glance_at_progress(encode(state))->next_attempt, state.next_attempt);
  EXPECT_FALSE(decode_state("short"));
  EXPECT_EQ(decode_gone(encode_gone(77)), 77U);
  EXPECT_FALSE(decode_gone("1234567"));
}

TEST(ProgressRecord, BoundsTheStatus) {
  State state;
  state.status = std::string(100000, 'x');
  EXPECT_EQ(decode_state(encode(state))->status.size(), 1024U);
}

TEST(ApplyProgress, AddsUp) {
  State state;
  state.done = {false, false, false};
  apply({.key = 1, .finished = {1, 99}, .when = WallTime{std::chrono::seconds{5}}, .status = "s"},
        state);
  apply({.key = 1, .finished = {0}, .attempted = false, .warned = true}, state);
  EXPECT_EQ(state.done, (std::vector<bool>{true, true, false}));
  EXPECT_EQ(state.attempts, 1);
  EXPECT_EQ(state.last_attempt, WallTime{std::chrono::seconds{5}});
  EXPECT_TRUE(state.warned);
  EXPECT_FALSE(state.released);
  apply({.key = 1, .attempted = false, .released = true}, state);
  apply({.key = 1, .attempted = false}, state);
  EXPECT_TRUE(state.released);
  EXPECT_EQ(state.attempts, 1);
}

}  // namespace
}  // namespace signet::queue
