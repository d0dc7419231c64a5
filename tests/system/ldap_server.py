"""A directory for the scenarios: Debian's slapd as tools/peers has unpacked it, as who runs the tests, on a port of 127.0.0.1, with entries from
a text. Nothing of it is installed and no service of the system's is touched."""
import subprocess

from harness import PEERS, free_port, run, tool, wait_until

BASE = "dc=site,dc=test"
ADMIN, PASSWORD = f"cn=admin,{BASE}", "secret"

# Attributes that sendmail-cf's argument LDAP asks for.
SCHEMA = """
attributetype ( 1.3.6.1.4.1.6152.10.3.1.10 NAME 'sendmailMTACluster' EQUALITY caseIgnoreIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
attributetype ( 1.3.6.1.4.1.6152.10.3.1.11 NAME 'sendmailMTAHost' EQUALITY caseIgnoreIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
attributetype ( 1.3.6.1.4.1.6152.10.3.1.12 NAME 'sendmailMTAMapName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.6152.10.3.1.13 NAME 'sendmailMTAKey' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.6152.10.3.1.14 NAME 'sendmailMTAMapValue' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.6152.10.3.1.15 NAME 'sendmailMTAMapSearch' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.6152.10.3.1.16 NAME 'sendmailMTAMapURL' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.6152.10.3.1.17 NAME 'sendmailMTAAliasGrouping' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.6152.10.3.1.18 NAME 'sendmailMTAAliasValue' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.6152.10.3.1.19 NAME 'sendmailMTAAliasSearch' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.6152.10.3.1.20 NAME 'sendmailMTAAliasURL' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.6152.10.3.1.21 NAME 'sendmailMTAClassName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.6152.10.3.1.22 NAME 'sendmailMTAClassValue' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.6152.10.3.1.23 NAME 'sendmailMTAClassSearch' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.6152.10.3.1.24 NAME 'sendmailMTAClassURL' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.3.6.1.4.1.6152.10.3.2.11 NAME 'sendmailMTAAliasObject' SUP top STRUCTURAL
  MUST ( sendmailMTAAliasGrouping $ sendmailMTAKey ) MAY ( sendmailMTACluster $ sendmailMTAHost $ sendmailMTAAliasValue $ sendmailMTAAliasSearch $ sendmailMTAAliasURL ) )
objectclass ( 1.3.6.1.4.1.6152.10.3.2.12 NAME 'sendmailMTAClass' SUP top STRUCTURAL
  MUST sendmailMTAClassName MAY ( sendmailMTACluster $ sendmailMTAHost $ sendmailMTAClassValue $ sendmailMTAClassSearch $ sendmailMTAClassURL ) )
objectclass ( 1.3.6.1.4.1.6152.10.3.2.10 NAME 'sendmailMTAMapObject' SUP top STRUCTURAL
  MUST ( sendmailMTAMapName $ sendmailMTAKey ) MAY ( sendmailMTACluster $ sendmailMTAHost $ sendmailMTAMapValue $ sendmailMTAMapSearch $ sendmailMTAMapURL ) )
"""


def entry(dn, **attributes):
    """One entry below BASE; an attribute may be a list."""
    lines = [f"dn: {dn},{BASE}" if dn else f"dn: {BASE}"]
    for name, values in attributes.items():
        lines += [f"{name}: {value}" for value in ([values] if isinstance(values, str) else values)]
    return "\n".join(lines) + "\n\n"


class LdapServer:
    def __init__(self, folder, entries, access="access to * by * read", certificate=None):
        """`certificate`: (pem, key): with StartTLS and, on a port of its own, ldaps."""
        self.folder, self.program = folder, tool("slapd", peers_only=True)
        (folder / "data").mkdir(parents=True)
        self.conf = folder / "slapd.conf"
        (folder / "map.schema").write_text(SCHEMA)
        schemas = "".join(f"include {PEERS}/etc/ldap/schema/{name}.schema\n" for name in ("core", "cosine", "misc"))
        tls = "TLSCertificateFile {}\nTLSCertificateKeyFile {}\n".format(*certificate) if certificate else ""
        self.conf.write_text(f"""{schemas}include {folder}/map.schema
modulepath {PEERS}/usr/lib/ldap
moduleload back_mdb
allow bind_anon_dn
{tls}{access}
database mdb
suffix "{BASE}"
rootdn "{ADMIN}"
rootpw {PASSWORD}
directory {folder}/data
""")
        (folder / "entries.ldif").write_text(entry("", objectClass=["dcObject", "organization"], dc="site", o="Site") + entries)
        run(self.program, "-T", "add", "-f", self.conf, "-l", folder / "entries.ldif")
        self.port, self.process = free_port(), None
        self.tls_port = free_port() if certificate else None
        self.start()

    @staticmethod
    def is_there():
        return tool("slapd", peers_only=True) is not None

    def start(self):
        self.log = open(self.folder / "log", "wb")
        urls = f"ldap://127.0.0.1:{self.port}" + (f" ldaps://127.0.0.1:{self.tls_port}" if self.tls_port else "")
        self.process = subprocess.Popen([self.program, "-f", self.conf, "-h", urls, "-d", "stats"],
                                        stdout=self.log, stderr=self.log)
        wait_until("slapd serves", lambda: b"slapd starting" in (self.folder / "log").read_bytes() or self.process.poll() is not None)
        if self.process.poll() is not None:
            raise AssertionError("slapd ended: " + (self.folder / "log").read_text())

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.log.close()
        self.process = None

    def modify(self, ldif):
        """Stops it meanwhile: nothing more of OpenLDAP is needed."""
        self.stop()
        run(self.program, "-T", "modify", "-f", self.conf, input=ldif)
        self.start()

    def flags(self):
        """For a map, or LDAPDefaultSpec."""
        return f"-H ldap://127.0.0.1:{self.port} -b {BASE}"
