"""What is installed works from where it is installed, without the tree that it was built in."""
import os
import re
import shutil
import subprocess
import unittest

from harness import BIN, SOURCE, Scenario, run

UNITS = ("signet.service", "signet-client-queue.service", "signet-client-queue.timer")


class Install(Scenario):
    def install(self, destdir, prefix):
        run("cmake", "--install", BIN.parent, "--prefix", prefix, env=dict(os.environ, DESTDIR=str(destdir)))

    def test_from_where_it_is_installed(self):
        prefix = self.folder / "opt"
        self.install("", prefix)
        alone = {"PATH": "/usr/bin:/bin"}
        mc = prefix / "share/signet/cf/mx.mc"
        compiled = run(prefix / "sbin/signet", "mc", mc, env=alone).stdout
        self.assertIn("O DaemonPortOptions=", compiled)
        self.assertNotIn(str(SOURCE), compiled)
        for face, text in (("sbin/sendmail", r"^Version "), ("lib/sendmail", r"^Version ")):
            self.assertRegex(run(prefix / face, "-d0.1", "-bP", "-C", mc, env=alone, ok=range(100)).stdout, text)
        table = self.folder / "access"
        subprocess.run([prefix / "sbin/makemap", "hash", table], input="a.example RELAY\n", text=True, check=True, env=alone)
        self.assertEqual(run(prefix / "sbin/makemap", "-u", "hash", table, env=alone).stdout, "a.example\tRELAY\n")
        self.assertRegex(run(prefix / "bin/mailq", "-Z", env=alone, ok=[64]).stderr, "usage: mailq")
        self.assertRegex(run(prefix / "bin/newaliases", "-C", "/nonexist", env=alone, ok=[72]).stderr, "/nonexist")

    def test_units_name_what_is_there(self):
        image = self.folder / "image"
        self.install(image, "/opt/signet")
        self.assertEqual([one.name for one in image.iterdir()], ["opt"], "all of it is below the prefix")
        for name in UNITS:
            with self.subTest(name):
                text = (image / "opt/signet/lib/systemd/system" / name).read_text()
                self.assertNotRegex(text, r"@\w+@")
                for path in re.findall(r"(?:ExecStart=|file:)(/\S+)", text):
                    self.assertTrue((image / path[1:]).exists(), path)

    def test_systemd_takes_the_units(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("no systemd-analyze")
        prefix = self.folder / "opt"
        self.install("", prefix)
        units = [prefix / "lib/systemd/system" / name for name in UNITS]
        done = run("systemd-analyze", "verify", "--man=no", *units, ok=range(256))
        own = [line for line in done.stderr.splitlines() if "signet" in line]
        self.assertEqual(own, [])

    def test_tells_how_it_is_called(self):
        for arguments in (["--prefix"], ["--prefix", "here"], ["now", "x"]):
            self.assertIn("tools/install [--prefix DIR]", run(SOURCE / "tools/install", *arguments, ok=[64]).stderr)


if __name__ == "__main__":
    unittest.main()
