"""Members of aliases that are no addresses: programs, files, lists, owners, .forward files; who may have them used."""
import grp
import os
import pwd
import re
import socket
import stat
import struct
import unittest

from harness import BIN, Scenario, route_to, run, wait_until

ROOT = os.geteuid() == 0

ALIASES = """prog: "|cat > {dir}/out/$$; exit 0"
said: "|cat > {dir}/out/said"
tempfail: "|exit 75"
nouser: "|echo no such person; exit 67"
odd: "|exit 9"
dies: "|kill -9 $$"
env: "|env > {dir}/out/env; ls -l /proc/self/fd > {dir}/out/fds; umask > {dir}/out/umask"
half: "|head -c 1 > {dir}/out/half"
file: {dir}/out/file
null: /dev/null
link: {dir}/out/link
fifo: {dir}/out/fifo
list: :include:{dir}/lists/list
owner-list: list-request
list-request: alice
nested: :include:{dir}/lists/nested
gone: :include:{dir}/lists/gone
pipe: :include:{dir}/lists/pipe
open: :include:{dir}/lists/open
plain: bob, ann@dest.test
owner-plain: "boss, carol"
owner-owner: carol
mixed: bob, "|cat > {dir}/out/mixed", {dir}/out/mixed.file
"""


class Members(Scenario):
    USERS = ("alice", "bob", "carol", "dave", "erin")

    def start(self, more="", aliases=""):
        self.folder.chmod(0o755)
        self.dest, self.heard_before = self.next_hop(), 0
        routes = self.make_map("mailertable", route_to(dest_test=self.dest))
        self.text = self.folder / "aliases"
        self.out, self.lists, self.forwards = (self.folder / name for name in ("out", "lists", "forward"))
        for path in (self.out, self.lists, self.forwards):
            path.mkdir(exist_ok=True)
            path.chmod(0o755)
        if ROOT:
            os.chown(self.out, *self.default_user())
        self.text.write_text((ALIASES + aliases).format(dir=self.folder))
        mc = f"""FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`mailertable', `hash {routes}')dnl
define(`ALIAS_FILE', `{self.text}')dnl
define(`confFORWARD_PATH', `{self.forwards}/$u.$h:{self.forwards}/$u')dnl
{more}"""
        cf = self.folder / "build.mc"
        cf.write_text("OSTYPE(`linux')dnl\n" + mc + "MAILER(`local')dnl\nMAILER(`smtp')dnl\n")
        self.built = run(BIN / "newaliases", "-C", cf)
        self.us = self.signet("us", mc, users=self.USERS)

    def default_user(self):
        for name in ("mailnull", "sendmail", "daemon"):
            try:
                found = pwd.getpwnam(name)
                return found.pw_uid, found.pw_gid
            except KeyError:
                pass
        return 1, 1

    def write(self, path, text, mode=0o644):
        path.write_text(text)
        path.chmod(mode)
        return path

    def heard(self, count):
        """Senders and recipients of what the other host got."""
        messages = self.dest.wait(self.heard_before + count)[self.heard_before:]
        return [(sender.split(">")[0].lstrip("<"), to) for sender, to, _ in messages]

    def steps(self, *all_of_them):
        """One daemon for several scenarios, each with empty mailboxes; starting it is what takes time."""
        self.start()
        for step in all_of_them:
            with self.subTest(step.__name__):
                self.heard_before = len(self.dest.messages)
                for folder in (self.us.folder / "mail", self.forwards, self.lists, self.out):
                    for path in folder.iterdir():
                        path.unlink(missing_ok=True)
                step()

    def send(self, *recipients, sender="a@else.test", text="Subject: test\r\n\r\nFrom here\r\nhello\r\n"):
        with self.us.client() as client:
            client.ehlo()
            answer = client.send_mail(sender, list(recipients), text)
        self.assertTrue(answer.startswith("250"), answer)

    def to_line(self, recipient):
        """mailer=, dsn= and stat= of the (last) line about this recipient."""
        found = self.us.wait_for(rf"to={recipient}, .*?mailer=(\S+), .*?dsn=(\S+), stat=(.*)$")
        return found.group(1), found.group(2), found.group(3)

    def wait_for_file(self, name):
        path = self.out / name
        wait_until(f"{name}", lambda: path.exists() and path.read_text().endswith("hello\n\n" if name == "file" else "hello\n"))
        return path.read_text()


