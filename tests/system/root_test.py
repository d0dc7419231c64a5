"""Started by root with RunAsUser: who owns what, who may read what, before and after a reload."""
import os
import pathlib
import pwd
import signal
import stat
import unittest

from harness import Scenario, anybody, wait_until

ENGINE, RECIPIENT = "nobody", "games"  # system users of every Debian
SITE = """define(`confRUN_AS_USER', `nobody:nogroup')dnl
define(`confMAILBOX_DATABASE', `pw')dnl
define(`confCACERT', `{ca}')dnl
define(`confCACERT_PATH', `{certs}')dnl
define(`confSERVER_CERT', `{pem}')dnl
define(`confSERVER_KEY', `{key}')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`access_db', `hash -T<TMPF> {access}')dnl
LOCAL_DOMAIN(`mx.test')dnl
"""


@unittest.skipIf(os.geteuid() != 0, "NOT RUN: needs root")
class AsRoot(Scenario):
    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)
        self.certs = self.pki()
        self.pem, self.key = self.certs.make("mx")
        self.access = self.make_map("access", "Connect:192.0.2.1\tREJECT\n")
        site = SITE.format(ca=self.certs.ca, certs=self.certs.folder, pem=self.pem, key=self.key, access=self.access)
        self.server = self.signet("mx", site)
        self.mail = self.server.folder / "mail"
        os.chown(self.mail, 0, pwd.getpwnam("mail").pw_gid)
        self.mail.chmod(0o2775)

    def owner(self, path):
        return pwd.getpwuid(os.lstat(path).st_uid).pw_name

    def submit(self):
        with self.server.client() as client:
            client.ehlo()
            client.starttls(anybody())
            client.ehlo()
            return client.send_mail("a@b.test", f"{RECIPIENT}@mx.test")

    def letters(self):
        box = self.mail / RECIPIENT
        return box.read_text().count("Subject: test") if box.exists() else 0

    def credentials(self, pid):
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
        return {line.split(":")[0]: line.split(":")[1].split() for line in text.splitlines()}

    def test_engine_has_no_privileges(self):
        engine, user = self.credentials(self.server.engine()), pwd.getpwnam(ENGINE)
        self.assertEqual(engine["Uid"], [str(user.pw_uid)] * 4)
        self.assertEqual(engine["Gid"], [str(user.pw_gid)] * 4)
        self.assertEqual(engine["Groups"], [str(user.pw_gid)])
        self.assertEqual(engine["CapEff"], ["0" * 16])
        self.assertEqual(engine["NoNewPrivs"], ["1"])

    def test_recipient_owns_the_mailbox_and_the_engine_the_queue(self):
        self.assertIn("Message accepted", self.submit())
        wait_until("the letter", lambda: self.letters() == 1)
        box = self.mail / RECIPIENT
        self.assertEqual(self.owner(box), RECIPIENT)
        self.assertEqual(stat.S_IMODE(box.stat().st_mode), 0o600)
        queue = self.server.folder / "queue"
        self.assertEqual(stat.S_IMODE(queue.stat().st_mode), 0o700)
        for path in [queue, *queue.rglob("*")]:
            self.assertEqual(self.owner(path), ENGINE, path)
        self.assertEqual(stat.S_IMODE(self.server.log.stat().st_mode) & 0o077 & ~0o044, 0)

    def test_nobody_gets_the_mail_of_no_user(self):
        with self.server.client() as client:
            client.ehlo()
            self.assertIn("User unknown", client.send_mail("a@b.test", "no-such-user@mx.test"))

    def test_reload_reads_keys_maps_and_log_again(self):
        self.assertEqual(stat.S_IMODE(self.key.stat().st_mode), 0o600)
        self.assertEqual(self.owner(self.key), "root")
        log = self.server.log
        log.rename(log.with_suffix(".1"))  # as logrotate does
        self.certs.make("mx")              # another certificate and key
        self.make_map("access", "From:bad@b.test\tREJECT\n")
        self.server.process.send_signal(signal.SIGHUP)
        wait_until("a new log", lambda: log.exists() and "configuration reloaded" in log.read_text())
        self.assertNotIn("TLS is off", log.read_text())
        self.server.port = lambda name="MTA", kept=log.with_suffix(".1"): int(
            next(line for line in kept.read_text().splitlines() if "listening on" in line).rsplit(":", 1)[1])
        self.assertIn("Message accepted", self.submit())
        with self.server.client() as client:
            client.ehlo()
            self.assertIn("550 5.7.1", client.send_mail("bad@b.test", f"{RECIPIENT}@mx.test"))

    def test_key_that_others_may_read_is_refused(self):
        self.key.chmod(0o644)
        self.server.reload()
        self.server.wait_for(rf"file {self.key} unsafe: World readable file")
        with self.server.client() as client:
            self.assertNotIn("STARTTLS", client.ehlo())

    def test_key_may_belong_to_the_engine(self):
        os.chown(self.key, pwd.getpwnam(ENGINE).pw_uid, 0)
        self.server.reload()
        self.assertIn("Message accepted", self.submit())


if __name__ == "__main__":
    unittest.main()
