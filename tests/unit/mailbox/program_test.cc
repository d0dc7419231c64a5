#include "signet/mailbox/program.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>

#include <gtest/gtest.h>

#include "support/temporary_directory.h"
#include "unit/mailbox/letters.h"

namespace signet::mailbox {
namespace {

class Programs : public testing::Test {
 protected:
  Result<ProgramEnd> run(const std::string& command, const Letter& letter) {
    program_.arguments = {"sh", "-c", command};
    return run_program(program_, letter);
  }
  // Exit code of one that gets a short letter.
  int status_of(const std::string& command) {
    const auto end = run(command, letter_of({"Subject: x\r\n\r\nhello\r\n"}));
    return end ? end->status : -1;
  }

  Program program_{.environment = {"PATH=/bin:/usr/bin", "MARK=1"}};
  test::TemporaryDirectory folder_;
};

TEST_F(Programs, ReadTheLetterInTheFormOfTheirMailer) {
  program_.form = {.from_line = "From a now", .return_path = true, .quoted = true};
  const std::string out = folder_ / "out";
  const auto end = run("cat > " + out + "; exit 3", letter_of({"A: b\r\n", "\r\nFrom x\r\ny"}));
  ASSERT_TRUE(end) << end.error().what;
  EXPECT_EQ(end->status, 3);
  EXPECT_EQ(test::read_file(out), "From a now\nReturn-Path: <a@example.org>\nA: b\n\n>From x\ny\n");
  program_.form = {};
  ASSERT_EQ(status_of("cat > " + out), 0);
  EXPECT_EQ(test::read_file(out), "Subject: x\n\nhello\n");
}

TEST_F(Programs, HaveOnlyWhatTheyAreGiven) {
  setenv("SECRET", "x", 1);
  const int open_file = dup(0);
  program_.folders = {folder_ / "missing", folder_.path().string(), "/"};
  const auto end =
      run("pwd; env | cut -d= -f1 | sort; ls /proc/self/fd | wc -l; umask", letter_of({"x"}));
  close(open_file);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->output, folder_.path().string() + "\nMARK\nPATH\nPWD\n4\n0077\n");
}

TEST_F(Programs, MayReadLittleAndSayMuch) {
  const std::string much(1024 * 1024, 'x');
  EXPECT_EQ(run("exec 0<&-; exit 4", letter_of({much}))->status, 4);
  EXPECT_EQ(run("head -c 1 > /dev/null", letter_of({much}))->status, 0);
  const auto end =
      run("head -c 3000000 /dev/zero | tr '\\0' y; cat > /dev/null", letter_of({much}));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->status, 0);
  EXPECT_EQ(end->output, std::string(2048, 'y'));
}

TEST_F(Programs, AreNotWaitedForWhenOnlyTheirChildrenLive) {
  EXPECT_EQ(status_of("sleep 60 & exit 5"), 5);
}

TEST_F(Programs, AreKilledWithAllTheyStartedWhenTheirTimeIsOver) {
  program_.patience = std::chrono::milliseconds(200);
  const std::string file = folder_ / "pid";
  std::string pid;
  constexpr std::chrono::minutes kMost(1);
  for (; pid.empty() && program_.patience < kMost; program_.patience *= 2) {  // until it is so far
    const auto end = run("sleep 60 & echo $! > " + file + "; wait", letter_of({"x"}));
    ASSERT_TRUE(end);
    EXPECT_TRUE(end->late);
    pid = test::read_file(file);
  }
  ASSERT_FALSE(pid.empty());
  const auto sleeper = std::stoi(pid);
  while (kill(sleeper, 0) == 0 &&
         test::read_file("/proc/" + std::to_string(sleeper) + "/stat").find(") Z") ==
             std::string::npos) {
  }
  // One that does not even read.
  EXPECT_TRUE(run("sleep 60", letter_of({std::string(1024 * 1024, 'x')}))->late);
}