class Programs(Members):
    def test_of_aliases(self):
        self.steps(self.expn_tells_no_commands,
                   self.nobody_names_one_in_an_envelope,
                   self.get_the_letter_on_their_input_and_nothing_of_it_elsewhere,
                   self.see_a_clean_world,
                   self.end_in_the_words_of_sendmail)

    def get_the_letter_on_their_input_and_nothing_of_it_elsewhere(self):
        self.assertEqual(self.built.stderr, "")  # newaliases has nothing against them
        self.send("said@us.test", sender="a@else.test")
        text = self.wait_for_file("said")
        self.assertRegex(text, r"\AFrom a@else\.test \w{3} \w{3} [ \d]\d \S+ \d{4}\nReceived: ")
        self.assertIn("\nFrom here\nhello\n", text)
        self.assertNotIn("Return-Path:", text)
        ids = "{}/{}".format(*self.default_user()) if ROOT else f"{os.getuid()}/{os.getgid()}"
        self.us.wait_for(rf'to=\|cat > \S+/said, ctladdr=<said@us\.test> \({ids}\), .*mailer=prog, .*dsn=2\.0\.0, stat=Sent$')

    def see_a_clean_world(self):
        self.send("env@us.test")
        self.to_line(r"\|env .*")
        names = sorted(line.split("=")[0] for line in (self.out / "env").read_text().splitlines())
        allowed = {"AGENT", "HOME", "LOGNAME", "OLDPWD", "PATH", "PWD", "SHELL", "SHLVL", "TZ", "USER", "_"}
        self.assertEqual(set(names) - allowed, set())
        numbers = {line.split()[8] for line in (self.out / "fds").read_text().splitlines() if " -> " in line}
        self.assertEqual(numbers - {"0", "1", "2", "3"}, set())  # 3: the folder that ls reads
        self.assertEqual((self.out / "umask").read_text(), "0077\n")
        if ROOT:
            self.assertEqual((self.out / "env").stat().st_uid, self.default_user()[0])

    def end_in_the_words_of_sendmail(self):
        self.send("tempfail@us.test", "nouser@us.test", "odd@us.test", "dies@us.test", "half@us.test", sender="alice@us.test")
        for recipient, dsn, stat_ in ((r"\|exit 75", "4.0.0", "Deferred: prog mailer (/bin/sh) exited with EX_TEMPFAIL"),
                                      (r"\|echo no such person; exit 67", "5.1.1", "User unknown"),
                                      (r"\|exit 9", "5.3.0", "unknown mailer error 9"),
                                      (r"\|kill -9 \$\$", "4.3.0", "Deferred: prog mailer (/bin/sh) died with signal 9"),
                                      (r"\|head .*half", "2.0.0", "Sent")):
            self.assertEqual(self.to_line(recipient), ("prog", dsn, stat_))
        report = wait_until("the report", lambda: self.us.mailbox("alice"))
        self.assertIn("\nno such person\n", report)
        self.assertIn("Final-Recipient: RFC822; nouser@us.test\n", report)
        self.assertNotIn("exit 67", report)
        self.assertIn("|exit 75", self.us.mailq())

    def nobody_names_one_in_an_envelope(self):
        with self.us.client() as client:
            client.ehlo()
            client.say("MAIL FROM:<a@else.test>")
            for one in ("|exit 0", "|id", "/etc/passwd", ":include:/etc/passwd", "\"|id\""):
                self.assertIn(client.say(f"RCPT TO:<{one}@us.test>")[:3], ("501", "550", "553"), one)
                self.assertIn(client.say(f"RCPT TO:<{one}>")[:3], ("501", "550", "553"), one)
        self.assertEqual(list(self.out.iterdir()), [])

    def expn_tells_no_commands(self):
        with self.us.client() as client:
            client.ehlo()
            self.assertEqual(client.say("EXPN mixed"),
                             "250-2.1.5 <bob@us.test>\n250-2.1.5 <mixed@us.test>\n250 2.1.5 <mixed@us.test>")

    def test_smrsh_runs_what_stands_in_its_folder(self):
        allowed = self.folder / "sm.bin"
        allowed.mkdir()
        self.write(allowed / "take", f"#!/bin/sh\ncat > {self.folder}/out/taken.$1\n", 0o755)
        self.start(f"FEATURE(`smrsh')dnl\ndefine(`confSMRSH_DIR', `{allowed}')dnl\n",
                   'take: "|/anywhere/take one"\nboth: "|exec take two || exit 75"\nother: "|/bin/cat"\nbad: "|take x; id"\n')
        self.send("take@us.test", "both@us.test", "other@us.test", "bad@us.test", sender="alice@us.test")
        self.assertEqual(self.to_line(r"\|/anywhere/take one"), ("prog", "2.0.0", "Sent"))
        self.assertEqual(self.to_line(r"\|exec take two .*"), ("prog", "2.0.0", "Sent"))
        self.assertTrue((self.out / "taken.one").exists() and (self.out / "taken.two").exists())
        for one in (r"\|/bin/cat", r"\|take x; id"):
            self.assertEqual(self.to_line(one), ("prog", "5.0.0", "Service unavailable"))
        self.us.wait_for(r'smrsh: "cat" not available for sendmail programs$')
        self.us.wait_for(r"smrsh: cannot use ; in command$")


