"""The dialogs of tests/dialog, said to the real daemon: whole, and octet by octet. See tests/dialog/README.md."""
import pathlib
import re
import socket
import unittest

from harness import Client, Scenario, anybody

DIALOGS = pathlib.Path(__file__).resolve().parents[1] / "dialog"
SOURCE = "127.0.0.2"    # a stranger: mail from 127.0.0.1 may be relayed

# What a header line asks for, as configuration; None: a daemon cannot be configured so.
OPTIONS = {
    "max_message_bytes": "define(`confMAX_MESSAGE_SIZE', `{}')dnl\n",
    "max_recipients": "define(`confMAX_RCPTS_PER_MESSAGE', `{}')dnl\n",
    "bogus_helo": "define(`confALLOW_BOGUS_HELO', `True')dnl\n",
    "hostile_colons": "FEATURE(`check_other', `:')dnl\n",
    "bad_recipient_shutdown": "LOCAL_CONFIG\nO BadRcptShutdown={}\n",
    "least_deliver_by": "define(`confDELIVER_BY_MIN', `{}')dnl\n",
    "no_deliver_by": "define(`confDELIVER_BY_MIN', `-1')dnl\n",
    "reject_nul": "LOCAL_CONFIG\nO RejectNUL=False\n",
}
# What the session does without options, and what options change in it.
PRIVACY = {"authwarnings", "novrfy", "noexpn"}
PRIVACY_OPTIONS = {
    "need_helo": {"needmailhelo"}, "need_helo_to_verify": {"needvrfyhelo"}, "need_helo_to_expand": {"needexpnhelo"},
    "refuse_verify": {"novrfy"}, "offer_expand": {"noexpn"},
    "offer_dsn": {"noreceipts"},
}
MODIFIERS = {"require_auth": "a", "implicit_tls": "s", "starttls": "S"}
# What the policy lines of one file need in the access map.
ACCESS = {
    "discarded": "From:spam@sender.test\tDISCARD\n",
    "refused-certificate": "TLS_Clt:\tPERM+VERIFY\n",
    "refused-client": f"Connect:{SOURCE}\tREJECT\n",
    "refused-client-421": f"Connect:{SOURCE}\tERROR:4.3.2:421 bye\n",
    "refused-sender": "From:bad@sender.test\tERROR:5.1.8:553 Domain of sender address bad@sender.test does not exist\n"
                      "From:bye@sender.test\tERROR:4.7.1:421 go away\n",
    "verify": "",
    "helo-demanded": "",
}
# Octet by octet, what stands behind STARTTLS may arrive when the handshake has begun.
WHOLE_ONLY = {"starttls-injection"}

NO_MAILBOX = {"rcpt-arguments"}


def unescape(text):
    text = re.sub(r"\{(\d+)\*(.)\}", lambda m: int(m[1]) * m[2], text)
    return re.sub(r"\\(x..|.)", lambda m: {"r": "\r", "n": "\n", "0": "\0"}.get(m[1]) or
                  (chr(int(m[1][1:], 16)) if m[1][0] == "x" else m[1]), text)


class Dialog:
    def __init__(self, path):
        self.name = path.stem
        self.header, self.lines = {}, []
        for line in path.read_text("latin-1").split("\n"):
            if line.startswith("#"):
                if found := re.match(r"# ([a-z-]+): (.*)", line):
                    self.header.setdefault(found[1], []).append(found[2])
            elif line:
                kind, _, text = line.partition(" ")
                self.lines.append((kind.rstrip(":"), text))

    def why_not(self):
        """A reason to skip, or None."""
        if "session-only" in self.header:
            return "session only"
        if any(kind == ">" and text.startswith("wait") for kind, text in self.lines):
            return "needs a clock that can be moved"
        if self.name in NO_MAILBOX:
            return "a recipient that can have no mailbox"
        if "policy" in self.header and self.name not in ACCESS:
            return "a policy that no map can express"
        for option in self.options():
            if option[0] not in OPTIONS | MODIFIERS | PRIVACY_OPTIONS:
                return f"no setting for {option[0]}"
        if re.search(r"\bA\b", " ".join(self.header.get("auth", []))):
            return "invented mechanisms"
        return None

    def options(self):
        return [option.partition("=")[::2] for line in self.header.get("options", []) for option in line.split()]

    def configuration(self):
        """(mc, modifiers of the port, access map): equal ones share a daemon."""
        mechanisms = self.header.get("auth", ["LOGIN PLAIN"])[0]
        mc = f"define(`confAUTH_MECHANISMS', `{mechanisms}')dnl\nTRUST_AUTH_MECH(`{mechanisms}')dnl\n"
        mc += "define(`confAUTH_OPTIONS', `{}')dnl\n".format("A y" if "auth" in self.header else "A p y")
        options = sorted(self.options())
        flags = set(PRIVACY)
        for name, _ in options:
            flags ^= PRIVACY_OPTIONS.get(name, set())
        mc += "define(`confPRIVACY_FLAGS', `{}')dnl\n".format(",".join(sorted(flags)))
        return (mc + "".join(OPTIONS[name].format(value) for name, value in options if name in OPTIONS),
                "".join(MODIFIERS[name] for name, _ in options if name in MODIFIERS),
                ACCESS.get(self.name, ""))