TEST_F(Programs, AreKilledWhenNobodyWaitsForThem) {
  program_.patience = std::chrono::seconds(60);
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const Fd ours(ends[0]);
  Fd theirs(ends[1]);
  program_.client = ours.get();
  EXPECT_EQ(status_of("exit 3"), 3);  // who waits, but says nothing
  theirs = Fd();
  const auto end = run("sleep 600", letter_of({"x"}));
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().kind, ErrorKind::temporary);
  EXPECT_FALSE(run("sleep 600", letter_of({std::string(1024 * 1024, 'x')})));  // that does not read
}

TEST_F(Programs, NeverTakeAPartForTheWhole) {
  const std::string out = folder_ / "out";
  EXPECT_FALSE(run("cat > /dev/null; echo whole > " + out, broken_letter({"half\r\n"})));
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST_F(Programs, ThatCannotBeStartedAreATemporaryFailure) {
  program_.path = folder_ / "no-shell";
  const auto end = run("x", letter_of({"x"}));
  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().kind, ErrorKind::temporary);
  EXPECT_EQ(end.error().what, "cannot run " + program_.path + ": No such file or directory");
}

TEST(ExitMeaning, IsSendmails) {
  const struct {
    ProgramEnd end;
    bool temporary;
    std::string_view status, words;
  } cases[] = {
      {{.status = 0, .output = {}}, false, "", ""},
      {{.status = 1, .output = {}}, false, "5.3.0", "unknown mailer error 1"},
      {{.status = 67, .output = {}}, false, "5.1.1", "User unknown"},
      {{.status = 69, .output = {}}, false, "5.0.0", "Service unavailable"},
      {{.status = 73, .output = {}}, false, "5.0.0", "Can't create output"},
      {{.status = 74, .output = {}}, true, "4.0.0", "I/O error"},
      {{.status = 75, .output = {}}, true, "4.0.0", "m exited with EX_TEMPFAIL"},
      {{.signal = 9, .output = {}}, true, "4.3.0", "m died with signal 9"},
      {{.late = true, .output = {}}, true, "4.3.0", "m took too long"},
  };
  for (const auto& one : cases) {
    const auto meaning = meaning_of_exit(one.end, "m");
    EXPECT_EQ(meaning.temporary, one.temporary) << one.words;
    EXPECT_EQ(meaning.status, one.status) << one.words;
    EXPECT_EQ(meaning.words, one.words);
  }
}

TEST(RestrictedCommand, LosesItsPathAndNothingElse) {
  const struct {
    std::string_view command, want;
  } cases[] = {
      {"vacation al", "/b/vacation al"},
      {"/usr/bin/vacation -a 'x y'", "/b/vacation -a 'x y'"},
      {"../../bin/procmail", "/b/procmail"},
      {"exec /x/filter || exit 75", "exec /b/filter || exit 75"},
      {" a 1 && /z/b 2", "/b/a 1 && /b/b 2"},
      {"a \"b\"", "/b/a \"b\""},
  };
  for (const auto& one : cases) {
    const auto made = restricted_command(one.command, "/b");
    ASSERT_TRUE(made) << one.command << made.error();
    EXPECT_EQ(*made, one.want);
  }
  EXPECT_EQ(programs_of("exec /b/a x || exit 75 && /b/c", "/b"),
            (std::vector<std::string>{"/b/a", "/b/c"}));
}

TEST(RestrictedCommand, IsRefusedWhereAShellWouldSeeMore) {
  for (const auto* command :
       {"",       "  ",      "a; b",    "a | b",   "a & b", "a && ", "a > /x",
        "a < /x", "a `id`",  "a $(id)", "a $HOME", "(a)",   "a\nb",  "a\rb",
        "X=1 a",  "'a' b",   "\"a\"",   "\\a",     "/",     "..",    "/x/.",
        "-x",     "a && $b", "exit $x", "exit",    "exec",  "* x",   "~/x/*"}) {
    EXPECT_FALSE(restricted_command(command, "/b")) << command;
  }
}

}  // namespace
}  // namespace signet::mailbox
