"""Hold `--fix` to its promises on code that others wrote: the example DAGs of old Airflow and provider wheels.

    python scripts/sweep_wheels.py [--sample 100] [--targets 3.0,3.3] [--bridge] [--everything] [--show 20]

Downloads wheels, takes their example DAGs (or every module), fixes a copy and checks: what compiled still
compiles; pyflakes says nothing new; a second `--fix` changes no byte; a file without findings keeps its bytes;
what could be fixed is gone and nothing else came; with CRLF and a BOM the same fixes come out, with CRLF and a BOM.
Once with safe fixes, once with unsafe ones too. Exits with 1 where a promise is broken.
"""

from __future__ import annotations

import codecs
import json
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import click
from name_tables import thin_out
from rich.console import Console
from rich.table import Table

WHEELS = (
    ("apache-airflow", "2.2.5"),
    ("apache-airflow", "2.6.3"),
    ("apache-airflow", "2.10.5"),
    ("apache-airflow-providers-amazon", "2.4.0"),
    ("apache-airflow-providers-apache-hive", "2.0.3"),
    ("apache-airflow-providers-apache-spark", "2.0.1"),
    ("apache-airflow-providers-cncf-kubernetes", "2.1.0"),
    ("apache-airflow-providers-databricks", "2.0.2"),
    ("apache-airflow-providers-docker", "2.3.0"),
    ("apache-airflow-providers-google", "6.1.0"),
    ("apache-airflow-providers-http", "2.0.1"),
    ("apache-airflow-providers-microsoft-azure", "3.3.0"),
    ("apache-airflow-providers-mysql", "2.1.1"),
    ("apache-airflow-providers-postgres", "2.3.0"),
    ("apache-airflow-providers-slack", "4.1.0"),
    ("apache-airflow-providers-snowflake", "2.3.0"),
    ("apache-airflow-providers-sqlite", "2.0.1"),
)
_SAID = re.compile(r"^(.+?):\d+:\d+:? (.+)$")
_WATCHED = (
    "undefined name",
    "imported but unused",
    "redefinition of unused",
    "referenced before assignment",
    "may be undefined",
)
Bytes = dict[str, bytes]


@dataclass
class Verdict:
    """What a run showed: counts, and each broken promise with its places."""

    counts: Counter[str] = field(default_factory=Counter)
    broken: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def hold(self, promise: str, places: list[str]) -> None:
        """Note where a promise is broken (an empty list: nowhere)."""
        self.broken[promise] += places


def download(folder: Path) -> list[Path]:
    """The wheels, from the package index."""
    for name, version in WHEELS:
        if not list(folder.glob(f"{name.replace('-', '_')}-{version}-*.whl")):
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
            command += ["--ignore-requires-python", "--only-binary", ":all:", f"{name}=={version}"]
            subprocess.run(command, check=True)
    return sorted(folder.glob("*.whl"))


def contents(wheels: list[Path], everything: bool) -> Bytes:
    """Project path → bytes. Each wheel becomes a folder; its modules cease to be the package `airflow`."""
    found: Bytes = {}
    for wheel in wheels:
        name, version = wheel.name.split("-")[:2]
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.namelist():
                inside = member.partition("/")[2]
                if member.endswith(".py") and inside and (everything or "example_dags/" in member):
                    found[f"{name}_{version}/{inside}".replace(".", "_", version.count("."))] = archive.read(member)
    return found


def write(folder: Path, files: Bytes) -> None:
    """A fresh project of these files."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "upgradecheck.toml").touch()
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def read(folder: Path, names: Bytes) -> Bytes:
    """The present bytes of these files."""
    return {name: (folder / name).read_bytes() for name in names}


def run(folder: Path, *options: str) -> list[dict[str, object]]:
    """One start of the tool: the findings that are left. Raises where it did not end as it should."""
    command = [sys.executable, "-X", "utf8", "-m", "upgradecheck", "check", "--no-cache", "--no-progress"]
    command += ["--format", "json", "--fail-on", "never", *options, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode not in (0, 3) or "Traceback" in done.stderr:
        raise click.ClickException(f"{' '.join(options)}: ended with {done.returncode}: {done.stderr[-3000:]}")
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def compiles(data: bytes) -> bool:
    """Whether this Python takes the text."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(data, "file", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def pyflakes(folder: Path) -> Counter[tuple[str, str]]:
    """How often pyflakes says what we watch: (file, kind) → count; undefined names by name."""
    done = subprocess.run(
        [sys.executable, "-m", "pyflakes", "."], cwd=folder, capture_output=True, text=True, check=False
    )
    said: Counter[tuple[str, str]] = Counter()
    for line in done.stdout.splitlines():
        if (match := _SAID.match(line)) and (kind := next((k for k in _WATCHED if k in match[2]), "")):
            said[match[1].removeprefix("./"), match[2] if kind == "undefined name" else kind] += 1
    return said


