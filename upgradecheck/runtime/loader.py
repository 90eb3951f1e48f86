"""A DAG file, loaded as the DAG processor does: imported, its DAGs checked and stored; or one error for the
file."""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from upgradecheck.runtime import serialize, wire
from upgradecheck.runtime.finder import unknown_provider
from upgradecheck.runtime.folders import remedy
from upgradecheck.runtime.model import Dag, Failure
from upgradecheck.runtime.outcomes import failure
from upgradecheck.runtime.sdk.contexts import DagContext, TaskGroupContext
from upgradecheck.runtime.sdk.dag import DAG
from upgradecheck.runtime.sdk.dag_checks import check_executors
from upgradecheck.runtime.sdk.exceptions import AirflowTaskTimeout
from upgradecheck.runtime.unmodelled import NotModelled


class Unstored(Struct, frozen=True):
    """A DAG that the DAG bag takes and that cannot be stored: in a deployment its file is an import error."""

    dag_id: str
    timetable: str
    catchup: bool
    tasks: tuple[str, ...]
    error: Failure


class Loaded(Struct, frozen=True):
    """What became of a file. ``not_modelled``: a name that Airflow has and the runtime does not; ``package``: what
    it imports and nothing finds, with its ``remedy``."""

    file: str
    dags: tuple[Dag, ...] = ()
    error: Failure | None = None
    warnings: tuple[str, ...] = ()
    not_modelled: str = ""
    package: str = ""
    remedy: str = ""
    unstored: tuple[Unstored, ...] = ()


DAGS: dict[str, Any] = {}


def module_name(path: str) -> str:
    """The name under which Airflow imports a DAG file."""
    digest = hashlib.sha1(path.encode(), usedforsecurity=False).hexdigest()
    return f"unusual_prefix_{digest}_{Path(path).stem.replace('.', '_')}"


def _expire(seconds: float, path: str) -> None:
    def ring(signum: int, frame: Any) -> None:
        raise AirflowTaskTimeout(f"DagBag import timeout for {path} after {seconds}s.")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def load(path: str, file: str, seconds: float) -> Loaded:
    """Import it, within so many seconds. Never raises what the file raises."""
    DagContext.stack.clear()
    TaskGroupContext.stack.clear()
    DagContext.auto.clear()
    name = DagContext.module = module_name(path)
    sys.path.insert(0, str(Path(path).parent))
    said: list[str] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            _expire(seconds, path)
            loader = importlib.machinery.SourceFileLoader(name, path)
            spec = importlib.util.spec_from_loader(name, loader)
            assert spec is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            loader.exec_module(module)
            said = [f"{warning.category.__name__}: {warning.message}" for warning in caught]
        return _bagged(module, path, file, tuple(said))
    except NotModelled as error:
        return Loaded(file, error=failure(error, str(Path(path).parent)), not_modelled=str(error))
    except BaseException as error:  # also SystemExit: it becomes the file's import error, the others go on
        missing = error.name if isinstance(error, ModuleNotFoundError) and error.name else ""
        package = missing if missing and not _of_airflow(missing) else ""
        todo = remedy(Path(path), package) if package else ""
        return Loaded(file, error=failure(error, str(Path(path).parent)), package=package, remedy=todo)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        DagContext.module = ""


def _of_airflow(module: str) -> bool:
    """Airflow's own, or that of a provider which it knows."""
    top, _, rest = module.partition(".")
    return top == "airflow" and not (rest.startswith("providers.") and unknown_provider(module))


def sendable(dag: Dag) -> Dag:
    """The DAG as the scheduler reads it. Raises ``ValidationError`` for a value of a type that it cannot read."""
    return msgspec.msgpack.decode(wire.encode(dag), type=Dag)


def _bagged(module: Any, path: str, file: str, said: tuple[str, ...]) -> Loaded:
    """Its DAGs, each checked. One that is broken makes an error for the file; those before it stay."""
    found = {id(value): value for value in vars(module).values() if isinstance(value, DAG)}
    found.update({key: dag for key, (dag, name) in DagContext.auto.items() if name == module.__name__})
    dags: list[Dag] = []
    unstored: list[Unstored] = []
    error = None
    folder = str(Path(path).parent)
    for dag in found.values():
        dag.fileloc = path
        try:
            dag.validate()
            dag.check_cycle()
            dag.resolve_template_files()
            check_executors(dag)
        except Exception as raised:  # the file's import error
            error = failure(raised, folder)
            continue
        try:
            dags.append(sendable(serialize.dag(dag, file)))
            DAGS[dag.dag_id] = dag
            dag.mapped_nodes = dag.find_mapped_nodes()
        except Exception as raised:  # told for the DAG
            props = (type(dag.timetable).__name__, bool(dag.catchup), tuple(sorted(dag.task_ids)))
            unstored.append(Unstored(dag.dag_id, *props, failure(raised, folder)))
    return Loaded(file, tuple(dags), error, said, unstored=tuple(unstored))
