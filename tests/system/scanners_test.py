"""Outside scanners find no weakness in a server with default settings."""
import re
import subprocess
import unittest

from harness import Scenario, tls_lines, tool

PORTS = ("DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=MTA')dnl\nDAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=MSA, M=E')dnl\n"
         "DAEMON_OPTIONS(`Port=0, Addr=127.0.0.1, Name=TLSMTA, M=s')dnl\n")


class Scanners(Scenario):
    def test_sslscan(self):
        program = tool("sslscan")
        if program is None:
            self.skipTest("sslscan is not installed (package sslscan)")
        certs = self.pki()
        certs.make("mx", kind="rsa")
        mx = self.signet("mx", tls_lines(certs, "mx"), ports=PORTS)
        for name in ("MTA", "MSA", "TLSMTA"):
            with self.subTest(name):
                how = [] if name == "TLSMTA" else ["--starttls-smtp"]
                done = subprocess.run([program, "--no-colour", *how, f"127.0.0.1:{mx.port(name)}"], capture_output=True, text=True, timeout=120)
                said = done.stdout
                self.assertEqual(dict(re.findall(r"^((?:SSL|TLS)v\S+)\s+(enabled|disabled)$", said, re.M)),
                                 {"SSLv2": "disabled", "SSLv3": "disabled", "TLSv1.0": "disabled", "TLSv1.1": "disabled",
                                  "TLSv1.2": "enabled", "TLSv1.3": "enabled"})
                self.assertIn("Session renegotiation not supported", said)
                self.assertNotRegex(said.replace("not vulnerable", ""), "(?i)vulnerable|insecure")
                suites = re.findall(r"^(?:Preferred|Accepted)\s+(\S+)\s+\d+ bits\s+(\S+)", said, re.M)
                self.assertGreaterEqual(len(suites), 6)
                for version, suite in suites:
                    self.assertRegex(suite, r"GCM|CHACHA20")
                    if version == "TLSv1.2":
                        self.assertRegex(suite, r"^(EC)?DHE-")


if __name__ == "__main__":
    unittest.main()