def safety(finding: dict[str, object]) -> str:
    """How safe a finding's fix is."""
    fix = finding["fix"]
    assert isinstance(fix, dict)
    return str(fix["safety"])


def names_of(findings: list[dict[str, object]]) -> Counter[str]:
    """What is found where, whatever the line."""
    return Counter(f"{f['file']}: {f['subject']}" for f in findings)


def sweep(files: Bytes, folder: Path, target: str, unsafe: bool, bridge: bool = False) -> Verdict:
    """Fix a copy of the files and look at what came of it."""
    options = ["--target", target, *(["--bridge"] if bridge else [])]
    fixing = [*options, "--fix", *(["--unsafe-fixes"] if unsafe else [])]
    write(folder, files)
    before, said = run(folder, *options), pyflakes(folder)
    run(folder, *fixing)
    fixed, after = read(folder, files), run(folder, *options)
    run(folder, *fixing)
    again = read(folder, files)
    wanted = {"safe", "unsafe"} if unsafe else {"safe"}
    fixable = [f for f in before if safety(f) in wanted]
    verdict = Verdict()
    verdict.counts.update(files=len(files), findings=len(before), fixable=len(fixable), left=len(after))
    verdict.counts["files changed"] = sum(fixed[name] != files[name] for name in files)
    touched = {str(f["file"]) for f in before}
    verdict.hold("compiles", [n for n in files if compiles(files[n]) and not compiles(fixed[n])])
    verdict.hold("no new word of pyflakes", [f"{n}: {kind}" for n, kind in pyflakes(folder) - said])
    verdict.hold("second --fix changes nothing", [n for n in files if again[n] != fixed[n]])
    verdict.hold("no finding, no change", [n for n in files if n not in touched and fixed[n] != files[n]])
    left = [f for f in after if safety(f) in wanted]
    verdict.hold("what can be fixed is gone", [f"{f['file']}:{f['line']}: {f['subject']}" for f in left])
    verdict.hold("nothing new is found", sorted(names_of(after) - names_of(before)))
    write(folder, {name: windows(data) for name, data in files.items()})
    run(folder, *fixing)
    other = read(folder, files)
    verdict.hold("CRLF and BOM stay", [n for n in files if other[n] != windows(fixed[n])])
    return verdict


def windows(data: bytes) -> bytes:
    """The same text as some editors leave it: CRLF, and a BOM where the text is UTF-8."""
    if codecs.BOM_UTF8 in data or b"\r" in data or b"coding" in data[:100]:
        return data
    return codecs.BOM_UTF8 + data.replace(b"\n", b"\r\n")


def table(verdicts: dict[str, Verdict]) -> Table:
    """All runs side by side."""
    shown = Table(title="--fix on the code of old wheels")
    shown.add_column("")
    for name in verdicts:
        shown.add_column(name, justify="right")
    some = next(iter(verdicts.values()))
    for count in some.counts:
        shown.add_row(count, *(str(v.counts[count]) for v in verdicts.values()))
    for promise in some.broken:
        shown.add_row(f"broken: {promise}", *(str(len(v.broken[promise])) for v in verdicts.values()))
    return shown


@click.command()
@click.option("--sample", type=int, help="Only so many files, evenly spread, always the same.")
@click.option("--targets", default="3.0,3.3", show_default=True)
@click.option("--bridge", is_flag=True, help="Fixes that run on 2.x too.")
@click.option("--everything", is_flag=True, help="All modules of the wheels, not their example DAGs alone.")
@click.option("--wheels", type=click.Path(path_type=Path), help="Keep the downloaded wheels here.")
@click.option("--keep", type=click.Path(path_type=Path), help="Write the projects here and leave them.")
@click.option("--show", default=10, show_default=True, help="So many places of each broken promise.")
def main(
    sample: int | None,
    targets: str,
    bridge: bool,
    everything: bool,
    wheels: Path | None,
    keep: Path | None,
    show: int,
) -> None:
    """Does `--fix` keep its promises on real code?"""
    console = Console(width=None if sys.stdout.isatty() else 160)
    verdicts: dict[str, Verdict] = {}
    with tempfile.TemporaryDirectory() as scratch:
        store = wheels or Path(scratch) / "wheels"
        store.mkdir(parents=True, exist_ok=True)
        every = contents(download(store), everything)
        files = {name: every[name] for name in thin_out(list(every), sample)}
        for target in targets.split(","):
            for mode in ("safe", "unsafe"):
                folder = (keep or Path(scratch)) / f"{target}_{mode}"
                verdicts[f"{target} {mode}"] = sweep(files, folder, target, mode == "unsafe", bridge)
    for name, verdict in verdicts.items():
        for promise, places in verdict.broken.items():
            for place in places[:show]:
                console.print(f"{name}: {promise}: {place}", markup=False, soft_wrap=True)
    console.print(table(verdicts))
    if any(places for verdict in verdicts.values() for places in verdict.broken.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
