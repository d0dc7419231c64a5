// The files that are made from the table of settings say what the table says. SIGNET_UPDATE=1 in
// the environment writes them anew.
#include "signet/conf/manual.h"

#include <cstdlib>

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

}  // namespace
}  // namespace signet::conf