class HostileEngine(Members):
    """Who has taken over the engine gets nothing run, written or read that no alias or .forward file names."""

    def ask(self, kind, target, alias="", files=(), user="", list_alias="lists"):
        def frame(data):
            return struct.pack(">I", len(data)) + data
        fields = (str(kind), user, target, alias, list_alias, "".join(f"{file}\n" for file in files), "a@b", "0", "1700000000", "", "")
        with socket.socket(socket.AF_UNIX) as agent:
            agent.connect(str(self.us.folder / "queue" / "agent"))
            agent.sendall(frame(b"".join(field.encode() + b"\0" for field in fields)))
            try:
                agent.sendall(frame(b"Subject: x\r\n\r\n") + frame(b""))
            except BrokenPipeError:
                pass  # it has answered already
            answer = b""
            try:
                while piece := agent.recv(4096):
                    answer += piece
            except ConnectionResetError:
                pass  # it did not want all that we said
        return answer[4:].split(b"\0")[:3]

    def test_is_not_believed(self):
        self.start(aliases="lists: :include:{dir}/lists/list, :include:{dir}/lists/open\n")
        PROGRAM, FILE, LIST = 2, 3, 4
        command = f"touch {self.out}/done"
        path = self.write(self.lists / "list", f'"|{command}", :include:{self.lists}/inner\n')
        inner = self.write(self.lists / "inner", f"{self.out}/written\n")
        loose = self.write(self.lists / "loose", f'"|{command}"\n')
        self.write(self.lists / "open", f'"|{command}"\n', 0o666)
        refused = [b"P", b"5.7.1", b"is named by no alias, list or .forward file"]
        for request in ((PROGRAM, command), (PROGRAM, command, "prog"), (PROGRAM, command, "nosuch"),
                        (PROGRAM, command, "", (loose,)), (PROGRAM, command, "", (f"{self.lists}/open",)),
                        (PROGRAM, command, "", (path, loose)), (PROGRAM, command, "", ("/etc/passwd",)),
                        (PROGRAM, command + ";id", "", (path,)), (FILE, f"{self.out}/written", "", (path,)),
                        (FILE, f"{self.out}/written", "", (inner,)), (LIST, "/etc/passwd"), (LIST, "/etc/passwd", "list"),
                        (LIST, str(loose), "", (path,))):
            self.assertEqual(self.ask(*request), refused, request)
        for kind, target, alias in ((PROGRAM, f"cat > {self.out}/said", "said"), (FILE, f"{self.out}/file", "file"),
                                    (LIST, str(path), "list")):
            self.assertEqual(self.ask(kind, target, alias, user="alice"), refused, "an alias is no user's")
        for other in ("", "prog", "nosuch", "nested"):
            self.assertEqual(self.ask(PROGRAM, command, "", (path,), list_alias=other), refused, other)
        self.assertEqual(list(self.out.iterdir()), [])
        for request, state in (((PROGRAM, command, "", (path,)), b"D"), ((FILE, f"{self.out}/written", "", (path, inner)), b"D"),
                               ((LIST, str(path), "list"), b"M"), ((LIST, str(inner), "", (path,)), b"M")):
            self.assertEqual(self.ask(*request)[0], state, request)
        self.assertEqual(sorted(one.name for one in self.out.iterdir()), ["done", "written"])


