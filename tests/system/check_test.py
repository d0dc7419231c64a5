"""`signet check`: each thing that an administrator must know before starting, as a line and as JSON."""
import json
import os
import socket
import subprocess
import time
import unittest

from harness import BIN, Scenario, free_port, run, tls_lines

OK, OSFILE, CONFIG = 0, 72, 78

SITE = """OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `us.test')dnl
define(`QUEUE_DIR', `{dir}/queue')dnl
define(`confPID_FILE', `{dir}/pid')dnl
define(`confRUN_AS_USER', `{user}')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
define(`confMAILBOX_DATABASE', `file:{dir}/users')dnl
FEATURE(`no_default_msa')dnl
"""
TAIL = "MAILER(`local')dnl\nMAILER(`smtp')dnl\n"


class Check(Scenario):
    def setUp(self):
        super().setUp()
        (self.folder / "users").write_text("alice\n")
        self.port_line = "DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=MTA')dnl\n"

    def check(self, mc, status):
        """Findings by code. The lines say the same as the JSON."""
        site = self.folder / "site.mc"
        user = "root" if os.geteuid() == 0 else ""
        site.write_text(SITE.format(dir=self.folder, user=user) + mc + self.port_line + TAIL)
        done = subprocess.run([BIN / "signet", "check", "-C", site, "--json"], text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        said = json.loads(done.stdout)
        self.assertEqual(said["file"], str(site))
        lines = run(BIN / "signet", "check", "-C", site, ok=(status,)).stdout.splitlines()
        for finding in said["findings"]:
            where = finding["file"] + ":" if finding["file"] else ""
            where += f"{finding['line']}:" if finding["line"] else ""
            line = " ".join(filter(None, (f"{finding['level']}:", where, finding["text"])))
            line += f"; remedy: {finding['remedy']}" if finding["remedy"] else ""
            self.assertIn(line, lines)
        self.said = said
        found = {}
        for finding in said["findings"]:
            found.setdefault(finding["code"], []).append(finding)
        return found

    def expect(self, finding, level, text, remedy="", line=None):
        self.assertEqual(finding["level"], level, finding)
        self.assertIn(text, finding["text"])
        self.assertIn(remedy, finding["remedy"])
        if line is not None:
            self.assertEqual(finding["line"], line, finding)

    def test_nothing_wrong(self):
        found = self.check("", OK)
        self.assertFalse([f for findings in found.values() for f in findings if f["level"] == "error"])
        self.assertEqual(self.said["host"], "us.test")
        self.assertEqual([(p["name"], p["address"]) for p in self.said["ports"]], [("MTA", "127.0.0.1")])
        self.expect(found["queue-missing"][0], "note", "the start makes it")

    def test_what_the_compiler_says(self):
        found = self.check("FEATURE(`nouucp', `reject')dnl\n", OK)
        self.expect(found["configuration"][0], "warning", "nouucp", line=9)
        found = self.check("FEATURE(`no_such')dnl\nFEATURE(`nor_such')dnl\n", CONFIG)
        self.assertEqual([f["line"] for f in found["configuration"]], [9, 10])
        self.assertEqual({f["level"] for f in found["configuration"]}, {"error"})
        # What is refused hides nothing of what else is wrong.
        missing = f"FEATURE(`access_db', `hash {self.folder}/access')dnl\n"
        found = self.check("FEATURE(`nouucp', `reject')dnl\nFEATURE(`bcc')dnl\n" + missing, CONFIG)
        said = [(f["level"], f["line"]) for f in found["configuration"]]
        self.assertEqual(said[0], ("error", 10))
        self.assertIn(("warning", 9), said)
        self.expect(found["configuration"][0], "error", "bcc", "docs/migrating.md")
        self.assertEqual(found["map-missing"][0]["line"], 11)
        done = subprocess.run([BIN / "signet", "check", "-C", "/nonexist.mc", "--json"], text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, OSFILE)
        self.assertEqual(len(json.loads(done.stdout)["findings"]), 1)

    def test_maps(self):
        access = self.folder / "access"
        feature = f"FEATURE(`access_db', `hash {access}')dnl\n"
        found = self.check(feature, CONFIG)
        self.expect(found["map-missing"][0], "error", f"FEATURE(access_db): {access}.db is not there",
                    f"write {access} and run makemap hash {access} < {access}", line=9)
        self.assertNotIn("configuration", found)
        access.write_text("Connect:192.0.2.1 OK\nnovalue\nConnect:192.0.2.1/24 REJECT\nconnect:192.0.2.1 RELAY\n"
                          "Connect:.example.org OK\n")
        self.assertEqual(self.check(feature, CONFIG)["map-missing"][0]["remedy"], f"makemap hash {access} < {access}")
        with access.open() as text:
            run(BIN / "makemap", "hash", access, stdin=text, ok=(65,))
        access.chmod(0o666)
        found = self.check(feature, OK)
        self.expect(found["map-line"][0], "warning", "no RHS for LHS novalue", line=2)
        self.expect(found["map-duplicate"][0], "warning", "line 1 already", line=4)
        self.assertEqual([f["line"] for f in found["map-dead-entry"]], [3, 5])
        self.expect(found["file-unsafe"][0], "warning", "everybody may write it", f"chmod o-w {access}")
        self.assertNotIn("map-stale", found)
        later = time.time() + 5
        os.utime(access, (later, later))
        self.expect(self.check(feature, OK)["map-stale"][0], "warning", f"newer than {access}.db", f"makemap hash {access} < {access}")
        names = self.folder / "names"
        found = self.check(f"define(`confCW_FILE', `{names}')dnl\nFEATURE(`use_cw_file')dnl\n", CONFIG)
        self.expect(found["configuration"][0], "error", f"cannot open {names}", f"touch {names}")
        # Told that it may be missing, a file may be missing, whoever asks for it.
        found = self.check(f"define(`confCW_FILE', `-o {names}')dnl\nDOMAIN(`generic')dnl\n", OK)
        self.assertFalse([f for f in found.get("configuration", []) if str(names) in f["text"]], found)
        self.assertNotIn("map-dead-entry", self.check(f"FEATURE(`mailertable', `hash -o {self.folder}/none')dnl\n", OK))

    def test_ports(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", free_port()))  # nobody else gets it when we give it back
            taken.listen()
            self.port_line = f"DAEMON_OPTIONS(`Port={taken.getsockname()[1]}, Addr=127.0.0.1, Name=MTA')dnl\n"
            found = self.check("", CONFIG)
            self.expect(found["port-taken"][0], "error", f"process {os.getpid()}", "stop the other program")
        self.assertNotIn("port-taken", self.check("", OK))

    def test_ports_of_the_running_daemon(self):
        port = free_port()
        mx = self.signet("mx", "", ports=f"DAEMON_OPTIONS(`Port={port}, Addr=127.0.0.1, Name=MTA')dnl\n")
        done = run(BIN / "signet", "check", "-C", mx.mc)
        self.assertIn(f"by the running daemon, process {mx.process.pid}", done.stdout)
        self.assertNotIn("error:", done.stdout)

    def test_certificates(self):
        certs = self.pki()
        certs.make("us", days=3)
        found = self.check(tls_lines(certs, "us"), OK)
        self.expect(found["certificate-expires"][0], "warning", "the certificate expires in ", "renew it")
        self.assertEqual(self.said["ports"][0]["tls"], "STARTTLS offered")
        certs.make("long", days=400)
        self.assertNotIn("certificate-expires", self.check(tls_lines(certs, "long"), OK))
        key = certs.folder / "long.key"
        key.chmod(0o640)
        found = self.check(tls_lines(certs, "long"), CONFIG)
        self.assertTrue([f for f in found["tls"] if f["level"] == "error" and f"chmod 0600 {key}" in f["remedy"]], found)
        # What to do stands with why.
        found = self.check("define(`confCACERT_PATH', `/no/such')dnl\n", CONFIG)
        self.assertEqual(len(found["tls"]), 1, found["tls"])
        self.expect(found["tls"][0], "error", "/no/such", "make the folder")
        key.chmod(0o600)
        key.write_bytes((certs.folder / "us.key").read_bytes())
        found = self.check(tls_lines(certs, "long"), CONFIG)
        self.assertTrue([f for f in found["tls"] if f["level"] == "error"], found)

    def test_queue_and_user(self):
        queue = self.folder / "queue"
        queue.mkdir(mode=0o755)
        found = self.check("", OK)
        self.expect(found["queue-mode"][0], "warning", "mode 0755", f"chmod 0700 {queue}", line=3)
        queue.chmod(0o777)
        self.expect(self.check("", CONFIG)["queue-unsafe"][0], "error", "everybody may write")
        queue.chmod(0o700)
        self.assertNotIn("queue-mode", self.check("", OK))
        if os.geteuid() == 0:
            found = self.check("define(`confRUN_AS_USER', `nobody-at-all')dnl\n", CONFIG)
            self.expect(found["user-missing"][0], "error", "no such user", "make the user")
            os.chown(queue, 65534, 65534)
            self.expect(self.check("", CONFIG)["queue-owner"][0], "error", "belongs to user 65534", "chown")

    def test_passwords(self):
        sasl = self.folder / "sasl"
        sasl.mkdir()
        (sasl / "Sendmail.conf").write_text(f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {sasl}/db\n")
        mc = f"define(`confSASL_CONF_DIR', `{sasl}')dnl\n"
        self.expect(self.check(mc, OK)["sasl-database"][0], "note", f"{sasl}/db is not there", "saslpasswd2")
        (sasl / "db").write_text("")
        self.assertNotIn("sasl-database", self.check(mc, OK))
        if os.geteuid() == 0:
            (sasl / "db").chmod(0o600)
            found = self.check(mc + "define(`confRUN_AS_USER', `nobody')dnl\n", CONFIG)
            self.expect(found["sasl-database"][0], "error", "nobody may not read it", "chmod 0640")
        (sasl / "Sendmail.conf").write_text(f"pwcheck_method: saslauthd\nsaslauthd_path: {sasl}/mux\n")
        self.expect(self.check(mc, OK)["sasl-database"][0], "warning", f"{sasl}/mux is not there", "start saslauthd")

    def test_mail_filters_that_do_not_answer(self):
        with socket.create_server(("127.0.0.1", 0)) as there, socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))  # nobody else's, and nobody listens
            missing = self.folder / "nobody"
            found = self.check(f"INPUT_MAIL_FILTER(`here', `S=inet:{there.getsockname()[1]}@localhost')dnl\n"
                               f"INPUT_MAIL_FILTER(`gone', `S=local:{missing}, F=T')dnl\n"
                               f"INPUT_MAIL_FILTER(`refused', `S=inet:{deaf.getsockname()[1]}@[127.0.0.1]')dnl\n"
                               "MAIL_FILTER(`idle', `S=local:/x')dnl\n", OK)
        texts = [one["text"] for one in found["filter-unreachable"]]
        self.assertEqual(texts[0], f"mail filter gone at unix:{missing}: No such file or directory; "
                                   "all mail is told to come later (F=T)")
        self.assertRegex(texts[1], r"^mail filter refused at inet:\d+@\[127\.0\.0\.1\]: Connection refused; mail passes without it$")
        self.assertEqual(len(texts), 2)
        self.assertEqual(found["filter-unused"][0]["text"], "mail filter idle is not asked")

    @unittest.skipIf(os.geteuid() != 0, "NOT RUN: needs root")
    def test_mail_filters_that_the_engine_may_not_ask(self):
        self.folder.chmod(0o755)
        path = self.folder / "filter"
        mc = f"define(`confRUN_AS_USER', `nobody')dnl\nINPUT_MAIL_FILTER(`one', `S=local:{path}')dnl\n"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
            listening.listen()
            path.chmod(0o666)
            self.assertNotIn("filter-unreachable", self.check(mc, OK))
            path.chmod(0o600)
            found = self.check(mc, OK)["filter-unreachable"][0]
        self.expect(found, "warning", "the engine's user may not connect: Permission denied; mail passes without it", "RunAsUser")


if __name__ == "__main__":
    unittest.main()
