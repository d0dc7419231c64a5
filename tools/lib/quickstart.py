"""The story tools/quickstart tells: a message from a mail client through two Signet servers.

    swaks --STARTTLS+AUTH--> relay.example.test --STARTTLS--> mx.example.test --> a mailbox

Everything lives in one folder and on loopback; nothing of the system is touched.
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = pathlib.Path(os.environ.get("SIGNET_BIN", TOP / "build/release/bin"))
USER, PASSWORD, REALM = "alice", "wonderland", "relay.example.test"

RELAY_MC = """divert(-1)
The submission relay: authenticated clients in, TLS to the next MX out.
divert(0)dnl
VERSIONID(`quickstart relay')
OSTYPE(`linux')dnl
DOMAIN(`generic')dnl
define(`confDOMAIN_NAME', `relay.example.test')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
define(`CERT_DIR', `{dir}/certs')dnl
define(`confCACERT_PATH', `CERT_DIR')dnl
define(`confCACERT', `CERT_DIR/CA.pem')dnl
define(`confSERVER_CERT', `CERT_DIR/relay.pem')dnl
define(`confSERVER_KEY', `CERT_DIR/relay.key')dnl
define(`confCLIENT_CERT', `CERT_DIR/relay.pem')dnl
define(`confCLIENT_KEY', `CERT_DIR/relay.key')dnl
define(`confAUTH_OPTIONS', `A p y')dnl
define(`confAUTH_MECHANISMS', `LOGIN PLAIN CRAM-MD5 DIGEST-MD5')dnl
TRUST_AUTH_MECH(`LOGIN PLAIN CRAM-MD5 DIGEST-MD5')dnl
define(`confSASL_CONF_DIR', `{dir}/sasl')dnl
define(`confLOG_TARGET', `file:{dir}/relay/maillog')dnl
define(`QUEUE_DIR', `{dir}/relay/queue')dnl
define(`confPID_FILE', `{dir}/relay/pid')dnl
define(`confRUN_AS_USER', `{user}')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`access_db', `hash -T<TMPF> {dir}/access')dnl
FEATURE(`mailertable', `hash {dir}/mailertable')dnl
DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=MSA, M=Ea')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
"""

MX_MC = """divert(-1)
The destination: asks clients for a certificate, keeps mail for alice and bob.
divert(0)dnl
VERSIONID(`quickstart mx')
OSTYPE(`linux')dnl
DOMAIN(`generic')dnl
define(`confDOMAIN_NAME', `mx.example.test')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
define(`CERT_DIR', `{dir}/certs')dnl
define(`confCACERT_PATH', `CERT_DIR')dnl
define(`confCACERT', `CERT_DIR/CA.pem')dnl
define(`confSERVER_CERT', `CERT_DIR/mx.pem')dnl
define(`confSERVER_KEY', `CERT_DIR/mx.key')dnl
define(`confLOG_TARGET', `file:{dir}/mx/maillog')dnl
define(`QUEUE_DIR', `{dir}/mx/queue')dnl
define(`confPID_FILE', `{dir}/mx/pid')dnl
define(`confRUN_AS_USER', `{user}')dnl
define(`confMAILBOX_DATABASE', `file:{dir}/mx/users')dnl
define(`confMAILBOX_DIR', `{dir}/mx/mail')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`accept_unresolvable_domains')dnl
LOCAL_DOMAIN(`example.test')dnl
DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=MTA')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
"""


def run(*command, **more):
    done = subprocess.run(command, text=True, capture_output=True, **more)
    if done.returncode != 0:
        sys.exit(f"quickstart: {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def step(text):
    print(f"\n== {text}", flush=True)


def make_certificates(certs):
    """A CA, and a certificate for each host that may be used as server and as client."""
    certs.mkdir()
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", certs / "CA.key", "-out", certs / "CA.pem", "-days", "30",
        "-subj", "/O=Quickstart/CN=Quickstart CA")
    for name in ("relay", "mx"):
        host = f"{name}.example.test"
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", certs / f"{name}.key", "-out", certs / f"{name}.csr", "-subj", f"/O=Quickstart/CN={host}")
        extensions = certs / f"{name}.ext"
        extensions.write_text(f"subjectAltName=DNS:{host}\nextendedKeyUsage=serverAuth,clientAuth\n")
        run("openssl", "x509", "-req", "-in", certs / f"{name}.csr", "-CA", certs / "CA.pem", "-CAkey",
            certs / "CA.key", "-CAcreateserial", "-days", "30", "-extfile", extensions,
            "-out", certs / f"{name}.pem")
    run("openssl", "rehash", certs)
    for key in certs.glob("*.key"):
        key.chmod(0o600)


def make_sasl_user(folder):
    folder.mkdir()
    (folder / "Sendmail.conf").write_text(
        "pwcheck_method: auxprop\nauxprop_plugin: sasldb\n"
        f"sasldb_path: {folder}/sasldb2\nmech_list: PLAIN LOGIN CRAM-MD5 DIGEST-MD5\n")
    tool = shutil.which("saslpasswd2") or "/usr/sbin/saslpasswd2"
    run(tool, "-f", folder / "sasldb2", "-p", "-c", "-u", REALM, USER, input=PASSWORD)


def make_map(folder, name, text):
    (folder / name).write_text(text)
    run(BIN / "makemap", "hash", folder / name, input=text)


class Server:
    """A Signet in a folder of its own."""

    def __init__(self, folder, mc, servers):
        self.folder, self.log, self.pid = folder, folder / "maillog", None
        self.started = False
        servers.append(self)  # before it runs: whatever happens, it is stopped
        folder.mkdir(exist_ok=True)
        source = folder / "site.mc"
        source.write_text(mc)
        run(BIN / "signet", "mc", source, "-o", folder / "site.cf")
        self.started = True
        run(BIN / "sendmail", "-bd", "-q1m", "-C", folder / "site.cf")
        self.pid = int((folder / "pid").read_text().split()[0])
        self.port = int(self.wait_for(r"listening on 127\.0\.0\.1:(\d+)").group(1))

    def wait_for(self, pattern, seconds=20):
        """First line of the maillog with the pattern; tried anew until it is there or time is over."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            text = self.log.read_text() if self.log.exists() else ""
            if found := re.search(pattern, text):
                return found
            time.sleep(0.05)
        sys.exit(f"quickstart: no /{pattern}/ in {self.log}:\n{text}")

    def show(self, title, patterns):
        """The lines of the log that tell the story; each must be there."""
        print(f"-- {title}: {self.log}")
        for pattern in patterns:
            self.wait_for(pattern)
            line = next(l for l in self.log.read_text().splitlines() if re.search(pattern, l))
            print(f"   {line}")

    def stop(self):
        until = time.monotonic() + 2
        while self.pid is None and self.started and time.monotonic() < until:
            try:  # interrupted before it was known
                self.pid = int((self.folder / "pid").read_text().split()[0])
            except (OSError, IndexError):
                time.sleep(0.05)
        if self.pid is None:
            return
        try:
            os.kill(self.pid, signal.SIGTERM)
        except ProcessLookupError:
            return
        until = time.monotonic() + 40
        while time.monotonic() < until and pathlib.Path(f"/proc/{self.pid}").exists():
            time.sleep(0.05)


def send(folder, port):
    """swaks as the mail client: STARTTLS with the CA checked, AUTH PLAIN, one message."""
    transcript = run("swaks", "--server", "127.0.0.1", "--port", str(port), "--ehlo", "laptop.example.test",
                     "--tls", "--tls-ca-path", folder / "certs/CA.pem", "--tls-verify",
                     "--tls-sni", "relay.example.test", "--auth", "PLAIN", "--auth-user", f"{USER}@{REALM}",
                     "--auth-password", PASSWORD, "--suppress-data",
                     "--from", "alice@relay.example.test", "--to", "bob@example.test",
                     "--header", "Subject: Hello through two Signets", "--body", "It arrived.")
    for line in transcript.splitlines():
        if re.search(r"STARTTLS|TLS started|~> AUTH|235|250 2\.0\.0", line):
            print(f"   {re.sub('AUTH PLAIN .*', 'AUTH PLAIN ...', line)}")


def delivered(mailbox, seconds=20):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if mailbox.exists() and "It arrived." in mailbox.read_text():
            return mailbox.read_text()
        time.sleep(0.05)
    sys.exit(f"quickstart: nothing in {mailbox}")


def tell_how(folder, relay, mx):
    print(f"""
Both servers are running. Talk to them:
  the relay (submission)   swaks --server 127.0.0.1 --port {relay.port} --tls --auth PLAIN \\
                             --auth-user {USER}@{REALM} --auth-password {PASSWORD} \\
                             --from alice@relay.example.test --to bob@example.test
  the same by hand         openssl s_client -starttls smtp -connect 127.0.0.1:{relay.port} -CAfile {folder}/certs/CA.pem
  the MX                   openssl s_client -starttls smtp -connect 127.0.0.1:{mx.port} -CAfile {folder}/certs/CA.pem
  what happened            tail -f {relay.log} {mx.log}
  the queue                {BIN}/mailq -C {folder}/relay/site.cf
  bob's mail               {folder}/mx/mail/bob
  their configuration      {folder}/relay/site.mc  {folder}/mx/site.mc  {folder}/access
  after a change           {BIN}/signet mc {folder}/relay/site.mc -o {folder}/relay/site.cf; kill -HUP {relay.pid}
  stop them                kill {relay.pid} {mx.pid}""")


def main():
    arguments = argparse.ArgumentParser(prog="tools/quickstart")
    arguments.add_argument("--keep", action="store_true", help="leave both servers running")
    arguments.add_argument("directory", nargs="?", help="where everything is put")
    asked = arguments.parse_args()
    # Told to end, it ends as by ^C: with its servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("quickstart: terminated"))
    if asked.directory:
        folder = pathlib.Path(asked.directory).resolve()
        try:
            folder.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            sys.exit(f"quickstart: {folder} is there already: name a new folder, or remove it")
        except OSError as error:
            sys.exit(f"quickstart: {error}")
    else:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="signet-quickstart-"))
    servers = []
    arrived = False
    try:
        tell(folder, servers, asked.keep)
        arrived = True
    except KeyboardInterrupt:
        sys.exit("quickstart: interrupted")
    finally:
        # What is asked twice is asked once: the servers are stopped in any case.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        if not (asked.keep and arrived):
            for server in servers:
                server.stop()
            if not asked.directory:
                shutil.rmtree(folder, ignore_errors=True)
    print("\nquickstart: the message arrived over TLS, verified in both directions")


def tell(folder, servers, keep):
    fill = {"dir": folder, "user": "root" if os.geteuid() == 0 else ""}
    step(f"certificates, a SASL user, maps in {folder}")
    make_certificates(folder / "certs")
    make_sasl_user(folder / "sasl")

    step("the destination MX")
    (folder / "mx/mail").mkdir(parents=True)
    (folder / "mx/users").write_text("alice\nbob\n")
    mx = Server(folder / "mx", MX_MC.format(**fill), servers)
    print(f"   mx.example.test on 127.0.0.1:{mx.port}")

    step("the submission relay")
    # The relay insists that its next hop proves who it is; the MX is found on a port of its own.
    make_map(folder, "access", "TLS_Srv:127.0.0.1\tPERM+VERIFY:112\n")
    make_map(folder, "mailertable", f"example.test\tesmtp:[127.0.0.1]:{mx.port}\n")
    relay = Server(folder / "relay", RELAY_MC.format(**fill), servers)
    print(f"   relay.example.test on 127.0.0.1:{relay.port}")

    step("a mail client submits: STARTTLS, AUTH, one message")
    send(folder, relay.port)

    step("its way")
    relay.show("relay", [
        r"STARTTLS=server, .*verify=NO,", r"AUTH=server, .*mech=PLAIN", r"from=<alice@relay\.example\.test>.*ESMTPSA",
        r"STARTTLS=client, .*verify=OK", r"to=<bob@example\.test>.*stat=Sent"])
    mx.show("mx", [
        r"STARTTLS=server, .*verify=OK", r"from=<alice@relay\.example\.test>.*ESMTPS",
        r"to=<bob@example\.test>.*mailer=local.*stat=Sent"])

    step("the delivered message")
    text = delivered(folder / "mx/mail/bob")
    header = text.split("\n\n", 1)[0]
    print("\n".join(f"   {line}" for line in header.splitlines()))
    if len(re.findall(r"version=TLSv1\.[23] cipher=\S+ bits=\d+ verify=", header)) != 2:
        sys.exit("quickstart: the header does not show TLS on both hops")
    if "verify=OK" not in header:
        sys.exit("quickstart: the MX did not verify the relay")
    if keep:
        tell_how(folder, relay, mx)


if __name__ == "__main__":
    main()
