"""The parent: brings back what dies, however often, and hears signals at any time."""
import os
import pathlib
import signal
import subprocess
import threading
import unittest

from harness import BIN, PATIENCE, Scenario, Signet, wait_until


class Supervision(Scenario):
    def start(self, **more):
        self.server = self.signet("mx", "FEATURE(`accept_unresolvable_domains')dnl\nLOCAL_DOMAIN(`mx.test')dnl\n", **more)

    def children(self):
        pid = self.server.process.pid
        return {int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def engine(self):
        try:
            return self.server.engine()
        except (AssertionError, OSError):
            return None

    def kill_engine(self):
        engine = wait_until("an engine", self.engine)
        os.kill(engine, signal.SIGKILL)
        wait_until("the end of the engine", lambda: engine not in self.children())

    def serves(self):
        """Also what came while no engine ran: the ports stay open."""
        with self.server.client() as client:
            client.ehlo()
            self.assertIn("Message accepted", client.send_mail("a@b.test", "alice@mx.test"))

    def test_engine_comes_back_each_time(self):
        self.start()
        for times in range(1, 4):
            self.kill_engine()
            self.serves()
            # Before the next one dies: what a killed engine had not written yet is lost.
            self.server.wait_for("the engine died of signal 9 and was started again", times)

    def test_engine_comes_back_under_a_parent_that_ignored_its_children(self):
        self.start(before=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
        self.kill_engine()
        self.serves()

    def test_what_a_reload_refused_is_not_what_the_next_engine_starts_with(self):
        self.start()
        self.server.write("FEATURE(`access_db', `hash -T<TMPF> /nonexistent/access')dnl\n")
        self.server.process.send_signal(signal.SIGHUP)
        self.server.wait_for("reload failed, the old configuration stays: .*/nonexistent/access")
        self.kill_engine()
        self.serves()

    def test_a_reload_warns_as_a_start_does(self):
        self.start()
        self.server.write("define(`confUSERDB_SPEC', `x')dnl\n")
        self.server.reload()
        self.server.wait_for("reload: .*option UserDatabaseSpec has no meaning here")

    def test_sighup_brings_an_engine_at_once(self):
        self.start()
        for _ in range(6):  # the last one would wait for sixteen seconds
            self.kill_engine()
            self.server.process.send_signal(signal.SIGHUP)
            wait_until("the engine", self.engine, 12)
        self.serves()

    def test_sigterm_ends_it_while_no_engine_runs(self):
        self.start()
        for _ in range(3):
            self.kill_engine()
        self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.process.wait(PATIENCE), 0)
        self.assertFalse((self.server.folder / "pid").exists())

    def test_agent_comes_back(self):
        self.start()
        self.serves()
        self.server.wait_for(r"to=<alice@mx\.test>, .*stat=Sent$")  # else the next agent delivers it once more
        for _ in range(2):
            agent = (self.children() - {self.server.engine()}).pop()
            os.kill(agent, signal.SIGKILL)
            wait_until("another agent", lambda: len(others := self.children() - {agent}) == 2 and others)
        self.serves()
        wait_until("both letters", lambda: self.server.mailbox("alice").count("\nFrom a@b.test") +
                   self.server.mailbox("alice").startswith("From a@b.test") == 2)

    def test_a_start_waits_for_an_engine_that_lost_its_parent(self):
        self.start()
        with self.server.client() as client:
            client.ehlo()
            client.say("MAIL FROM:<a@b.test>")
            client.say("RCPT TO:<alice@mx.test>")
            client.say("DATA")  # the old engine drains: this letter is still taken
            self.server.process.kill()
            self.server.process.wait()
            self.server.errors.close()
            end = threading.Timer(1, client.say, ["Subject: test\r\n\r\nthe old one's\r\n."])
            end.start()
            self.server.start()
            end.join()
        self.serves()
        wait_until("both letters", lambda: "the old one's" in (box := self.server.mailbox("alice")) and "hello" in box)

    def test_an_agent_that_hangs_does_not_keep_the_parent(self):
        self.start()
        agent = (self.children() - {self.server.engine()}).pop()
        os.kill(agent, signal.SIGSTOP)
        self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.process.wait(PATIENCE), 0)

    def test_signals_from_the_first_moment(self):
        self.server = Signet(self.folder / "mx", "FEATURE(`accept_unresolvable_domains')dnl\nLOCAL_DOMAIN(`mx.test')dnl\n")
        self.addCleanup(self.server.stop)
        self.server.process = subprocess.Popen([BIN / "sendmail", "-bD", "-q1s", "-C", self.server.mc],
                                               stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.server.errors, self.server.log_offset = open(os.devnull, "w"), 0
        masked = f"/proc/{self.server.process.pid}/status"
        # HUP, INT, USR1, TERM and CHLD: while m4 is started all are blocked, and they are let through once more.
        def heard():
            blocked = int(pathlib.Path(masked).read_text().split("SigBlk:")[1].split()[0], 16)
            return blocked & 0x14203 == 0x14203 and not blocked & 1 << signal.SIGALRM - 1
        wait_until("signals to be heard", heard)
        self.server.process.send_signal(signal.SIGHUP)  # at least one, however fast it starts
        while not self.server.is_up():
            self.server.process.send_signal(signal.SIGHUP)
        self.server.wait_for("configuration reloaded")
        self.serves()
        self.assertNotIn("was started again", "\n".join(self.server.lines()))
        for _ in range(3):
            self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.process.wait(PATIENCE), 0)

    def test_the_last_of_many_changes_holds(self):
        """A change told while an earlier one is being read is not lost."""
        self.start()
        for number in range(25):
            self.server.write("FEATURE(`accept_unresolvable_domains')dnl\nLOCAL_DOMAIN(`mx.test')dnl\n"
                              f"define(`confSMTP_LOGIN_MSG', `$j change {number}')dnl\n")
            self.server.process.send_signal(signal.SIGHUP)

        def greeted():
            with self.server.client() as client:
                return "change 24" in client.greeting
        wait_until("the last change", greeted)


if __name__ == "__main__":
    unittest.main()
