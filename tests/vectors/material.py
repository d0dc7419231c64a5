"""What a row of the measured vectors refers to: certificates by name, the DNS zone, and the site files beside it.

The certificates have the subjects, purposes and dates of those the vectors were measured with; the vectors name
them by the file's name: `client`, `expired`, `untrusted`...
"""
import json
import os
import re

from harness import run

BOTH = "extendedKeyUsage=serverAuth,clientAuth\nkeyUsage=digitalSignature,keyEncipherment\n"
WEIRD_CA = '/C=DE/O=Weird (Org) + <x> "q"/OU=a,b;c/CN=Weird CA+1/emailAddress=ca@weird.test'

CAS = {"ca": "/C=US/O=Spec Org/CN=Spec Test CA", "ca2": WEIRD_CA.replace("+", r"\+"), "caX": "/CN=Untrusted CA"}

# name: (CA, subject, extensions, (from, to) in YYYYMMDD when not now)
CERTIFICATES = {
    "server": ("ca", "/C=US/O=Spec Org/CN=mx.spec.test",
               "subjectAltName=DNS:mx.spec.test,DNS:alt.spec.test,DNS:*.wild.test\n" + BOTH),
    "client": ("ca", "/C=US/ST=CA/O=Spec Org/OU=Mail/CN=client.good.test/emailAddress=pm@good.test", BOTH),
    "clientsrvonly": ("ca", "/O=Spec Org/CN=srvonly.good.test", "extendedKeyUsage=serverAuth\n"),
    "srvcltonly": ("ca", "/O=Spec Org/CN=mx2.dest.test", "extendedKeyUsage=clientAuth\n"),
    "untrusted": ("caX", "/CN=untrusted.client", BOTH),
    "weird": ("ca2", r'/O=Client (Org) \+ <x> "q" = 100%/CN=weird client', BOTH),
    "utf8": ("ca", "/O=Müller AG/CN=grün.test", BOTH),
    "nocn": ("ca", "/O=NoCN Org", BOTH),
    "mx1": ("ca", "/O=Spec Org/CN=mx1.dest.test", "subjectAltName=DNS:mx1.dest.test\n" + BOTH),
    "mx3u": ("caX", "/O=Spec Org/CN=mx3.dest.test", BOTH),
    "mismatch": ("ca", "/O=Spec Org/CN=other.dest.test",
                 "subjectAltName=DNS:mx1.dest.test,DNS:mx4.dest.test\n" + BOTH),
    "revoked": ("ca", "/O=Spec Org/CN=revoked.test", BOTH),
    "multirdn": ("ca", "/O=Spec Org/serialNumber=42+CN=multi.test", BOTH),
    "slash": ("ca", r"/O=A\/B\/CN=evil", BOTH),
    "expired": ("ca", "/O=Spec Org/CN=expired.test", "", ("20200101", "20200201")),
    "future": ("ca", "/O=Spec Org/CN=future.test", "", ("20900101", "20910101")),
    "selfs": (None, "/CN=selfsigned.test", ""),
}


class Certificates:
    """Made on demand in one folder: NAME.pem and NAME.key; cas.pem and the hashed folder capath hold what is trusted."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(mode=0o755)
        (folder / "db").mkdir()
        for name, subject in CAS.items():
            self.openssl("req", "-x509", *self.new_key(name), "-out", f"{name}.pem", "-days", "3650", "-utf8", "-subj", subject,
                         "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        trusted = [(folder / f"{name}.pem").read_text() for name in ("ca", "ca2")]
        (folder / "cas.pem").write_text("".join(trusted))
        (folder / "capath").mkdir()
        for name, text in zip(("ca", "ca2"), trusted):
            (folder / "capath" / f"{name}.pem").write_text(text)
        self.openssl("rehash", "capath")
        for name in CERTIFICATES:
            self.make(name, *CERTIFICATES[name])

    def openssl(self, *words):
        run("openssl", *words, cwd=self.folder)

    @staticmethod
    def new_key(name):
        return "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"

    def make(self, name, ca, subject, extensions, dates=None):
        if ca is None:
            self.openssl("req", "-x509", *self.new_key(name), "-out", f"{name}.pem", "-days", "30", "-subj", subject)
        else:
            (self.folder / f"{name}.ext").write_text(extensions)
            self.openssl("req", "-new", *self.new_key(name), "-out", f"{name}.csr", "-utf8", "-subj", subject)
            if dates:
                self.sign_dated(name, ca, dates)
            else:
                self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial",
                             "-days", "30", "-extfile", f"{name}.ext", "-out", f"{name}.pem")
        os.chmod(self.folder / f"{name}.key", 0o600)

    def sign_dated(self, name, ca, dates):
        """Only `openssl ca` of OpenSSL 3.0 takes dates; it wants books."""
        settings = (f"[ca]\ndefault_ca=d\n[d]\ndatabase=db/index\nserial=db/serial\nnew_certs_dir=db\ncertificate={ca}.pem\n"
                    f"private_key={ca}.key\ndefault_md=sha256\npolicy=p\nunique_subject=no\n"
                    "[p]\ncommonName=supplied\norganizationName=optional\n")
        (self.folder / "dated.cnf").write_text(settings)
        for file, text in (("index", ""), ("serial", "1000\n")):
            if not (self.folder / "db" / file).exists():
                (self.folder / "db" / file).write_text(text)
        self.openssl("ca", "-batch", "-notext", "-config", "dated.cnf", "-in", f"{name}.csr", "-out", f"{name}.pem", "-startdate",
                     f"{dates[0]}000000Z", "-enddate", f"{dates[1]}000000Z")

    def pair(self, name):
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def mc(self):
        return "".join(f"define(`conf{name}', `{self.folder}/{file}')dnl\n" for name, file in (
            ("CACERT_PATH", "capath"), ("CACERT", "cas.pem"), ("SERVER_CERT", "server.pem"), ("SERVER_KEY", "server.key"),
            ("CLIENT_CERT", "client.pem"), ("CLIENT_KEY", "client.key")))


def zone_beside(vectors):
    """dns-zone.json in the words of the name server."""
    zone = json.loads((vectors.parent / "dns-zone.json").read_text())
    text = {name: ", ".join("SERVFAIL" if kind == "SERVFAIL" else f"{kind} {value}"
                            for kind, values in records.items()
                            for value in ([0] if kind == "SERVFAIL" else values))
            for name, records in zone.items()}
    return text | {"1.0.0.127.in-addr.arpa": "PTR localhost", "localhost": "A 127.0.0.1"}


# Of a measured site file: what was there for sendmail's own sake, and what every instance has its own of.
NOT_OURS = re.compile(r"OSTYPE|include|MAILER|DAEMON_OPTIONS|LOCAL_RULESETS|divert|FEATURE\(`(virtusertable|no_default_msa|mailertable)'"
                      r"|define\(`(LOCAL_MAILER_\w+|\w+_MAILER_ARGS|MAIL_SETTINGS_DIR|STATUS_FILE|QUEUE_DIR|HELP_FILE|ALIAS_FILE"
                      r"|confPID_FILE|confEBINDIR|confDONT_PROBE_INTERFACES|confTO_IDENT|confDOMAIN_NAME)'")


def site_beside(vectors, name, access):
    """The settings of mc/NAME.mc that the rows depend on, its access map at `access`."""
    lines = []
    for line in (vectors.parent / "mc" / f"{name}.mc").read_text().splitlines():
        if line.startswith("LOCAL_RULESETS"):
            break
        if not NOT_OURS.match(line):
            lines.append(line.replace("@ROOT@/etc/access", str(access)))
    return "\n".join(lines) + "\n"
