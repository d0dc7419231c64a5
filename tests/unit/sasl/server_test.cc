#include "signet/sasl/server.h"

#include <filesystem>

#include "unit/sasl/site.h"

namespace signet::sasl {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using State = Step::State;

class ServerExchangeTest : public Site {
 protected:
  std::vector<std::string> offers(const ServerOptions& options) {
    auto names = offered(*library_, options);
    EXPECT_TRUE(names) << names.error().what;
    return names ? *names : std::vector<std::string>{};
  }
  static bool has(const std::vector<std::string>& names, const char* name) {
    return std::ranges::find(names, name) != names.end();
  }
};

TEST_F(ServerExchangeTest, OffersWhatTheSiteWantsAndThePluginsHave) {
  ServerOptions options = server_options();
  options.mechanisms = {"PLAIN", "CRAM-MD5", "NO-SUCH", "EXTERNAL"};
  EXPECT_EQ(offers(options), (std::vector<std::string>{"CRAM-MD5", "PLAIN"}));
  options.mechanisms.clear();
  EXPECT_TRUE(offers(options).empty());
}

TEST_F(ServerExchangeTest, OffersExternalToAVerifiedCertificateOnly) {
  ServerOptions options = server_options();
  options.tls_active = true;
  options.tls_bits = 256;
  EXPECT_FALSE(has(offers(options), "EXTERNAL"));
  options.external_id = "/CN=x";
  EXPECT_TRUE(has(offers(options), "EXTERNAL"));
}

TEST_F(ServerExchangeTest, KeepsPlainPasswordsUnderTls) {
  ServerOptions options = server_options();
  options.security.no_plaintext_without_layer = true;
  EXPECT_FALSE(has(offers(options), "PLAIN"));
  EXPECT_FALSE(has(offers(options), "LOGIN"));
  EXPECT_TRUE(has(offers(options), "CRAM-MD5"));
  EXPECT_EQ(say(options, "PLAIN", "\0bob\0secret"sv).state, State::no_mechanism);
  EXPECT_EQ(say(options, "LOGIN", std::nullopt).state, State::no_mechanism);
  options.tls_active = true;
  options.tls_bits = 256;
  EXPECT_TRUE(has(offers(options), "PLAIN"));
  EXPECT_EQ(say(options, "PLAIN", "\0bob\0secret"sv).state, State::done);
  options.security.no_active_attack = true;
  EXPECT_FALSE(has(offers(options), "PLAIN"));
}

TEST_F(ServerExchangeTest, RefusesAMechanismThatIsNotOffered) {
  ServerOptions options = server_options();
  options.mechanisms = {"CRAM-MD5", "GSSAPI"};
  EXPECT_EQ(say(options, "PLAIN", "\0bob\0secret"sv).state, State::no_mechanism);
  EXPECT_EQ(say(options, "ANONYMOUS", "x"sv).state, State::no_mechanism);
  EXPECT_EQ(say(options, "GSSAPI", std::nullopt).state, State::no_mechanism);  // no plugin
  EXPECT_EQ(say(options, "", std::nullopt).state, State::no_mechanism);
  EXPECT_EQ(say(options, "cram-md5", std::nullopt).state, State::challenge);
}

TEST_F(ServerExchangeTest, JudgesEveryAnswerOfAClient) {
  const std::string too_long(12289, 'x');
  struct {
    const char* name;
    const char* mechanism;
    std::optional<std::string> initial;
    std::vector<std::string> responses;
    State want;
  } const cases[] = {
      {"at once", "PLAIN", "\0bob\0secret"s, {}, State::done},
      {"in a second step", "PLAIN", std::nullopt, {"\0bob\0secret"s}, State::done},
      {"own authzid", "PLAIN", "bob\0bob\0secret"s, {}, State::done},
      {"other's authzid", "PLAIN", "eve\0bob\0secret"s, {}, State::refused},
      {"root", "PLAIN", "root\0bob\0secret"s, {}, State::refused},
      {"user with realm", "PLAIN", "\0bob@realm.test\0elsewhere"s, {}, State::done},
      {"other case", "PLAIN", "\0BOB\0secret"s, {}, State::refused},
      {"no password", "PLAIN", "\0bob\0"s, {}, State::refused},
      {"no NUL", "PLAIN", "bob"s, {}, State::malformed},
      {"one NUL", "PLAIN", "\0bob"s, {}, State::malformed},
      {"a NUL too many", "PLAIN", "\0bob\0secret\0x"s, {}, State::malformed},
      {"empty", "PLAIN", ""s, {}, State::malformed},
      {"quotes", "PLAIN", "\0bob' OR '1'='1\0x"s, {}, State::refused},
      {"long user", "PLAIN", "\0"s + std::string(1001, 'u') + "\0x"s, {}, State::malformed},
      {"nearly", "PLAIN", "\0"s + std::string(1000, 'u') + "\0x"s, {}, State::refused},
      {"too long", "PLAIN", too_long, {}, State::malformed},
      {"too long later", "PLAIN", std::nullopt, {too_long}, State::malformed},
      {"two steps", "LOGIN", std::nullopt, {"bob", "secret"}, State::done},
      {"user at once", "LOGIN", "bob"s, {"secret"}, State::done},
      {"wrong", "LOGIN", std::nullopt, {"bob", "Secret"}, State::refused},
      {"blank user", "LOGIN", std::nullopt, {" ", "x"}, State::malformed},
      {"no password", "LOGIN", std::nullopt, {"bob", ""}, State::malformed},
      {"blank user", "PLAIN", "\0 \0x"s, {}, State::refused},
      {"NUL in user", "LOGIN", std::nullopt, {"bob\0x"s, "secret"}, State::malformed},
      {"NUL in password", "LOGIN", std::nullopt, {"bob", "secret\0x"s}, State::malformed},
      {"long user", "LOGIN", std::nullopt, {std::string(1001, 'u'), "x"}, State::malformed},
      {"initial where none is", "CRAM-MD5", "bob 0123"s, {}, State::malformed},
      {"junk", "CRAM-MD5", std::nullopt, {"junk"}, State::malformed},
      {"empty", "CRAM-MD5", std::nullopt, {""}, State::malformed},
      {"short digest", "CRAM-MD5", std::nullopt, {"bob 0123"}, State::refused},
      {"long user", "CRAM-MD5", std::nullopt, {std::string(1001, 'u')}, State::malformed},
      {"junk", "DIGEST-MD5", std::nullopt, {"junk"}, State::refused},
      {"empty", "DIGEST-MD5", std::nullopt, {""}, State::refused},
  };
  for (const auto& one : cases) {
    std::optional<std::string_view> initial;
    if (one.initial) initial = *one.initial;
    const Step step = say(one.mechanism, initial, one.responses);
    EXPECT_EQ(step.state, one.want) << one.mechanism << " " << one.name << ": " << step.reason;
    EXPECT_EQ(step.user.empty(), one.want != State::done);
    EXPECT_EQ(step.reason.empty(), one.want == State::done);
    EXPECT_EQ(step.reason.find("secret"), std::string::npos);
  }
}

TEST_F(ServerExchangeTest, TellsAnEmptyInitialResponseFromNone) {
  ServerOptions options = server_options();
  options.external_id = "/CN=x";
  EXPECT_EQ(say(options, "PLAIN", std::nullopt).state, State::challenge);
  EXPECT_EQ(say(options, "PLAIN", std::string_view()).state, State::malformed);
  EXPECT_EQ(say(options, "EXTERNAL", std::string_view()).state, State::done);
  EXPECT_EQ(say(options, "EXTERNAL", std::nullopt, {""}).state, State::done);
  EXPECT_EQ(say(options, "EXTERNAL", "/CN=x").state, State::done);
  EXPECT_EQ(say(options, "EXTERNAL", "/CN=y").state, State::refused);
}

TEST_F(ServerExchangeTest, SurvivesStepsInTheWrongOrder) {
  const auto unstarted = serve(server_options());
  EXPECT_EQ(unstarted->step("bob").state, State::malformed);
  const auto twice = serve(server_options());
  EXPECT_EQ(twice->start("CRAM-MD5", std::nullopt).state, State::challenge);
  EXPECT_EQ(twice->start("PLAIN", "\0bob\0secret"sv).state, State::malformed);
  const auto over = serve(server_options());
  EXPECT_EQ(over->start("PLAIN", "\0bob\0secret"sv).state, State::done);
  EXPECT_EQ(over->step("more").state, State::malformed);
  const auto failed = serve(server_options());
  EXPECT_EQ(failed->start("PLAIN", "\0bob\0wrong"sv).state, State::refused);
  EXPECT_EQ(failed->step("more").state, State::malformed);
}

TEST_F(ServerExchangeTest, TakesABrokenDatabaseForATemporaryFailure) {
  const std::string folder = folder_ / "sasldb.folder";
  std::filesystem::create_directory(folder);
  configure(folder);
  open();
  const Step step = say("PLAIN", "\0bob\0secret"sv);
  EXPECT_EQ(step.state, State::temporary);
  EXPECT_NE(step.reason.find(folder), std::string::npos) << step.reason;
  EXPECT_EQ(say("CRAM-MD5", std::nullopt, {"bob 0123"}).state, State::temporary);
}

TEST_F(ServerExchangeTest, TakesAMissingSaslauthdForATemporaryFailure) {
  folder_.write("Sendmail.conf",
                "pwcheck_method: saslauthd\nsaslauthd_path: " + (folder_ / "none") + "\n");
  open();
  EXPECT_EQ(say("PLAIN", "\0bob\0secret"sv).state, State::temporary);
}

}  // namespace
}  // namespace signet::sasl
