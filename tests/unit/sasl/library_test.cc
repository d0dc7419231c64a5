#include "signet/sasl/library.h"

#include "unit/sasl/site.h"

namespace signet::sasl {
namespace {

class LibraryTest : public Site {};

TEST_F(LibraryTest, IsOneInAProcess) {
  const auto second = Library::open({});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::permanent);
}

TEST_F(LibraryTest, MayBeOpenedAnewAndReadsItsConfigurationThen) {
  using namespace std::string_view_literals;
  for (int i = 0; i < 3; ++i) {
    configure(folder_ / (i == 1 ? "none" : "sasldb2"));
    open();
    const auto step = say("PLAIN", "\0bob\0secret"sv);
    EXPECT_EQ(step.state, i == 1 ? Step::State::refused : Step::State::done) << step.reason;
  }
}

TEST_F(LibraryTest, KnowsHowItWasOpened) {
  EXPECT_EQ(library_->options().application, "Sendmail");
  EXPECT_EQ(library_->options().conf_dir, folder_.path().string());
}

}  // namespace
}  // namespace signet::sasl
