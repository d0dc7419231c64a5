"""What the scenarios share: a Signet in a folder of its own, certificates, a client that says exactly
what it is told, scripted next hops. Standard library only; everything on 127.0.0.1 and ports that the
kernel picks. Nothing sleeps: what is waited for is looked for again and again, with a bound.
"""
import base64
import contextlib
import fcntl
import functools
import os
import pathlib
import pwd
import random
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from dns_server import DnsServer

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("SIGNET_BIN", SOURCE / "build/dev/bin"))
PEERS = SOURCE / "build/peers"  # what tools/peers unpacked
PATIENCE = float(os.environ.get("SIGNET_TEST_PATIENCE", "30"))
# What the hosts file of this host calls 127.0.0.1 first: mostly localhost.
LOCAL = next((words[1] for line in pathlib.Path("/etc/hosts").read_text().splitlines()
              if len(words := line.split("#")[0].split()) > 1 and words[0] == "127.0.0.1"), "localhost")
os.umask(0o022)  # keys and maps that a user's own umask leaves to his group are refused


def wait_until(what, condition, seconds=None):
    """The first true value of condition(); fails with `what` when time is over."""
    until = time.monotonic() + (seconds or PATIENCE)
    while True:
        if value := condition():
            return value
        if time.monotonic() > until:
            raise AssertionError(f"in vain: {what}")
        time.sleep(0.02)  # the bound is `until`; this only keeps the looking cheap


