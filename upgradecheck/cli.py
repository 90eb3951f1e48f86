"""The command line: options in, exit code out, nothing else.

``check`` is the default command: ``upgradecheck --run-all`` means ``upgradecheck check --run-all``.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Any

import click

from upgradecheck import __version__
from upgradecheck.command import FORMATS
from upgradecheck.commandline import CommandLine
from upgradecheck.config import FAIL_ON, CannotCheck, ConfigError
from upgradecheck.hints import near

DATABASE_VARIABLE = "UPGRADECHECK_METADATA_DB"
CLEAN, USAGE, UNCHECKED, INTERRUPTED = 0, 2, 3, 130


class Default(click.Group):
    """A group whose first word may be left out: what is no command is an argument of ``check``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ("--help", "-h", "--version")):
            unknown = bool(args) and not args[0].startswith("-") and not os.path.lexists(args[0])
            if unknown and (meant := near(args[0], self.commands)):
                raise click.UsageError(
                    f"there is no command, file or folder {args[0]!r}: did you mean {meant}?", ctx
                )
            args = ["check", *args]
        return super().parse_args(ctx, args)


@click.group(cls=Default, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="upgradecheck")
def cli() -> None:
    """Takes an Apache Airflow 2.x project to Airflow 3.x: finds what breaks, fixes what can be fixed.

    `upgradecheck [OPTIONS] [PATHS]...` is short for `upgradecheck check …`: its options are shown by
    `upgradecheck check --help`.
    """