class Files(Members):
    def test_get_letters_one_behind_the_other(self):
        self.start("define(`confFROM_LINE', `From $g at $d')dnl\n")
        self.send("file@us.test", "null@us.test")
        self.send("file@us.test")
        self.us.wait_for(rf"to={self.out}/file, ctladdr=<file@us\.test> \(\d+/\d+\), .*mailer=\*file\*, .*stat=Sent$", 2)
        self.assertEqual(self.to_line("/dev/null"), ("*file*", "2.0.0", "Sent"))
        text = (self.out / "file").read_text()
        self.assertEqual(text.count("From a@else.test at "), 2)
        self.assertEqual(text.count("\n>From here\nhello\n\n"), 2)
        self.assertEqual(text.count("\nReturn-Path: <a@else.test>\n"), 2)
        self.assertEqual(stat.S_IMODE((self.out / "file").stat().st_mode), 0o600)

    def test_are_regular_and_nobody_elses(self):
        self.start()
        (self.out / "link").symlink_to(self.folder / "elsewhere")
        os.mkfifo(self.out / "fifo")
        self.write(self.out / "file", "mine\n", 0o622)
        if ROOT:
            for name in ("fifo", "file"):
                os.chown(self.out / name, *self.default_user())
        self.send("link@us.test", "fifo@us.test", "file@us.test", sender="alice@us.test")
        for name in ("link", "fifo", "file"):
            self.assertEqual(self.to_line(f"{self.out}/{name}"), ("*file*", "5.0.0", "Can't create output"))
        self.us.wait_for(r"SYSERR\(root\): \S+/file: World writable file$")
        self.assertFalse((self.folder / "elsewhere").exists())
        self.assertEqual((self.out / "file").read_text(), "mine\n")

    def test_stay_below_the_safe_environment(self):
        safe = self.folder / "safe"
        (safe / "in").mkdir(parents=True)
        (safe / "out").symlink_to(self.folder)
        if ROOT:
            os.chown(safe / "in", *self.default_user())
        self.start(f"define(`confSAFE_FILE_ENV', `{safe}/')dnl\n",
                   f"short: /in/a\nlong: {safe}/in/b\nabove: /in/../../out/c\nby: /out/d\n")
        self.send("short@us.test", "long@us.test", "above@us.test", "by@us.test", sender="alice@us.test")
        self.assertEqual(self.to_line("/in/a"), ("*file*", "2.0.0", "Sent"))
        self.assertEqual(self.to_line(f"{safe}/in/b"), ("*file*", "2.0.0", "Sent"))
        for one in (r"/in/\.\./\.\./out/c", "/out/d"):
            self.assertEqual(self.to_line(one), ("*file*", "5.0.0", "Can't create output"))
        self.assertEqual(sorted(path.name for path in (safe / "in").iterdir()), ["a", "b"])
        self.assertFalse((self.folder / "d").exists())


