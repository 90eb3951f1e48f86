"""What one setting decides for a whole project is told once: one finding, with the DAGs that it is about.

Rules find it DAG by DAG, and mark each finding with the setting. As long as the project neither sets it nor says
in ``[tool.upgradecheck.decisions]`` what was decided, the marked findings that nothing suppresses become one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from upgradecheck.linking.settings import setting
from upgradecheck.model import Finding, Fix, NoFix
from upgradecheck.report import fingerprinted
from upgradecheck.rulebook.facts import lookup

_SHOWN = 12  # DAGs; who wants to see all of a long list selects the rule's subject in a report


def told_once(
    findings: Iterable[Finding], root: Path, files: Sequence[Path], decisions: Iterable[tuple[str, str]]
) -> tuple[list[Finding], list[Finding]]:
    """Findings that stand for themselves; and one for each setting that others hang on and nobody has decided.

    ``name=value`` as a finding's setting: only that value decides, since today's version does not ask the option.
    """
    own: list[Finding] = []
    parts: dict[tuple[str, str], list[Finding]] = {}
    options = {row["option"]: row for row in lookup("project_settings")}
    chosen = {name for name, _ in decisions}
    decided: dict[str, bool] = {}
    for finding in findings:
        if not finding.setting:
            own.append(finding)
            continue
        name, _, alone = finding.setting.partition("=")
        if finding.setting not in decided:  # files are looked into once, not for each finding
            value = "" if name in chosen else setting(files, options[name])
            decided[finding.setting] = name in chosen or (value.lower() == alone if alone else bool(value))
        if decided[finding.setting]:
            continue
        if finding.alone:
            own.append(finding)
        else:
            parts.setdefault((name, finding.rule_id), []).append(finding)
    return own, [_whole(options[name], found, root) for (name, _), found in parts.items()]


def _whole(option: Mapping[str, str], parts: list[Finding], root: Path) -> Finding:
    first = min(parts, key=lambda part: (part.document, part.span.line if part.span else 0))
    named = list(dict.fromkeys(part.dag_id or _place(part) for part in parts))
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    dags = f"{len(named)} DAG{'s' * (len(named) != 1)} ({', '.join(named[:_SHOWN])}{more})"
    told = replace(
        first, message=option["message"].format(dags=dags), advice=option["advice"],
        document=_home(option["file"], root), span=None, dag_id=None, fix=_fix(parts), setting="",
    )  # fmt: skip
    return fingerprinted([told], {})[0]


def _place(part: Finding) -> str:
    return f"{part.document}:{part.span.line}" if part.span else part.document


def _home(file: str, root: Path) -> str:
    """The configuration that the remedy belongs to, where the project has one."""
    found = sorted((*root.glob(file), *root.glob(f"*/{file}")))
    return found[0].relative_to(root).as_posix() if found else file


def _fix(parts: list[Finding]) -> Fix | NoFix:
    """What is fixed DAG by DAG, described together."""
    fixes = [part.fix for part in parts if isinstance(part.fix, Fix)]
    if not fixes:
        return parts[0].fix
    where = f" in {len(fixes)} of {len(parts)}" if len(fixes) < len(parts) else ""
    return replace(fixes[0], description=f"{fixes[0].description}{where}", edits=(), needs=(), frees=())