@cli.command(short_help="Check files and folders (the default command).")
@click.argument("paths", nargs=-1)
@click.option("--run-all", is_flag=True, help="Every rule and every reader, the advice-level ones too.")
@click.option(
    "--metadata-db",
    default="",
    envvar=DATABASE_VARIABLE,
    show_envvar=True,
    metavar="URL",
    help="Also look into the metadata database, read-only. In the environment its password shows in no `ps`.",
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--output", type=click.Path(), help="Write the report to this file.")
@click.option("--target", default="", metavar="3.N", help="The version to go to. Default: the newest known.")
@click.option("--from", "from_version", default="", metavar="X.Y", help="The version that runs today.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave these files or folders out.")
@click.option("--force-exclude", is_flag=True, help="Leave excluded files out even where they are named.")
@click.option("--ignore", multiple=True, metavar="RULE", help="Rely on the ignore-file's entries for this rule.")
@click.option("--changed-since", default="", metavar="REF", help="Only files that differ from this git reference.")
@click.option(
    "--annotate-since", default="", metavar="REF", help="--format github: only lines that differ from it."
)
@click.option("--staged", is_flag=True, help="Only files that are staged, as they are staged.")
@click.option("--select", multiple=True, metavar="SELECTOR", help="Only these: RuleId, tag, RuleId[subject-glob].")
@click.option("--deselect", multiple=True, metavar="SELECTOR", help="Not these, for this run.")
@click.option("--bridge", is_flag=True, help="Only fixes whose code runs on --from as well: merge them today.")
@click.option("--fix", is_flag=True, help="Write safe fixes.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: unsafe fixes too.")
@click.option("--diff", is_flag=True, help="Show fixes, write nothing.")
@click.option("--verify", is_flag=True, help="With --fix: load DAGs before and after, roll back what changed them.")
@click.option("--fail-on", type=click.Choice(FAIL_ON), default=None, help="Exit with 1 at this severity. [error]")
@click.option("--rules", "rule_packs", multiple=True, metavar="DIR", help="A further rule pack.")
@click.option("--stdin-filename", default="", metavar="NAME", help="With '-': what the text is called.")
@click.option("--statistics", is_flag=True, help="Count findings by rule and subject instead.")
@click.option("-j", "--jobs", type=int, default=0, help="Processes. Default: all cores.")
@click.option("--no-cache", is_flag=True, help="Neither read nor write the cache.")
@click.option("--no-progress", is_flag=True, help="No progress bar.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True)
@click.option("-q", "--quiet", is_flag=True, help="Findings only, no summary.")
@click.option("-v", "--verbose", is_flag=True, help="Say what became of each file.")
@click.pass_context
def check(ctx: click.Context, /, **given: Any) -> None:
    """Check files and folders (default: the configured paths, else the working directory)."""
    from upgradecheck.command import perform

    ctx.exit(perform(CommandLine(**given), ctx.obj or ()))


@cli.command(short_help="Write an entry into the ignore-file.")
@click.argument("rule", metavar="RULE[SUBJECT]")
@click.option("--path", default="", metavar="GLOB", help="Only in these files.")
@click.option("--reason", required=True, metavar="TEXT", help="Why the finding is left.")
@click.option("--until", default="", metavar="DATE", help="The last day on which that holds, as 2026-12-31.")
@click.option("--owner", default="", metavar="NAME", help="Whom to ask.")
def ignore(**given: str) -> None:
    """Write an entry into the ignore-file: findings of a rule that are left, and why."""
    from datetime import date

    from upgradecheck import record

    click.echo(record.ignore(record.Ignore(**given), date.today()), err=True)


@cli.command()
@click.argument("paths", nargs=-1)
@click.option("--target", default="", metavar="3.N", help="As in check.")
@click.option("--from", "from_version", default="", metavar="X.Y", help="As in check.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="As in check.")
@click.option("--rules", "rule_packs", multiple=True, metavar="DIR", help="As in check.")
@click.option("--metadata-db", default="", envvar=DATABASE_VARIABLE, metavar="URL", help="As in check.")
@click.option("-j", "--jobs", type=int, default=0, help="As in check.")
@click.pass_context
def baseline(ctx: click.Context, /, **given: Any) -> None:
    """Record today's open findings, so that only new ones fail."""
    from upgradecheck import record
    from upgradecheck.config import Options

    said, code = record.record(Options(run_all=True, **given))
    click.echo(said, err=True)
    ctx.exit(code)


@cli.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--rules", "rule_packs", multiple=True, metavar="DIR", help="A further rule pack.")
@click.argument("selectors", nargs=-1)
def rules(form: str, rule_packs: tuple[str, ...], selectors: tuple[str, ...]) -> None:
    """List the rules, all or those with these ids or tags."""
    from upgradecheck import devtools

    click.echo(devtools.list_rules(form, selectors, rule_packs), nl=False)


@cli.command()
@click.option("--rules", "rule_packs", multiple=True, metavar="DIR", help="A further rule pack.")
@click.argument("rule")
def explain(rule: str, rule_packs: tuple[str, ...]) -> None:
    """Show what a rule finds, why it breaks, what to do."""
    from upgradecheck import devtools

    click.echo(devtools.explain(rule, rule_packs))


@cli.command(short_help="Run DAGs under a model of the target version, without installing it.")
@click.argument("paths", nargs=-1, required=True)
@click.option("--plan", default="", metavar="FILE", help="JSON: runs to make, variables, connections, results.")
@click.option("--execute", is_flag=True, help="Run task code too. Without it tasks only render their templates.")
@click.option("--from-date", default=None, metavar="DATE", help="The clock starts here; schedules make runs.")
@click.option("--to-date", default=None, metavar="DATE", help="The clock stops here.")
@click.option("--runs", type=int, default=None, metavar="N", help="Each schedule makes so many runs.")
@click.option("--engine", type=click.Choice(["model", "airflow"]), default="model", help="airflow: a real one.")
@click.option(
    "--airflow-python", default="", metavar="PATH", help="With --engine airflow: an interpreter that has it."
)
@click.option("--against", default="", metavar="RELEASE", help="Show what differs from this release of 2.x.")
@click.option("--allow", multiple=True, type=click.Choice(["network", "subprocess"]), help="What DAG code may do.")
@click.option(
    "--timeout", type=float, default=30, show_default=True, help="Seconds for a file to load, a task to go on."
)
@click.option("--format", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True)
@click.option("--output", default="", type=click.Path(), help="Write the report to this file.")
@click.pass_context
def replay(ctx: click.Context, /, **given: Any) -> None:
    """Load each DAG and run it in virtual time: does it load, which runs, which states, what raises."""
    from upgradecheck.proof import replaying

    ctx.exit(replaying.perform(**given))


@cli.command("new-rule", short_help="Write the stub of a new rule.")
@click.argument("stem")
@click.option("--verb", default="move_symbol", show_default=True)
@click.option("--rules", "pack", default="", metavar="DIR", help="Into this rule pack, not into rules/.")
def new_rule(stem: str, verb: str, pack: str) -> None:
    """Write the stub of a new rule into a rule pack of yours, or into rules/ of a checkout of upgradecheck."""
    from upgradecheck import devtools

    click.echo(devtools.new_rule(stem, verb, pack))


def main() -> None:
    """The ``upgradecheck`` command. Interrupts end with 130, errors of use and configuration with 2."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # not every terminal has an arrow
    from upgradecheck.rulebook.facts import RuleError

    try:
        sys.exit(cli.main(standalone_mode=False, obj=tuple(sys.argv[1:])) or CLEAN)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except (ConfigError, RuleError) as error:
        click.echo(f"upgradecheck: {error}", err=True)
        sys.exit(USAGE)
    except CannotCheck as error:
        click.echo(f"upgradecheck: {error}", err=True)
        sys.exit(UNCHECKED)
    except (KeyboardInterrupt, click.Abort):
        click.echo("upgradecheck: interrupted", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(CLEAN)