class Lists(Members):
    def test_of_aliases(self):
        self.steps(self.members_get_it_and_the_owner_hears_of_what_fails,
                   self.owners_are_plain_or_the_name_itself,
                   self.lists_in_lists_reach_everybody_once,
                   self.that_are_missing_or_unsafe_are_reported,
                   self.large_content_is_copied_whole,
                   self.of_a_list_that_cannot_be_read_nothing_is_lost)

    def members_get_it_and_the_owner_hears_of_what_fails(self):
        self.write(self.lists / "list", "# a comment\nbob, ann@dest.test\nCarol C. <carol@us.test>\nlost\nbob@us.test\n")
        self.send("list@us.test")
        self.us.wait_for(r"clone: owner=list-request@us\.test$")
        wait_until("mailboxes", lambda: self.us.mailbox("bob") and self.us.mailbox("carol") and self.us.mailbox("alice"))
        self.assertEqual(self.us.mailbox("bob").count("\nSubject: test\n"), 1)
        self.assertIn("Return-Path: <list-request@us.test>\n", self.us.mailbox("bob"))
        self.assertIn("lost", self.us.mailbox("alice"))  # list-request is alice
        self.assertEqual(self.heard(1)[0], ("list-request@us.test", ["ann@dest.test"]))

    def owners_are_plain_or_the_name_itself(self):
        self.send("plain@us.test", sender="a@else.test")
        self.assertEqual(self.heard(1)[0][0], "owner-plain@us.test")
        self.send("plain@us.test", sender="")
        self.assertEqual(self.heard(2)[1][0], "")  # a report stays one
        done = run(BIN / "signet", "explain", "-C", self.us.mc, "client=127.0.0.1", "from=a@else.test", "to=plain")
        self.assertIn("envelope:    from owner-plain@us.test: the owner of the list\n", done.stdout)

    def lists_in_lists_reach_everybody_once(self):
        self.write(self.lists / "nested", f":include:{self.lists}/second, bob\n")
        self.write(self.lists / "second", f":include:{self.lists}/nested, carol, :include:{self.lists}/missing\n")
        self.send("nested@us.test", "bob@us.test", sender="alice@us.test")
        self.assertEqual(self.to_line(r"<:include:\S+missing>")[:2], ("*include*", "5.2.4"))
        wait_until("mailboxes", lambda: self.us.mailbox("carol") and self.us.mailbox("alice"))
        self.assertEqual(self.us.mailbox("carol").count("\nSubject: test\n"), 1)

    def that_are_missing_or_unsafe_are_reported(self):
        os.mkfifo(self.lists / "pipe")
        self.write(self.lists / "open", "bob\n", 0o666)
        self.send("gone@us.test", "pipe@us.test", "open@us.test", sender="alice@us.test")
        for name, why in (("gone", "No such file or directory"), ("pipe", "Regular files only"), ("open", "World writable file")):
            self.assertEqual(self.to_line(rf"<:include:{self.lists}/{name}>")[:2], ("*include*", "5.2.4"), why)
        report = wait_until("reports", lambda: self.us.mailbox("alice").count("Final-Recipient") == 3 and self.us.mailbox("alice"))
        self.assertIn("gone@us.test", report)
        found = run(BIN / "signet", "check", "-C", self.us.mc, ok=(0, 1, 78)).stdout
        for why in ("gone: No such file or directory", "pipe: Regular files only", "open: World writable file"):
            self.assertIn(why, found)

    def large_content_is_copied_whole(self):
        self.write(self.lists / "list", "bob\n")
        text = "Subject: large\r\n\r\n" + ("x" * 70 + "\r\n") * 20000
        self.send("list@us.test", text=text)
        wait_until("the letter", lambda: self.us.mailbox("bob").endswith("x\n\n"))
        self.assertEqual(self.us.mailbox("bob").count("x" * 70 + "\n"), 20000)

    def of_a_list_that_cannot_be_read_nothing_is_lost(self):
        self.write(self.lists / "list", "\"bob\n")
        self.write(self.lists / "nested", "# nobody yet\n")
        self.send("list@us.test")
        self.send("nested@us.test")
        self.assertEqual(self.to_line(rf"<:include:{self.lists}/list>")[1], "4.3.0")
        self.us.wait_for(rf"to=<:include:{self.lists}/nested>, .*stat=Deferred: list has no members$")
        self.write(self.lists / "list", "bob\n")
        self.write(self.lists / "nested", "carol\n")
        self.us.run_queue()
        wait_until("the letters", lambda: self.us.mailbox("bob") and self.us.mailbox("carol"))


