#include "deliver/outcome.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace signet::deliver {
namespace {

using State = Outcome::State;

struct Row {
  const char* name;
  smtp::Phase phase;
  bool answered;
  mail::Reply reply;
  State state;
  const char* dsn;
  const char* stat;
  const char* logged_reply;
};

// The words of to= lines.
const Row kCases[] = {
    {"sent",
     smtp::Phase::final_reply,
     true,
     {250, "2.0.0", "queued as FAKE1"},
     State::sent,
     "2.0.0",
     "Sent (queued as FAKE1)",
     ""},
    {"sent without words",
     smtp::Phase::final_reply,
     true,
     {250, "", ""},
     State::sent,
     "2.0.0",
     "Sent",
     ""},
    {"sent with several lines",
     smtp::Phase::final_reply,
     true,
     {250, "2.0.0", "queued\nid=7"},
     State::sent,
     "2.0.0",
     "Sent (queued id=7)",
     ""},
    {"neither yes nor no",
     smtp::Phase::helo,
     true,
     {354, "", "what"},
     State::failed,
     "5.5.1",
     "Protocol error",
     "354 what"},
    {"yes, but not to the final dot",
     smtp::Phase::rcpt,
     true,
     {250, "2.1.5", "ok"},
     State::failed,
     "5.5.1",
     "Protocol error",
     "250 2.1.5 ok"},
    {"user unknown",
     smtp::Phase::rcpt,
     true,
     {550, "5.1.1", "no such user here"},
     State::failed,
     "5.1.1",
     "User unknown",
     "550 5.1.1 no such user here"},
    {"user unknown without status",
     smtp::Phase::rcpt,
     true,
     {550, "", "no"},
     State::failed,
     "5.1.1",
     "User unknown",
     "550 no"},
    {"moved",
     smtp::Phase::rcpt,
     true,
     {551, "", "gone"},
     State::failed,
     "5.1.6",
     "User unknown",
     "551 gone"},
    {"bad address",
     smtp::Phase::rcpt,
     true,
     {553, "", "no"},
     State::failed,
     "5.1.3",
     "User unknown",
     "553 no"},
    {"recipient refused",
     smtp::Phase::rcpt,
     true,
     {554, "", "no"},
     State::failed,
     "5.0.0",
     "Service unavailable",
     "554 no"},
    {"sender malformed",
     smtp::Phase::mail,
     true,
     {501, "", "no"},
     State::failed,
     "5.5.2",
     "Data format error",
     "501 no"},
    {"too large",
     smtp::Phase::mail,
     true,
     {552, "", "no"},
     State::failed,
     "5.3.4",
     "Service unavailable",
     "552 no"},
    {"sender refused",
     smtp::Phase::mail,
     true,
     {553, "", "no"},
     State::failed,
     "5.1.3",
     "Data format error",
     "553 no"},
    {"try later",
     smtp::Phase::rcpt,
     true,
     {450, "4.2.1", "try later"},
     State::deferred,
     "4.2.1",
     "Deferred: 450 4.2.1 try later",
     "450 4.2.1 try later"},
    {"going down",
     smtp::Phase::mail,
     true,
     {421, "4.3.2", "going down"},
     State::deferred,
     "4.3.2",
     "Deferred: 421 4.3.2 going down",
     "421 4.3.2 going down"},
    {"lost",
     smtp::Phase::rcpt,
     false,
     {421, "4.4.2", "connection closed"},
     State::deferred,
     "4.4.2",
     "Deferred: Connection reset by mx1.test.",
     ""},
    {"timed out",
     smtp::Phase::rcpt,
     false,
     {421, "4.4.2", "Connection timed out"},
     State::deferred,
     "4.4.2",
     "Deferred: Connection timed out with mx1.test.",
     ""},
    {"TLS failed",
     smtp::Phase::starttls,
     false,
     {454, "4.7.0", "TLS handshake failed."},
     State::deferred,
     "4.7.0",
     "Deferred: 454 4.7.0 TLS handshake failed.",
     ""},
    {"TLS required",
     smtp::Phase::starttls,
     false,
     {503, "5.7.0", "authentication required"},
     State::failed,
     "5.7.0",
     "Service unavailable",
     ""},
};

TEST(Outcome, SpeaksOfReplysAsSendmailDoes) {
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.name);
    const auto outcome = outcome_of({"x@y", one.answered, one.phase, one.reply}, "mx1.test");
    EXPECT_EQ(outcome.state, one.state);
    EXPECT_EQ(outcome.dsn, one.dsn);
    EXPECT_EQ(outcome.stat, one.stat);
    EXPECT_EQ(outcome.reply, one.logged_reply);
    EXPECT_EQ(outcome.remote, "mx1.test");
  }
}

TEST(Outcome, NamesWhyNobodyAnswered) {
  const auto stat = [](int code) {
    return no_connection({ErrorKind::temporary, "connecting", code}, "mx1.test").stat;
  };
  EXPECT_EQ(stat(ECONNREFUSED), "Deferred: Connection refused by mx1.test.");
  EXPECT_EQ(stat(ETIMEDOUT), "Deferred: Connection timed out with mx1.test.");
  EXPECT_EQ(stat(ENETUNREACH), "Deferred: Network is unreachable");
  EXPECT_EQ(no_connection({ErrorKind::temporary, "connecting", ECONNREFUSED}, "mx1.test").dsn,
            "4.4.1");
}

TEST(Outcome, OnlyCertainAnswersOfDnsAreFinal) {
  EXPECT_TRUE(host_unknown("nowhere.test").final());
  EXPECT_EQ(host_unknown("nowhere.test").stat,
            "Host unknown (Name server: nowhere.test: host not found)");
  EXPECT_EQ(null_mx().dsn, "5.1.10");
  EXPECT_FALSE(lookup_deferred("slow.test").final());
}

}  // namespace
}  // namespace signet::deliver