def run(*command, ok=(0,), **more):
    more.setdefault("capture_output", True)
    done = subprocess.run([str(word) for word in command], text=True, **more)
    if done.returncode not in ok:
        raise AssertionError(f"{command}: status {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def call_as(user, *command):
    """A program run by another user, whatever it says; for root only."""
    return subprocess.run([str(word) for word in command], text=True, capture_output=True, timeout=60, check=False,
                          user=user, group=pwd.getpwnam(user).pw_gid, extra_groups=[])


def tool(name, peers_only=False):
    """Path of a program, looked for in the system folders and among the unpacked peers; None when it is not there."""
    system = "" if peers_only else os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/lib/postfix/sbin:"
    return shutil.which(name, path=system + str(PEERS / "bin"))


def free_port():
    """For a program that must be told its port. None of those that the kernel gives out by itself: between our look and the
    program's start it could give it to anybody.
    """
    low, high = map(int, pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    ports = [*range(max(1024, low // 2), low), *range(high + 1, 65536)] or [0]
    for _ in range(1000):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", random.choice(ports))) as server:
            return server.getsockname()[1]
    raise AssertionError("no port is free")


@functools.cache
def empty_dns():
    """Knows no name, at once; what a host's own name servers say, and when, differs."""
    return DnsServer({})


class DeafPort:
    """Nobody listens there, and nobody else gets it, until a Listener is made of it."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def close(self):
        self.socket.close()


class Pki:
    """A CA and certificates made by openssl in one folder, which also is the hashed CA folder."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        folder.chmod(0o755)
        self.ca = folder / "CA.pem"
        self.make_ca("CA", "/O=Test/CN=Test CA")

    def make_ca(self, name, subject):
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            self.folder / f"{name}.key", "-out", self.folder / f"{name}.pem", "-days", "5", "-subj", subject)
        run("openssl", "rehash", self.folder)

    def make(self, name, subject=None, usage="serverAuth,clientAuth", ca="CA", days=3, kind="ec", names=None):
        """NAME.pem and NAME.key; gives both paths. kind: "ec" or "rsa"."""
        pem, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        option = "ec_paramgen_curve:P-256" if kind == "ec" else "rsa_keygen_bits:2048"
        run("openssl", "req", "-newkey", kind, "-pkeyopt", option, "-nodes", "-keyout", key, "-out", request, "-subj",
            subject or f"/O=Test/CN={name}.test")
        extensions.write_text(f"extendedKeyUsage={usage}\nsubjectAltName={names or f'DNS:{name}.test'}\n")
        run("openssl", "x509", "-req", "-in", request, "-CA", self.folder / f"{ca}.pem", "-CAkey",
            self.folder / f"{ca}.key", "-CAcreateserial", "-days", str(days), "-extfile", extensions, "-out", pem)
        key.chmod(0o600)
        return pem, key


class Scenario(unittest.TestCase):
    """A folder of its own, and everything started in it ended with it."""

    longMessage = True

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="signet-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def signet(self, name, mc, **more):
        server = Signet(self.folder / name, mc, **more)
        self.addCleanup(server.stop)
        server.start()
        return server

    def next_hop(self, **more):
        hop = NextHop(**more)
        self.addCleanup(hop.close)
        return hop

    def deaf_port(self):
        port = DeafPort()
        self.addCleanup(port.close)
        return port

    def name_server(self, zone):
        server = DnsServer(zone)
        self.addCleanup(server.close)
        return server

    def pki(self):
        return Pki(self.folder / "certs")

    def make_map(self, name, text, kind="hash"):
        """A map of ours; gives its path without .db."""
        path = self.folder / name
        run(BIN / "makemap", kind, path, input=text)
        return path

    def sasl(self, realm, **users):
        """A private sasldb; gives the folder for confSASL_CONF_DIR. Skips when there is no saslpasswd2."""
        program = tool("saslpasswd2")
        if program is None:
            self.skipTest("saslpasswd2 is not installed (package sasl2-bin)")
        folder = self.folder / "sasl"
        folder.mkdir()
        (folder / "Sendmail.conf").write_text(f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {folder}/db\n"
                                              "mech_list: PLAIN LOGIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-256 EXTERNAL\n")
        for user, password in users.items():
            run(program, "-f", folder / "db", "-p", "-c", "-u", realm, user, input=password)
        return folder


class Signet:
    """The daemon in the foreground, with everything it writes below one folder."""

    HEAD = """OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `{host}')dnl
define(`confLOG_TARGET', `file:{dir}/maillog')dnl
define(`QUEUE_DIR', `{dir}/queue')dnl
define(`confPID_FILE', `{dir}/pid')dnl
define(`confRUN_AS_USER', `{user}')dnl
define(`confLOOPS', `2')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
define(`confMAILBOX_DATABASE', `file:{dir}/users')dnl
define(`confMAILBOX_DIR', `{dir}/mail')dnl
FEATURE(`no_default_msa')dnl
"""
    TAIL = """MAILER(`local')dnl
MAILER(`smtp')dnl
"""

    def __init__(self, folder, mc, host=None, users=("alice", "bob"), ports=None, queue="-q1s", before=None, under=()):
        self.folder, self.queue = folder, queue
        self.log = folder / "maillog"
        self.host = host or f"{folder.name}.test"
        self.process = None
        self.before = before    # run in the child before it becomes the daemon: limits
        self.under = under      # a command that executes the daemon
        folder.mkdir(exist_ok=True)
        (folder / "mail").mkdir(exist_ok=True)
        (folder / "users").write_text("\n".join(users) + "\n")
        if ports is None:
            ports = "DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=MTA')dnl\n"
        self.head = self.HEAD.format(host=self.host, dir=folder, user="root" if os.geteuid() == 0 else "")
        self.write(mc, ports)

    def write(self, mc, ports=None):
        """The site file; the ports stay as they are when none are given."""
        self.port_lines = ports if ports is not None else self.port_lines
        self.mc = self.folder / "site.mc"
        resolver = "" if "confRESOLVER" in mc else empty_dns().mc()
        self.mc.write_text(self.head + resolver + mc + self.port_lines + self.TAIL)

    def start(self):
        self.log_offset = self.log.stat().st_size if self.log.exists() else 0
        self.errors = open(self.folder / "stderr", "a")
        self.process = subprocess.Popen([*self.under, str(BIN / "sendmail"), "-bD", self.queue, "-C", str(self.mc)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors,
                                        start_new_session=True, preexec_fn=self.before)
        wait_until(f"pid file of {self.folder.name}", self.is_up)
        return self

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"daemon ended: {self.process.returncode}\n{(self.folder / 'stderr').read_text()}")
        try:
            return (self.folder / "pid").read_text().startswith(f"{self.process.pid}\n")
        except FileNotFoundError:  # also for a moment when one that was killed has left its own
            return False

    def stop(self, how=signal.SIGTERM):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(timeout=60)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.errors.close()
        self.process = None

    def kill_group(self):
        """Parent, engine and agent at once, as in a power cut of this one daemon."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.errors.close()
        self.process = None

    def engine(self):
        """Process number of the engine: the child that holds the listening sockets."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        threads = {int(child): len(list(pathlib.Path(f"/proc/{child}/task").iterdir())) for child in children}
        if threads and max(threads.values()) > 2:
            return max(threads, key=threads.get)
        raise AssertionError("no engine")

    def lines(self):
        """The maillog since the last start, without time, host and ident."""
        if not self.log.exists():
            return []
        text = self.log.read_bytes()[self.log_offset:].decode("ascii")
        text = text[:text.rfind("\n") + 1]  # the last one may be half written
        return [line.split(": ", 1)[1] for line in text.splitlines() if ": " in line]

    def wait_for(self, pattern, count=1, seconds=None):
        """The (last of) `count` lines that match; gives the match."""
        def find():
            found = [m for line in self.lines() if (m := re.search(pattern, line))]
            return found[count - 1] if len(found) >= count else None
        try:
            return wait_until(f"/{pattern}/ x{count} in the log of {self.folder.name}", find, seconds)
        except AssertionError as failure:
            raise AssertionError(f"{failure}\n" + "\n".join(self.lines())) from None

    def port(self, name="MTA"):
        return int(self.wait_for(rf"daemon={name}, listening on \S+:(\d+)$").group(1))

    def client(self, name="MTA", **more):
        return Client(self.port(name), **more)

    def mailbox(self, user):
        """Whole letters: locked, as by a mail program."""
        try:
            with open(self.folder / "mail" / user) as file:
                fcntl.lockf(file, fcntl.LOCK_SH)
                return file.read()
        except FileNotFoundError:
            return ""

    def mailq(self):
        return run(BIN / "mailq", "-C", self.mc).stdout

    def run_queue(self):
        run(BIN / "sendmail", "-q", "-C", self.mc)

    def reload(self):
        before = len([l for l in self.lines() if "configuration reloaded" in l])
        self.process.send_signal(signal.SIGHUP)
        self.wait_for("configuration reloaded", before + 1)


def send_at_once(connection):
    """Not when the other side has acknowledged what was sent before: that is 40 ms later."""
    if connection.family != socket.AF_UNIX:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Client:
    """Says what it is told, byte for byte, and reads whole replies."""

    def __init__(self, port, greet=True, source=None, implicit=None):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE,
                                               source_address=(source, 0) if source else None)
        send_at_once(self.socket)
        if implicit:
            self.socket = implicit.wrap_socket(self.socket)
        self.file = self.socket.makefile("rb")
        try:
            self.greeting = self.reply() if greet else None
        except OSError:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def reply(self):
        """One whole reply, lines joined by a line feed, '' when the server is gone."""
        lines = []
        while True:
            line = self.file.readline().decode("latin-1").rstrip("\r\n")
            if not line:
                return "\n".join(lines)
            lines.append(line)
            if len(line) < 4 or line[3] != "-":
                return "\n".join(lines)

    def say(self, line):
        self.send(line + "\r\n")
        return self.reply()

    def ehlo(self, name="client.test"):
        return self.say(f"EHLO {name}")

    def starttls(self, context=None, name=None):
        answer = self.say("STARTTLS")
        if not answer.startswith("220"):
            raise AssertionError(answer)
        self.wrap(context, name)
        return self

    def wrap(self, context=None, name=None):
        self.file.close()
        self.socket = (context or anybody()).wrap_socket(self.socket, server_hostname=name)
        self.file = self.socket.makefile("rb")

    def auth_plain(self, user, password):
        token = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        return self.say(f"AUTH PLAIN {token}")

    def send_mail(self, sender, recipients, text="Subject: test\r\n\r\nhello\r\n"):
        """MAIL to the final dot; gives the last reply, or the first refusal."""
        recipients = [recipients] if isinstance(recipients, str) else recipients
        for line in [f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{one}>" for one in recipients), "DATA"]:
            answer = self.say(line)
            if answer[0] not in "23":
                return answer
        self.send(text)
        return self.say(".")


def anybody(certificate=None):
    """A TLS client that believes every server; `certificate`: (pem, key) to show."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(*certificate)
    return context


def server_context(certificate, ca=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    if ca:
        context.load_verify_locations(ca)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def tls_lines(certs, name, ca=None):
    """Site file lines: certificate NAME of a Pki for both sides, its CA trusted."""
    lines = [f"define(`confCACERT', `{ca or certs.ca}')dnl", f"define(`confCACERT_PATH', `{certs.folder}')dnl"]
    for side in ("SERVER", "CLIENT"):
        lines += [f"define(`conf{side}_CERT', `{certs.folder}/{name}.pem')dnl",
                  f"define(`conf{side}_KEY', `{certs.folder}/{name}.key')dnl"]
    return "\n".join(lines) + "\n"


class Listener:
    """A server of a scenario: serve() has each connection in a thread of its own, and closes none itself. What a peer breaks ends that
    connection alone.
    """

    def __init__(self, address="127.0.0.1", port=0, path=None, on=None):
        if on is not None:
            self.listening, self.port = on.socket, on.port
            self.listening.listen(128)
        elif path is None:
            self.listening = socket.create_server((address, port), backlog=128,
                                                  family=socket.AF_INET6 if ":" in address else socket.AF_INET)
            self.port = self.listening.getsockname()[1]
        else:
            self.listening = socket.socket(socket.AF_UNIX)
            self.listening.bind(str(path))
            path.chmod(0o777)
            self.listening.listen(128)
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        # Wakes accept(): closing alone does not.
        with contextlib.suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self.guard, args=(connection,), daemon=True).start()

    def guard(self, connection):
        with contextlib.suppress(OSError, ValueError, struct.error), connection:
            connection.settimeout(PATIENCE)
            send_at_once(connection)
            self.serve(connection)


class NextHop(Listener):
    """An SMTP server that does what the scenario wants of a next hop.

    tls: context for STARTTLS; replies: {"RCPT TO:<x@y>": "550 5.1.1 no"}, longest matching prefix wins, a
    callable gets the connection and the line; keywords: of EHLO. Keeps what it received.
    """

    def __init__(self, tls=None, replies=None, keywords=("PIPELINING", "8BITMIME", "SIZE"), port=0,
                 address="127.0.0.1", under_tls=(), on=None):
        self.tls, self.replies, self.keywords = tls, dict(replies or {}), keywords
        self.under_tls = under_tls      # more keywords, offered under TLS only
        self.handshakes = []            # (session was resumed, certificate of the client or None)
        self.present = set()            # connections that have not said goodbye
        self.most_open = 0              # at most so many at once
        self.messages = []      # (sender, recipients, bytes)
        self.sessions = 0
        self.commands = []
        self.lock = threading.Lock()
        super().__init__(address, port, on=on)

    def serve(self, connection):
        with self.lock:
            self.sessions += 1
            self.present.add(connection)
            self.most_open = max(len(self.present), self.most_open)
        try:
            with contextlib.ExitStack() as ends:
                self.talk(connection, ends)
        finally:
            self.leaves(connection)

    def leaves(self, connection):
        with self.lock:
            self.present.discard(connection)

    def answer(self, connection, line, usual, before=None):
        """True when it is a yes; `before` is called before a yes is said: who hears it may look."""
        found = [key for key in self.replies if line.upper().startswith(key.upper())]
        reply = self.replies[max(found, key=len)] if found else usual
        if callable(reply):
            reply = reply(connection, line)
        if reply is None:
            return False
        if before and reply[0] in "23":
            before()
        connection.sendall(reply.encode() + b"\r\n")
        return reply[0] in "23"

    def keep(self, *message):
        with self.lock:
            self.messages.append(message)

    def talk(self, connection, ends):
        accepted = connection
        secured = False
        sender, recipients = None, []
        if not self.answer(connection, "GREETING", "220 hop.test ESMTP"):
            return
        file = connection.makefile("rb")
        while line := file.readline().decode("latin-1"):
            line = line.rstrip("\r\n")
            with self.lock:
                self.commands.append(line)
            verb = line.split(" ")[0].upper()
            if verb == "EHLO":
                words = ["hop.test", *self.keywords, *(self.under_tls if secured else []),
                         *(["STARTTLS"] if self.tls and not secured else [])]
                reply = "\r\n".join(f"250{'-' if i < len(words) - 1 else ' '}{w}" for i, w in enumerate(words))
                self.answer(connection, line, reply)
            elif verb == "STARTTLS":
                if self.answer(connection, line, "220 2.0.0 ready"):
                    file.close()
                    connection = ends.enter_context(self.tls.wrap_socket(connection, server_side=True))
                    self.handshakes.append((connection.session_reused, connection.getpeercert(True)))
                    file = connection.makefile("rb")
                    secured, sender, recipients = True, None, []
            elif verb == "MAIL":
                if self.answer(connection, line, "250 2.1.0 ok"):
                    sender, recipients = line[10:], []
            elif verb == "RCPT":
                usual = "503 5.5.1 need MAIL" if sender is None else "250 2.1.5 ok"
                if self.answer(connection, line, usual) and sender is not None:
                    recipients.append(re.search(r"<(.*?)>", line).group(1))
            elif verb == "DATA":
                if not recipients or not self.answer(connection, line, "354 go on"):
                    if not recipients:
                        connection.sendall(b"503 5.5.1 no recipients\r\n")
                    continue
                text = []
                while (piece := file.readline()) != b".\r\n":
                    if not piece:
                        return
                    text.append(piece[1:] if piece.startswith(b".") else piece)
                message = sender, recipients, b"".join(text)
                self.answer(connection, ".", f"250 2.0.0 queued as {len(self.messages) + 1}", lambda: self.keep(*message))
                sender, recipients = None, []
            elif verb == "QUIT":
                self.answer(connection, line, "221 2.0.0 bye", lambda: self.leaves(accepted))
                return
            else:
                self.answer(connection, line, "250 2.0.0 ok")

    def wait(self, count=1, seconds=None):
        wait_until(f"{count} messages at the next hop, there are {len(self.messages)}",
                   lambda: len(self.messages) >= count, seconds)
        return self.messages


def route_to(**hops):
    """mailertable text: domain_test=hop -> "domain.test esmtp:[127.0.0.1]:PORT"."""
    return "".join(f"{name.replace('_', '.')}\tesmtp:[127.0.0.1]:{hop.port}\n" for name, hop in hops.items())


if __name__ == "__main__":
    raise SystemExit("run the *_test.py files")
