#include "tls/file_checks.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <gtest/gtest.h>

#include "support/temporary_directory.h"

namespace signet::tls {
namespace {

// Tests stand in a folder with the sticky bit; sendmail's own rule is tested by itself below.
FileRules rules() { return {.trust_sticky_bit = true}; }

class FileChecks : public testing::Test {
 protected:
  std::string fault(FileUse use, const FileRules& with) const {
    const auto found = find_fault(file_, use, with);
    if (!found) return "safe";
    EXPECT_TRUE(found->fatal);
    EXPECT_EQ(found->file, file_);
    EXPECT_FALSE(found->remedy.empty());
    return found->reason;
  }
  std::string fault(FileUse use) const { return fault(use, rules()); }
  static void mode(const std::string& path, mode_t bits) {
    ASSERT_EQ(chmod(path.c_str(), bits), 0);
  }

  test::TemporaryDirectory folder_;
  std::string file_ = folder_.write("inner/mail.key", "text");
  std::string inner_ = folder_ / "inner";
};

TEST_F(FileChecks, LookAtTheModeOfTheFile) {
  struct {
    mode_t mode;
    const char* certificate;
    const char* key;
  } const cases[] = {
      {0600, "safe", "safe"},
      {0400, "safe", "safe"},
      {0640, "safe", "Group readable file"},
      {0644, "safe", "World readable file"},
      {0660, "Group writable file", "Group writable file"},
      {0664, "Group writable file", "Group writable file"},
      {0666, "World writable file", "World writable file"},
      {0602, "World writable file", "World writable file"},
  };
  for (const auto& one : cases) {
    mode(file_, one.mode);
    EXPECT_EQ(fault(FileUse::certificate), one.certificate) << std::oct << one.mode;
    EXPECT_EQ(fault(FileUse::private_key), one.key) << std::oct << one.mode;
  }
}

TEST_F(FileChecks, MayForgiveAGroupReadableKey) {
  FileRules lenient = rules();
  lenient.group_readable_key = true;
  mode(file_, 0640);
  EXPECT_EQ(fault(FileUse::private_key, lenient), "safe");
  mode(file_, 0644);
  EXPECT_EQ(fault(FileUse::private_key, lenient), "World readable file");
}

TEST_F(FileChecks, SayHowToMendIt) {
  mode(file_, 0640);
  EXPECT_EQ(find_fault(file_, FileUse::private_key, rules())->remedy, "chmod 0600 " + file_);
  mode(file_, 0600);
  mode(inner_, 0775);
  EXPECT_EQ(find_fault(file_, FileUse::private_key, rules())->remedy, "chmod g-w " + inner_);
}

TEST_F(FileChecks, LookAtEveryFolderAbove) {
  mode(file_, 0600);
  for (const std::string& folder : {inner_, folder_.path().string()}) {
    mode(folder, 0775);
    EXPECT_EQ(fault(FileUse::certificate), "Group writable directory");
    FileRules lenient = rules();
    lenient.group_writable_folder = true;
    EXPECT_EQ(fault(FileUse::certificate, lenient), "safe");
    mode(folder, 0777);
    EXPECT_EQ(fault(FileUse::certificate, lenient), "World writable directory");
    mode(folder, 01777);
    EXPECT_EQ(fault(FileUse::certificate, {}), "World writable directory");
    EXPECT_EQ(fault(FileUse::certificate), "safe");  // TrustStickyBit
    mode(folder, 0755);
  }
}

TEST_F(FileChecks, FollowALinkIntoTheFolderWhereTheFileIs) {
  mode(file_, 0600);
  const std::string link = folder_ / "link.key";
  std::filesystem::create_symlink("inner/mail.key", link);
  EXPECT_FALSE(find_fault(link, FileUse::private_key, rules()));
  mode(inner_, 0777);
  const auto found = find_fault(link, FileUse::private_key, rules());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->reason, "World writable directory");
  EXPECT_EQ(found->file, link);
}

TEST_F(FileChecks, LookAboveARelativeNameToo) {
  mode(file_, 0600);
  mode(inner_, 0777);
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(inner_);
  const auto found = find_fault("mail.key", FileUse::private_key, rules());
  std::filesystem::current_path(here);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->reason, "World writable directory");
}

TEST_F(FileChecks, WantARegularFileThatIsThere) {
  EXPECT_EQ(find_fault(folder_ / "none", FileUse::certificate, rules())->reason,
            "No such file or directory");
  EXPECT_EQ(find_fault(inner_, FileUse::certificate, rules())->reason, "Regular files only");
  EXPECT_EQ(find_fault("", FileUse::certificate, rules())->reason, "No such file or directory");
}

TEST_F(FileChecks, WantAFileOfRootOrOfTheDaemonsUser) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root: nobody else can give a file away";
  constexpr uid_t kOther = 12345;
  mode(file_, 0600);
  ASSERT_EQ(chown(file_.c_str(), kOther, 0), 0);
  EXPECT_EQ(fault(FileUse::private_key), "Permission denied");
  FileRules with_owner = rules();
  with_owner.owner = kOther;
  EXPECT_EQ(fault(FileUse::private_key, with_owner), "safe");
}

TEST_F(FileChecks, CanBeTurnedOff) {
  mode(file_, 0666);
  EXPECT_EQ(fault(FileUse::private_key, {.check = false}), "safe");
}

}  // namespace
}  // namespace signet::tls