class Forwards(Members):
    def test_of_users(self):
        self.steps(self.say_who_gets_the_mail,
                   self.of_a_detail_come_first,
                   self.that_lead_in_circles_end_in_a_mailbox,
                   self.that_others_may_write_are_ignored_and_logged,
                   self.in_an_unsafe_folder_do_not_count)

    def letters(self, user):
        return self.us.mailbox(user).count("\nSubject: test\n")

    def say_who_gets_the_mail(self):
        self.write(self.forwards / "alice", f"\\alice, bob\nann@dest.test, \"|cat > {self.out}/forwarded\"\n{self.out}/kept\n")
        if ROOT:
            self.out.chmod(0o755)
        self.send("alice@us.test")
        self.us.wait_for(rf"clone: forward={self.forwards}/alice$")
        self.wait_for_file("forwarded")
        wait_until("mailboxes", lambda: self.letters("alice") == 1 and self.letters("bob") == 1)
        self.assertEqual(self.heard(1)[0], ("a@else.test", ["ann@dest.test"]))
        self.assertEqual(self.to_line(f"{self.out}/kept"), ("*file*", "2.0.0", "Sent"))

    def of_a_detail_come_first(self):
        self.write(self.forwards / "alice.work", "bob\n")
        self.write(self.forwards / "alice", "carol\n")
        self.send("alice+work@us.test")
        self.send("alice+../bob@us.test")
        self.send("alice+x@us.test")
        wait_until("mailboxes", lambda: self.letters("bob") == 1 and self.letters("carol") == 2)

    def that_lead_in_circles_end_in_a_mailbox(self):
        self.write(self.forwards / "alice", "bob@us.test, alice\n")
        self.write(self.forwards / "bob", "alice+x\n")
        self.write(self.forwards / "carol", "carol\n")
        self.write(self.forwards / "dave", "# nobody\n\"dave\n")
        self.send("alice@us.test", "carol@us.test", "dave@us.test")
        wait_until("mailboxes", lambda: self.letters("alice") == 2 and self.letters("carol") == 1 and self.letters("dave") == 1)
        self.assertEqual(self.letters("bob"), 0)
        self.us.wait_for(rf"SYSERR\(root\): {self.forwards}/dave line 2: ")

    def that_others_may_write_are_ignored_and_logged(self):
        self.write(self.forwards / "alice", "bob\n", 0o666)
        os.mkfifo(self.forwards / "bob")
        self.write(self.forwards / "carol", "bob\n", 0o664)
        self.forwards.chmod(0o755)
        users = ["alice", "bob", "carol"]
        if ROOT:
            users.append("dave")
            os.chown(self.write(self.forwards / "dave", "bob\n"), *self.default_user())
        self.send(*(f"{user}@us.test" for user in users))
        wait_until("mailboxes", lambda: all(self.letters(user) == 1 for user in users))
        self.us.wait_for(rf"SYSERR\(root\): forward: {self.forwards}/alice: World writable file$")
        self.us.wait_for(rf"SYSERR\(root\): forward: {self.forwards}/bob: Regular files only$")
        self.us.wait_for(rf"SYSERR\(root\): forward: {self.forwards}/carol: Group writable file$")

    def test_that_others_may_write_name_no_programs(self):
        self.start("define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit,GroupWritableForwardFile,GroupWritableForwardFileSafe,"
                   "WorldWritableForwardfile,GroupWritableIncludeFile')dnl\n")
        self.write(self.forwards / "alice", f'dave, "|cat > {self.out}/safe"\n', 0o664)
        self.write(self.forwards / "bob", f'dave, "|cat > {self.out}/world"\n', 0o666)
        self.write(self.lists / "list", f'erin, {self.out}/group\n', 0o664)
        self.send("alice@us.test", "bob@us.test", "list@us.test", sender="carol@us.test")
        # The third is the report to the owner of the list, alice.
        wait_until("mailboxes", lambda: self.letters("dave") == 3 and self.letters("erin") == 1)
        self.assertEqual(self.to_line(r"\|cat > \S+/safe"), ("prog", "2.0.0", "Sent"))
        self.assertEqual(self.to_line(r"\|cat > \S+/world")[:2], ("prog", "5.7.1"))
        self.assertEqual(self.to_line(f"{self.out}/group")[:2], ("*file*", "5.7.1"))
        self.assertEqual([path.name for path in self.out.iterdir()], ["safe"])

    def in_an_unsafe_folder_do_not_count(self):
        self.write(self.forwards / "alice", "bob\n")
        self.forwards.chmod(0o777)
        self.send("alice@us.test")
        wait_until("the mailbox", lambda: self.letters("alice") == 1)
        self.us.wait_for(r"forward: \S+/alice: World writable directory$")


