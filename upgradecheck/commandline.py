"""What was typed: the options of ``upgradecheck check``, and what a run makes of them."""

from __future__ import annotations

from msgspec import Struct

from upgradecheck.config import ConfigError, Options


class CommandLine(Struct, frozen=True):
    """The options as they were typed."""

    paths: tuple[str, ...]
    run_all: bool
    metadata_db: str
    form: str
    output: str | None
    target: str
    from_version: str
    exclude: tuple[str, ...]
    force_exclude: bool
    ignore: tuple[str, ...]
    changed_since: str
    annotate_since: str
    staged: bool
    select: tuple[str, ...]
    deselect: tuple[str, ...]
    bridge: bool
    fix: bool
    unsafe_fixes: bool
    diff: bool
    verify: bool
    fail_on: str | None
    rule_packs: tuple[str, ...]
    stdin_filename: str
    statistics: bool
    jobs: int
    no_cache: bool
    no_progress: bool
    color: str
    quiet: bool
    verbose: bool

    @property
    def summary(self) -> bool:
        """Whether the text has one."""
        return not (self.quiet or self.statistics)

    def options(self) -> Options:
        """What the run needs to know. Raises `ConfigError` for options that contradict each other."""
        if self.unsafe_fixes and not (self.fix or self.diff):
            raise ConfigError("--unsafe-fixes goes with --fix or --diff")
        if self.verify and (self.diff or not self.fix):
            raise ConfigError("--verify goes with --fix, without --diff: it looks at what was written")
        if self.verify and "-" in self.paths:
            raise ConfigError("--verify goes with files, not with '-' (standard input)")
        if self.stdin_filename and self.paths != ("-",):
            raise ConfigError("--stdin-filename goes with '-' as the only path")
        if "-" in self.paths and len(self.paths) > 1:
            raise ConfigError("'-' (standard input) goes with no other path")
        if self.staged and self.changed_since:
            raise ConfigError("--staged and --changed-since exclude each other")
        if "-" in self.paths and (self.staged or self.changed_since):
            raise ConfigError("'-' (standard input) goes without --staged and --changed-since")
        if self.statistics and self.form not in ("text", "json", "report"):
            raise ConfigError("--statistics comes as --format text or json")
        if self.annotate_since and self.form != "github":
            raise ConfigError("--annotate-since goes with --format github")
        if self.jobs < 0:
            raise ConfigError("--jobs is 0 (all cores) or more")
        shared = set(Options.__struct_fields__) & set(self.__struct_fields__)
        same = {name: getattr(self, name) for name in shared}
        return Options(
            **{**same, "fail_on": self.fail_on or ""},
            stdin_name=self.stdin_filename,
            cache=not self.no_cache,
            readiness=self.form in ("report", "markdown", "html") or (self.form == "text" and self.summary),
            patches=self.form == "sarif",
        )
