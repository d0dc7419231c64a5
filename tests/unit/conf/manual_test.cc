// The files that are made from the table of settings say what the table says. SIGNET_UPDATE=1 in
// the environment writes them anew.
#include "signet/conf/manual.h"

#include <cstdlib>

#include "signet/conf/settings.h"
#include "support/temporary_directory.h"

namespace signet::conf {
namespace {

struct Made {
  const char* path;
  std::string (*text)();
};

class Manual : public testing::TestWithParam<Made> {};

TEST_P(Manual, FileSaysWhatTheTableSays) {
  const std::string path = std::string(SIGNET_SOURCE_DIR "/") + GetParam().path;
  if (std::getenv("SIGNET_UPDATE") != nullptr) std::ofstream(path) << GetParam().text();
  EXPECT_EQ(test::read_file(path), GetParam().text())
      << "SIGNET_UPDATE=1 "
      << "unit_conf writes " << GetParam().path << " anew";
}

INSTANTIATE_TEST_SUITE_P(All, Manual,
                         testing::Values(Made{"docs/configuration.md", &reference},
                                         Made{"cf/all-settings.mc", &commented_example},
                                         Made{"cf/m4/options.m4", &options_m4}));

// What stands above the table is written by hand.
TEST(Migrating, TableSaysWhatTheTablesSay) {
  constexpr std::string_view kHeading = "## Every name\n\n";
  const std::string path = SIGNET_SOURCE_DIR "/docs/migrating.md";
  const std::string text = test::read_file(path);
  const auto at = text.find(kHeading);
  ASSERT_NE(at, std::string::npos);
  const std::string wanted = text.substr(0, at + kHeading.size()) + migration_table();
  if (std::getenv("SIGNET_UPDATE") != nullptr) std::ofstream(path) << wanted;
  EXPECT_EQ(test::read_file(path), wanted)
      << "SIGNET_UPDATE=1 unit_conf writes docs/migrating.md anew";
}

TEST(Migrating, PraisesOnlyWhatWorks) {
  for (const auto name : names_that_are_better()) {
    const Word* word = find_word(features(), name);
    const Setting* setting = find_setting(name);
    ASSERT_TRUE(word != nullptr || setting != nullptr) << name;
    EXPECT_EQ(word != nullptr ? word->effect : setting->effect, Effect::works) << name;
  }
}

}  // namespace
}  // namespace signet::conf
