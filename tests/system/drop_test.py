"""Mail of users outside the client queue's group, while no MTA listens: signet-drop keeps it."""
import grp
import os
import pwd
import shutil
import stat
import subprocess
import unittest

from harness import BIN, PATIENCE, Scenario, run

GROUP, CALLER, RUNNER = "games", "nobody", "games"  # system users of every Debian
OK, USAGE, NOPERM, TEMPFAIL = 0, 64, 77, 75


class Drop(Scenario):
    def setUp(self):
        super().setUp()
        self.queue = self.folder / "queue"
        self.queue.mkdir()
        self.queue.chmod(0o770)

    def drop(self, *arguments, text=""):
        return subprocess.run([str(BIN / "signet-drop"), *map(str, arguments)], input=text, text=True, capture_output=True,
                              timeout=PATIENCE, check=False)

    def test_refuses_what_is_no_message(self):
        whole = "signet client queue 1\nsender <a@b.test>\nsize 3\nto c@d.test\nend\nhi\n"
        for arguments, text, status in (([], whole, USAGE), (["queue", "6AQ1"], whole, USAGE), ([self.folder / "no", "6AQ1"], whole, 73),
                                        ([self.queue, "../6AQ1"], whole, TEMPFAIL), ([self.queue, "6AQ1"], whole[:-1], TEMPFAIL),
                                        ([self.queue, "6AQ1"], "junk", TEMPFAIL), ([self.queue, "6AQ1"], "", TEMPFAIL)):
            done = self.drop(*arguments, text=text)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertTrue(done.stderr.startswith("sendmail: "))
        self.assertEqual(list(self.queue.iterdir()), [])
        self.assertEqual(self.drop(self.queue, "6AQ1", text=whole).returncode, OK)
        self.assertEqual((self.queue / "df6AQ1").read_text(), "hi\n")
        self.assertIn(f"\nuser {pwd.getpwuid(os.getuid()).pw_name}\n", (self.queue / "qf6AQ1").read_text())
        self.queue.chmod(0o777)
        self.assertIn("everybody may write there", self.drop(self.queue, "6AQ2", text=whole).stderr)

    def configure(self, port, user):
        mc, cf = self.folder / "submit.mc", self.folder / "submit.cf"
        mc.write_text("OSTYPE(`linux')dnl\ndefine(`confDOMAIN_NAME', `us.test')dnl\n"
                      f"define(`confLOG_TARGET', `file:{self.folder}/submit.log')dnl\ndefine(`confRUN_AS_USER', `{user}')dnl\n"
                      f"define(`MSP_QUEUE_DIR', `{self.queue}')dnl\ndefine(`RELAY_MAILER_ARGS', `TCP $h {port}')dnl\n"
                      "FEATURE(`msp', `[127.0.0.1]')dnl\n")
        run(BIN / "signet", "mc", mc, "-o", cf)
        return cf

    def test_check_looks_at_the_client_queue(self):
        cf = self.configure(25, "root" if os.geteuid() == 0 else "")

        def check(status):
            return run(BIN / "signet", "check", "-C", cf, ok=[status]).stdout
        self.assertIn("is not set-group-id to ", check(0))
        self.queue.chmod(0o700)
        self.assertRegex(check(0), r"its group may not use \S+/queue \(mode 0700\); remedy: chmod 0770 ")
        self.queue.chmod(0o777)
        self.assertIn("everybody may write", check(78))
        self.queue.rmdir()
        self.assertRegex(check(78), r"mail cannot wait; remedy: install -d -m 0770 -o \S+ -g \S+ /")

    @unittest.skipIf(os.geteuid() != 0, "NOT RUN: needs root")
    def test_set_group_id(self):
        self.folder.chmod(0o755)
        gid = grp.getgrnam(GROUP).gr_gid
        os.chown(self.queue, pwd.getpwnam(RUNNER).pw_uid, gid)
        bin_folder = self.folder / "bin"
        bin_folder.mkdir(mode=0o755)
        bin_folder.chmod(0o755)
        for name in ("signet", "signet-drop"):
            shutil.copy(BIN / name, bin_folder / name)
        (bin_folder / "sendmail").symlink_to("signet")
        drop = bin_folder / "signet-drop"
        os.chown(drop, 0, gid)
        deaf = self.deaf_port()
        cf = self.configure(deaf.port, RUNNER)
        (self.folder / "submit.log").touch()
        (self.folder / "submit.log").chmod(0o666)

        def send(*arguments, text="Subject: x\n\nhi\n"):
            return subprocess.run([str(bin_folder / "sendmail"), "-C", str(cf), *arguments], input=text, text=True, user=CALLER,
                                  group=pwd.getpwnam(CALLER).pw_gid, extra_groups=[], capture_output=True, timeout=PATIENCE, check=False,
                                  cwd="/")
        drop.chmod(0o755)
        done = send("u@d.test")
        self.assertEqual(done.returncode, TEMPFAIL, "without the group")
        self.assertIn("Permission denied", done.stderr)
        drop.chmod(0o2755)
        said = run(bin_folder / "signet", "check", "-C", cf).stdout
        self.assertNotIn("set-group-id", said)
        for arguments in (["u@d.test"], ["-odq", "v@d.test"]):
            done = send(*arguments)
            self.assertEqual((done.returncode, done.stderr), (OK, ""))
        files = list(self.queue.iterdir())
        self.assertEqual(sorted(path.name[:2] for path in files), ["df", "df", "qf", "qf"])
        for path in files:
            found = path.stat()
            self.assertEqual((found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)), (pwd.getpwnam(CALLER).pw_uid, gid, 0o660))
        self.assertNotEqual(subprocess.run(["cat", files[0]], user=CALLER, group=pwd.getpwnam(CALLER).pw_gid, extra_groups=[],
                                           capture_output=True, check=False).returncode, 0)
        # The group is for its own folders only.
        other = self.folder / "other"
        other.mkdir()
        other.chmod(0o755)
        os.chown(other, pwd.getpwnam(CALLER).pw_uid, pwd.getpwnam(CALLER).pw_gid)
        stray = subprocess.run([str(drop), str(other), "6AQ1"], input="", text=True, user=CALLER, group=pwd.getpwnam(CALLER).pw_gid,
                               extra_groups=[], capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual(stray.returncode, NOPERM)
        hop = self.next_hop(on=deaf)
        run(bin_folder / "sendmail", "-C", cf, "-Ac", "-q")
        self.assertEqual(sorted(to for message in hop.messages for to in message[1]), ["u@d.test", "v@d.test"])
        self.assertEqual({message[0].split()[0] for message in hop.messages}, {f"<{CALLER}@us.test>"})
        self.assertEqual(list(self.queue.iterdir()), [])

    @unittest.skipIf(os.geteuid() != 0, "NOT RUN: needs root")
    def test_the_program_itself_keeps_no_borrowed_group(self):
        self.folder.chmod(0o755)
        program = self.folder / "signet"
        shutil.copy(BIN / "signet", program)
        os.chown(program, 0, grp.getgrnam(GROUP).gr_gid)
        program.chmod(0o2755)
        secret = self.folder / "secret.mc"
        secret.write_text("OSTYPE(`linux')\n")
        os.chown(secret, 0, grp.getgrnam(GROUP).gr_gid)
        secret.chmod(0o640)
        done = subprocess.run([str(program), "mc", str(secret)], user=CALLER, group=pwd.getpwnam(CALLER).pw_gid, extra_groups=[],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Permission denied", done.stderr)


if __name__ == "__main__":
    unittest.main()