class Speaker:
    """One run of one dialog over a connection."""

    def __init__(self, dialog, port, bytewise):
        self.dialog, self.bytewise = dialog, bytewise
        self.ids = []
        self.client = Client(port, greet=False, source=SOURCE)

    def said(self, data):
        try:
            if not self.bytewise:
                return self.client.send(data)
            for octet in data:
                self.client.send(octet)
        except ConnectionError:
            pass    # hung up on: what was said before is still to be read
        return None

    def expect(self, text):
        pattern = re.escape(unescape(text)).replace(r"\{host\}", r"mx\.test")
        pattern = pattern.replace(r"\{greeting\}", r"mx\.test ESMTP .*").replace(r"\{id\}", r"(\w{8}\d{6})")
        pattern = pattern.replace(r"\{peer\}", rf"(?:\S+ )?\[{re.escape(SOURCE)}\](?: \(may be forged\))?")
        if text.endswith("Relaying denied"):
            pattern += r"(\. .*)?"  # the reasons are the policy's matter
        line = self.client.file.readline().decode("latin-1")
        if text.startswith("250-AUTH "):    # the order of mechanisms is SASL's
            line = " ".join(["250-AUTH", *sorted(line.split()[1:])]) + "\r\n"
        found = re.fullmatch(pattern + "\r\n", line)
        if not found:
            raise AssertionError(f"{self.dialog.name}: expected {text!r}, got {line!r}")
        if "{id}" in text:
            self.ids.append(found[1])

    def run(self):
        waiting = ""
        closed = False
        for kind, text in self.dialog.lines:
            if kind in "CB":
                waiting += text + "\r\n" if kind == "C" else unescape(text)
                if kind == "C":
                    waiting = unescape(waiting) if "{" in text else waiting
                continue
            if kind in "MN":
                continue
            if waiting:
                self.said(waiting)
                waiting = ""
            if kind == "S":
                self.expect(text)
            elif text == "tls":
                self.client.wrap(anybody())
            elif text == "tls-fails":
                self.client.send("this is no handshake\r\n")
                closed = True
            elif text == "closed":
                closed = True
            elif text == "end":
                return self.client.close()
            else:
                raise AssertionError(f"{self.dialog.name}: > {text}")
        self.finish(waiting, closed)

    def finish(self, waiting, closed):
        """Nothing more may come; from a server that goes on only after we have left."""
        if waiting:
            self.said(waiting)
        if not closed:
            self.client.socket.shutdown(socket.SHUT_WR)
        try:
            rest = self.client.file.read()
        except ConnectionError:
            rest = b""
        if rest:
            raise AssertionError(f"{self.dialog.name}: more came: {rest!r}")
        self.client.close()


class Dialogs(Scenario):
    def setUp(self):
        super().setUp()
        self.certs = self.pki()
        self.certs.make("mx")
        self.sasl_folder = self.sasl("mx.test", bob="secret")

    def daemon(self, number, configuration, users):
        mc, modifiers, access = configuration
        base = f"""define(`confCACERT', `{self.certs.ca}')dnl
define(`confCACERT_PATH', `{self.certs.folder}')dnl
define(`confSERVER_CERT', `{self.certs.folder}/mx.pem')dnl
define(`confSERVER_KEY', `{self.certs.folder}/mx.key')dnl
define(`confSASL_CONF_DIR', `{self.sasl_folder}')dnl
FEATURE(`accept_unresolvable_domains')dnl
"""
        if access:
            base += f"FEATURE(`access_db', `hash -T<TMPF> {self.make_map(f'access{number}', access)}')dnl\n"
        head, _, local = mc.partition("LOCAL_CONFIG")
        port = f"DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=MTA{', M=' + modifiers if modifiers else ''}')dnl\n"
        return self.signet(f"mx{number}", base + head, host="mx.test", users=users,
                           ports=port + ("LOCAL_CONFIG" + local if local else ""))

    def test_every_dialog(self):
        dialogs = [Dialog(path) for path in sorted(DIALOGS.glob("*.smtp"))]
        self.assertGreater(len(dialogs), 40)
        users = {"alice", "bob"}
        groups, skipped = {}, {}
        for dialog in dialogs:
            for kind, text in dialog.lines:
                if kind == "S" and (found := re.match(r"250 2\.1\.5 <([\w.+-]+)@mx\.test>... Recipient ok", text)):
                    users.add(found[1])
            if reason := dialog.why_not():
                skipped[dialog.name] = reason
            else:
                groups.setdefault(dialog.configuration(), []).append(dialog)
        ran = 0
        for number, (configuration, members) in enumerate(groups.items()):
            daemon = self.daemon(number, configuration, sorted(users))
            for dialog in members:
                for bytewise in (False, True):
                    if bytewise and ("cuts" in dialog.header or dialog.name in WHOLE_ONLY):
                        continue
                    with self.subTest(dialog.name, bytewise=bytewise):
                        speaker = Speaker(dialog, daemon.port(), bytewise)
                        speaker.run()
                        self.assertEqual(len(speaker.ids), sum("{id}" in text for _, text in dialog.lines))
                        for each in speaker.ids if dialog.name != "discarded" else ():
                            daemon.wait_for(rf"^{each}: to=.*stat=Sent")
                ran += 1
            daemon.stop()
        print(f"\n{ran} dialogs ran, {len(skipped)} skipped:",
              *(f"  {name}: {reason}" for name, reason in skipped.items()), sep="\n")
        self.assertGreater(ran, 40)


if __name__ == "__main__":
    unittest.main()