class LocalProgram(Members):
    """FEATURE(local_procmail): the program of the site, here a script, gets what would go to a mailbox."""

    def test_gets_mail_for_users_of_the_system(self):
        user = pwd.getpwnam("games") if ROOT else pwd.getpwuid(os.geteuid())
        script = self.write(self.folder / "mda", "#!/bin/sh\nd=$(dirname $0)/out\n(id -u; id -G) > $d/uid; printf '%s|' \"$@\" > $d/arguments\n"
                            "cat > $d/letter\n[ \"$2\" != later ] || exit 75\n[ \"$2\" != never ] || { echo no room; exit 73; }\n", 0o755)
        self.start("define(`confMAILBOX_DATABASE', `pw')dnl\n"
                   f"FEATURE(`local_procmail', `{script}', `mda -a $h -d $u --from=$g', `PSfhn9')dnl\n")
        os.chmod(self.out, 0o777)
        self.send(f"{user.pw_name}+a'$b|c@us.test", sender="-x@else.test")
        self.assertEqual(self.to_line(rf"<{user.pw_name}\+a'\$b\|c@us\.test>"), ("local", "2.0.0", "Sent"))
        uid, groups = (self.out / "uid").read_text().splitlines()
        self.assertEqual(uid, str(user.pw_uid))
        self.assertEqual(set(groups.split()), {str(one) for one in os.getgrouplist(user.pw_name, user.pw_gid)})
        self.assertEqual((self.out / "arguments").read_text(),
                         f"-f|-x@else.test|-a|a'$b|c|-d|{user.pw_name}|--from=-x@else.test|")
        self.assertRegex((self.out / "letter").read_text(), r"\AReturn-Path: <-x@else\.test>\n(.|\n)*\n\nFrom here\nhello\n\Z")
        self.assertFalse((self.us.folder / "mail" / user.pw_name).exists())
        if ROOT:  # nothing that the network feeds runs as root
            (self.us.folder / "mail").chmod(0o1777)
            self.send("root@us.test")
            wait_until("root's mailbox", lambda: (self.us.folder / "mail" / "root").exists())
            self.assertIn(user.pw_name, (self.out / "arguments").read_text())
        self.write(script, script.read_text().replace('"$2"', '"$4"'), 0o755)
        self.send(f"{user.pw_name}+later@us.test", sender="")
        self.us.wait_for(rf"to=<{user.pw_name}\+later@us\.test>, .*dsn=4\.\d\.\d, stat=Deferred")
        self.assertTrue((self.out / "arguments").read_text().startswith("-f|<>|-a|later|"))
        self.send(f"{user.pw_name}+never@us.test")
        self.us.wait_for(rf"to=<{user.pw_name}\+never@us\.test>, .*dsn=5\.\d\.\d, stat=Can't create output$")

    def test_that_is_not_there_leaves_mail_to_us(self):
        user = pwd.getpwnam("games") if ROOT else pwd.getpwuid(os.geteuid())
        self.start("define(`confMAILBOX_DATABASE', `pw')dnl\n"
                   f"FEATURE(`local_procmail', `{self.folder}/none')dnl\n")
        (self.us.folder / "mail").chmod(0o1777)
        self.us.wait_for(r"FEATURE\(local_procmail\): \S+/none is not there: mail is put into mailboxes without it")
        self.send(f"{user.pw_name}@us.test")
        wait_until("the mailbox", lambda: (self.us.folder / "mail" / user.pw_name).exists())


