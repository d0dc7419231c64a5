"""The `bt` kind: questions to the policy code, put by the program policy_vectors. It gets the configurations compiled
from the site files beside the rows, as a daemon would read them.
"""
import re
import subprocess

from harness import BIN, run
from material import site_beside, zone_beside

COLUMNS = "id cf access macros classes ruleset input result_workspace action dsn text note"
PROGRAM = BIN.parent / "tests/vectors/policy_vectors"

HEAD = """OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mx.spec.test')dnl
define(`confRUN_AS_USER', `')dnl
FEATURE(`no_default_msa')dnl
"""
TAIL = "MAILER(`local')dnl\nMAILER(`smtp')dnl\n"


def prepare(folder, vectors, rows):
    for name in sorted({row["cf"] for row in rows}):
        site = folder / f"{name}.mc"
        site.write_text(HEAD + site_beside(vectors, f"v_{name}", folder / "access") + TAIL)
        run(BIN / "signet", "mc", site, "-o", folder / f"{name}.cf")
    states = {name: "temporary" if text == "SERVFAIL" else "resolves" for name, text in zone_beside(vectors).items()}
    (folder / "domains").write_text("".join(f"{name} {state}\n" for name, state in states.items()))


def run_rows(vectors, rows, folder):
    """How many rows passed, and which did not; rows that ask for no decision count as neither."""
    prepare(folder, vectors, rows)
    done = subprocess.run([PROGRAM, vectors, folder], capture_output=True, text=True)
    *lines, last = done.stdout.splitlines() or [""]
    found = re.fullmatch(r"(\d+) passed, (\d+) failed", last)
    if not found:
        raise SystemExit(f"{PROGRAM}: {done.stderr or done.stdout}")
    print(*lines, sep="\n", end="\n" if lines else "")
    return int(found.group(1)), [line.split(" ")[0] for line in lines if re.match(r"\S+ cf=", line)]
