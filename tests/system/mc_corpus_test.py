"""tools/mc-corpus itself, on a corpus of its own: each word that it has for a file, and when it fails."""
import os
import pathlib
import subprocess
import sys
import unittest

from harness import BIN, SOURCE, Scenario

SITE = "OSTYPE(`linux')dnl\nLOCAL_DOMAIN(`a.test')dnl\nMAILER(`local')dnl\n"
# The same when all lines of the second file are in the first.
COMPARE = """import sys
ours, theirs = (set(open(path).read().splitlines()) for path in sys.argv[1:])
print("\\n".join(sorted(theirs - ours)))
sys.exit(bool(theirs - ours))
"""


class McCorpus(Scenario):
    def setUp(self):
        super().setUp()
        self.mc = self.folder / "mc"
        self.oracle = self.folder / "oracle"
        self.mc.mkdir()
        self.oracle.mkdir()
        (self.folder / "compare").write_text(COMPARE)

    def file(self, name, text, lines=""):
        (self.mc / name).write_text(text)
        if lines is not None:
            (self.oracle / (name[:3] + ".opts")).write_text(lines)

    def tool(self, *arguments, programs=BIN):
        done = subprocess.run([sys.executable, "-B", SOURCE / "tools/mc-corpus", *arguments], capture_output=True, text=True,
                              env=dict(os.environ, SIGNET_BIN=str(programs)))
        return done.returncode, done.stdout + done.stderr

    def expect(self, text):
        path = self.folder / "expected"
        path.write_text(text)
        return f"--expect={path}"

    def some(self):
        self.file("001-good.mc", SITE, "C{w}a.test\n")
        self.file("002-other.mc", SITE, "C{w}b.test\n")
        self.file("003-slip.mc", SITE + "FEATURE(`acess_db')dnl\n")
        self.file("004-only-ours.mc", SITE, None)

    def test_it_has_a_word_for_each_file(self):
        self.some()
        status, said = self.tool(self.mc)
        self.assertEqual(status, 0, said)
        for line in ("same      001-good.mc", "differs   002-other.mc: C{w}b.test", "refused   003-slip.mc: 003-slip.mc:4: ",
                     "accepted  004-only-ours.mc: ", "1 same, 1 differs, 1 refused, 1 accepted"):
            self.assertIn(line, said)

    def test_it_fails_when_less_is_same_than_expected(self):
        self.some()
        listed = "# why\n002 differs b is missing\n003 refused a slip\n004 accepted no oracle\n"
        status, said = self.tool(self.expect(listed), self.mc)
        self.assertEqual(status, 0, said)
        status, said = self.tool(self.expect(listed.replace("003 refused a slip\n", "")), self.mc)
        self.assertEqual(status, 1, said)
        self.assertIn("003-slip.mc is refused, not same", said)
        status, said = self.tool(self.expect(listed.replace("002 differs", "002 refused")), self.mc)
        self.assertEqual(status, 1, said)
        status, said = self.tool(self.expect(listed + "001 refused it was\n"), self.mc)
        self.assertEqual(status, 0, said)
        self.assertIn("001-good.mc is same by now", said)

    def test_an_expectation_has_a_reason(self):
        self.some()
        status, said = self.tool(self.expect("001 refused\n"), self.mc)
        self.assertNotEqual(status, 0)
        self.assertIn("no reason", said)

    def test_half_of_a_file_and_a_dead_program_are_never_right(self):
        self.file("001-any.mc", SITE)
        for script, word in (("echo half >$4; exit 1", "half-written"), ("kill -11 $$", "died")):
            program = self.folder / "signet"
            program.write_text("#!/bin/sh\n" + script + "\n")
            program.chmod(0o755)
            status, said = self.tool(self.expect(f"001 {word} so it was\n"), self.mc, programs=self.folder)
            self.assertEqual(status, 1, said)
            self.assertIn(f"{word}", said)

    def test_no_file_is_an_error(self):
        self.assertNotEqual(self.tool(self.mc)[0], 0)


class Corpus(unittest.TestCase):
    def test_site_files_mean_what_they_mean_to_sendmail(self):
        corpus = pathlib.Path(SOURCE).parent / "shared/corpus"
        if not corpus.is_dir():
            self.skipTest("NOT HELD AGAINST SITE FILES: ../shared/corpus is absent")
        done = subprocess.run([sys.executable, "-B", SOURCE / "tools/mc-corpus", f"--expect={SOURCE / 'tests/mc-corpus.expected'}",
                               corpus / "mc"], capture_output=True, text=True, env=dict(os.environ, SIGNET_BIN=str(BIN)))
        self.assertEqual(done.returncode, 0, "\n".join(line for line in done.stdout.splitlines() if not line.startswith("same")))


if __name__ == "__main__":
    unittest.main()