@unittest.skipUnless(ROOT, "NOT RUN: needs root")
class WithRights(Members):
    """Real users: whose rights are used for what."""

    USER = "games"  # a system user of every Debian, without a shell

    def start(self):
        self.user = pwd.getpwnam(self.USER)
        self.home = self.folder / "home"
        self.home.mkdir()
        os.chown(self.home, self.user.pw_uid, self.user.pw_gid)
        super().start("define(`confMAILBOX_DATABASE', `pw')dnl\ndefine(`confDEF_USER_ID', `nobody:nogroup')dnl\n"
                      f"define(`confFORWARD_PATH', `{self.home}/.forward')dnl\n",
                      'who: "|id -u > {dir}/out/who; id -G >> {dir}/out/who"\n'
                      "his: :include:{dir}/lists/his\nsecret: :include:{dir}/lists/secret\n")
        os.chown(self.out, pwd.getpwnam("nobody").pw_uid, 0)
        self.out.chmod(0o1777)

    def test_are_those_of_whoever_named_it(self):
        self.steps(self.programs_of_aliases_run_as_the_default_user, self.users_need_a_shell_for_programs,
                   self.a_list_of_a_user_is_used_with_his_rights_and_a_private_one_not_at_all,
                   self.forward_files_of_others_do_not_count,
                   self.forward_files_are_read_without_the_group_of_the_mailboxes,
                   self.programs_of_root_run_as_the_default_user)

    def own(self, path):
        os.chown(path, self.user.pw_uid, self.user.pw_gid)
        return path

    def programs_of_aliases_run_as_the_default_user(self):
        self.send("who@us.test")
        nobody = pwd.getpwnam("nobody")
        self.us.wait_for(rf"ctladdr=<who@us\.test> \({nobody.pw_uid}/{nobody.pw_gid}\), .*stat=Sent$")
        self.assertEqual((self.out / "who").read_text(), f"{nobody.pw_uid}\n{nobody.pw_gid}\n")

    def users_need_a_shell_for_programs(self):
        self.own(self.write(self.home / ".forward", f'"|touch {self.out}/who"\n{self.out}/mine\n'))
        self.send(f"{self.USER}@us.test", sender="root@us.test")
        self.assertEqual(self.to_line(r"\|touch .*"), (
            "prog", "5.7.1", f"User {self.USER} doesn't have a valid shell for mailing to programs"))
        self.assertFalse((self.out / "who").exists())
        self.assertFalse((self.out / "mine").exists())

    def a_list_of_a_user_is_used_with_his_rights_and_a_private_one_not_at_all(self):
        self.own(self.write(self.lists / "his", '"|true", games\n'))
        self.write(self.lists / "secret", "games\n", 0o600)
        (self.home / ".forward").unlink()
        self.send("his@us.test", "secret@us.test", sender="root@us.test")
        self.assertEqual(self.to_line(r"\|true")[1], "5.7.1")
        self.assertEqual(self.to_line(rf"<:include:{self.lists}/secret>")[1], "5.2.4")

    def forward_files_of_others_do_not_count(self):
        forward = self.write(self.home / ".forward", "ann@dest.test\n")
        os.chown(forward, pwd.getpwnam("nobody").pw_uid, 0)
        self.send(f"{self.USER}@us.test")
        self.us.wait_for(r"forward: \S+: Permission denied$")
        self.own(forward)
        self.send(f"{self.USER}@us.test")
        self.dest.wait(1)

    def forward_files_are_read_without_the_group_of_the_mailboxes(self):
        # Reports of what was before go to root, who may read what is secret here.
        wait_until("an empty queue", lambda: "is empty" in self.us.mailq())
        forward, secret, mail = self.home / ".forward", self.folder / "secret", self.us.folder / "mail"
        group = grp.getgrnam("mail").gr_gid
        for path, mode in ((self.write(secret, "hidden words, alice@dest.test\n"), 0o640), (mail, 0o2775)):
            os.chown(path, 0, group)
            path.chmod(mode)
        forward.unlink(missing_ok=True)
        forward.symlink_to(secret)
        self.send(f"{self.USER}@us.test")
        wait_until("the mailbox", lambda: self.us.mailbox(self.USER).endswith("hello\n\n"))
        self.assertNotIn("hidden", self.us.log.read_text())
        forward.unlink()

    def programs_of_root_run_as_the_default_user(self):
        command = f"id -u > {self.out}/roots; id -G >> {self.out}/roots"
        self.write(self.home / ".forward", f'"|{command}"\n', 0o600)
        self.send("root@us.test")
        self.assertEqual(self.to_line(re.escape(f"|{command}")), ("prog", "2.0.0", "Sent"))
        nobody = pwd.getpwnam("nobody")
        self.assertEqual((self.out / "roots").read_text(), f"{nobody.pw_uid}\n{nobody.pw_gid}\n")

    def test_root_is_no_default_user(self):
        cf = self.folder / "root.mc"
        cf.write_text("define(`confDEF_USER_ID', `root')dnl\nMAILER(`local')dnl\n")
        done = run(BIN / "sendmail", "-bD", "-C", cf, "-O", f"QueueDirectory={self.folder}/q", ok=(78,))
        self.assertIn("DefaultUser: programs are not run as root", done.stderr)


if __name__ == "__main__":
    unittest.main()
