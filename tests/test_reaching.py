"""The less plain ways of reaching a name, and of asking which version runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_linking import check, places

from upgradecheck.config import Options
from upgradecheck.model import Fix

GONE = "airflow.cli.cli_config.ARG_ROLE"  # its module stays


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("import airflow.cli.cli_config as c\nd = c\nprint(d.ARG_ROLE.more)\n", 3),
        ("import airflow.cli.cli_config as c\nprint(getattr(c, 'ARG_ROLE'))\n", 2),
        ("from importlib import import_module\nprint(import_module('airflow.cli.cli_config').ARG_ROLE)\n", 2),
        ("import importlib\nc = importlib.import_module('airflow.cli.cli_config')\nprint(c.ARG_ROLE)\n", 3),
        ("from unittest import mock\nfrom airflow.cli import cli_config\n"
         "mock.patch.object(cli_config, 'ARG_ROLE', 1)\n", 3),
        ("from airflow.cli import cli_config\ndef test_it(monkeypatch):\n"
         "    monkeypatch.setattr(cli_config, 'ARG_ROLE', 1)\n", 3),
        ("from unittest import mock\nmock.patch('airflow.cli.cli_config.ARG_ROLE')\n", 2),
        ("from unittest import mock\nM = 'airflow.cli.cli_config'\nmock.patch(f'{M}.ARG_ROLE')\n", 3),
        ("from unittest import mock\nM = 'airflow.cli'\nmock.patch(M + '.cli_config' + '.ARG_ROLE')\n", 3),
        ("from importlib import import_module\nimport_module('.cli_config', 'airflow.cli').ARG_ROLE\n", 2),
        ("import importlib\nc = importlib.import_module(package='airflow.api', name='..cli.cli_config')\nc.ARG_ROLE\n", 3),
        ("c = __import__('airflow.cli.cli_config', fromlist=['x'])\nc.ARG_ROLE\n", 2),
        ("__import__('airflow.cli.cli_config').cli.cli_config.ARG_ROLE\n", 1),
    ],
)  # fmt: skip
def test_a_name_reached_by_way_of_something_else(tmp_path: Path, code: str, line: int) -> None:
    assert places(check(tmp_path, {"dag.py": code})) == [("dag.py", line, GONE)]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from airflow.serialization.serializers import bignum\nbignum.serialize\n", [(1, "WARNING")]),
        ("import airflow.serialization.serializers as s\ns.bignum.serialize\n", [(2, "WARNING")]),
        ("import airflow.serialization.serializers.bignum as b\nb.serialize\n", [(1, "ERROR")]),
        ("from airflow.serialization.serializers.bignum import serialize\n", [(1, "ERROR")]),
        (
            "from unittest.mock import patch\npatch('airflow.serialization.serializers.bignum.serialize')\n",
            [(2, "WARNING")],
        ),
        ("from airflow import metrics\nmetrics.validators\n", [(1, "WARNING"), (2, "ERROR")]),
    ],
)
def test_what_is_in_a_module_that_is_an_attribute_only(
    tmp_path: Path, code: str, found: list[tuple[int, str]]
) -> None:
    findings = [finding for finding in check(tmp_path, {"dag.py": code}) if finding.span]
    assert [(f.span.line, f.severity.value) for f in findings if f.span] == found
    assert isinstance(findings[0].fix, Fix) or "metrics" in code or "patch" in code


@pytest.mark.parametrize(
    "code",
    [
        "import airflow.cli.cli_config as c\nprint(getattr(c, 'ARG_ROLE', None))\n",
        "import airflow.cli.cli_config as c\nif hasattr(c, 'ARG_ROLE'):\n    print(c.ARG_ROLE)\n",
        "from airflow.cli import cli_config\ndef test_it(monkeypatch):\n"
        "    monkeypatch.setattr(cli_config, 'ARG_ROLE', 1, raising=False)\n",
        "import pytest\nwith pytest.raises(ImportError):\n    from airflow.cli.cli_config import ARG_ROLE\n",
        "M = 'airflow.cli.cli_config'\nprint(f'{M}.ARG_ROLE')\n",
        "from unittest import mock\nfor M in ('a', 'airflow.cli.cli_config'):\n    mock.patch(f'{M}.ARG_ROLE')\n",
        "from importlib import import_module\nimport_module('.cli_config').ARG_ROLE\n",
    ],
)
def test_a_name_that_may_be_missing(tmp_path: Path, code: str) -> None:
    assert places(check(tmp_path, {"dag.py": code})) == []


VERSION = (
    "def version():\n    'As in providers.'\n    from packaging.version import Version\n\n"
    "    from airflow import __version__\n\n    found = Version(__version__)\n"
    "    return found.major, found.minor, found.micro\n\n\n"
)


def test_a_star_import_of_what_only_warns_may_lack_a_name(tmp_path: Path) -> None:
    code = "from airflow.models.xcom_arg import *\n\nprint(TaskMixin, XComArg)\n"
    found = check(tmp_path, {"dag.py": code})
    assert {f.subject: f.severity.value for f in found}["airflow.models.xcom_arg.TaskMixin"] == "ERROR"


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    from functools import cached_property\n"
        "except ImportError:\n    from airflow.compat.functools import cached_property\n",
        "try:\n    from kubernetes.client.models import V1VolumeMount as VolumeMount\n"
        "except ImportError:\n    from airflow.kubernetes.volume_mount import VolumeMount\n",
        "import airflow\nif [int(x) for x in airflow.__version__.split('.')][0] < 3:\n    import airflow.contrib\n",
        "import airflow\nif tuple(int(x) for x in airflow.__version__.split('.')[:2]) < (3, 0):\n"
        "    import airflow.contrib\n",
        "from airflow import __version__\ndef is_3():\n    '''Whether.'''\n    return __version__ >= '3'\n"
        "if not is_3():\n    import airflow.contrib\n",
        VERSION + "V2 = version() >= (2,) and version() < (3, 0, 0)\nif V2:\n    import airflow.contrib\n",
        "from importlib import import_module\ntry:\n    Asset = import_module('airflow.sdk').Asset\n"
        "except ImportError:\n    import_module('airflow.datasets').Dataset\n",
        "from importlib import import_module\ntry:\n    m: object = import_module('airflow.sdk._shared.x')\n"
        "except ImportError:\n    m = import_module('airflow.datasets')\nm.Dataset\n",
        "from airflow.models import DagRun\ndef run():\n    if hasattr(DagRun, 'run_after'):\n        return 1\n"
        "    else:\n        return DagRun.execution_date\n",
        "from airflow.models import DagRun as R\nR.execution_date if not hasattr(R, 'run_after') else R.run_after\n",
    ],
)
def test_guards(tmp_path: Path, code: str) -> None:
    assert places(check(tmp_path, {"dag.py": code})) == []


LISTS = """\
def f(rows):
    found = {value}
    for row in rows:
        found.append(row)
    if {test}:
        import airflow.contrib
"""


@pytest.mark.parametrize(("value", "test"), [("[]", "found"), ('["a"]', '"b" in found'), ("[]", "len(found) > 1")])
def test_a_list_that_is_filled_guards_nothing(tmp_path: Path, value: str, test: str) -> None:
    found = places(check(tmp_path, {"dag.py": LISTS.format(value=value, test=test)}))
    assert [line for _, line, _ in found] == [6]
    fixed = LISTS.format(value='["a"]', test='"b" in found').replace("found.append(row)", "print(found)")
    assert places(check(tmp_path, {"dag.py": fixed})) == []


COMPAT = (
    VERSION.replace("version()", "_base()") + "TUPLE = _base()\nV2 = TUPLE >= (2, 0, 0) and TUPLE < (3, 0, 0)\n"
)


@pytest.mark.parametrize("test", ["V2", "V2 or False", "TUPLE < (3, 0)", "_base() < (3, 0)"])
def test_guards_of_another_file(tmp_path: Path, test: str) -> None:
    code = f"from compat import V2, TUPLE, _base\nif {test}:\n    import airflow.contrib\nelse:\n    import airflow.www\n"
    found = places(check(tmp_path, {"compat.py": COMPAT, "dag.py": code}))
    assert [line for name, line, _ in found if name == "dag.py"] == [5]


@pytest.mark.parametrize(
    "code",
    [
        VERSION.replace("found =", "found = found or") + "if version() < (3,):\n    import airflow.contrib\n",
        VERSION.replace("    found", "    print(1)\n    found")
        + "if version() < (3,):\n    import airflow.contrib\n",
        "from importlib import import_module\ntry:\n    import_module('airflow.contrib')\n"
        "except ImportError:\n    import airflow.www\n",
        "import thing\nfrom airflow.models import DagRun as R\nif not hasattr(thing, 'x'):\n    R.execution_date\n",
        "from airflow.models import DagRun as R\nif hasattr(R, 'run_after'):\n    R.execution_date\n",
    ],
)
def test_no_guards(tmp_path: Path, code: str) -> None:
    assert places(check(tmp_path, {"dag.py": code}))


HAS = "try:\n    import {}\n    HAS = True\nexcept ImportError:\n    HAS = False\n"


@pytest.mark.parametrize(
    "code",
    [
        HAS.format("airflow.sdk") + "if not HAS:\n    import airflow.contrib\n",
        HAS.format("airflow.contrib") + "if HAS:\n    import airflow.contrib.hooks\n",
        "HAS = False\ntry:\n    import airflow.sdk\nexcept ImportError:\n    pass\nelse:\n    HAS = True\n"
        "if not HAS:\n    import airflow.contrib\n",
        "import airflow\nfrom packaging.version import parse as p\n"
        "if p(airflow.__version__) < p('3'):\n    import airflow.contrib\n",
    ],
)
def test_flags_that_tell_what_could_be_imported(tmp_path: Path, code: str) -> None:
    assert places(check(tmp_path, {"dag.py": code})) == []


@pytest.mark.parametrize(
    "code",
    [
        HAS.format("numpy") + "if not HAS:\n    import airflow.contrib\n",
        HAS.format("airflow.sdk") + "if HAS:\n    import airflow.contrib\n",
        HAS.format("airflow.sdk") + "HAS = input()\nif not HAS:\n    import airflow.contrib\n",
        "HAS = input()\nif HAS:\n    HAS = 1\nif not HAS:\n    import airflow.contrib\n",
        "import os\ntry:\n    import numpy, os\nexcept ImportError:\n    import airflow.contrib\n",
    ],
)
def test_flags_that_tell_nothing(tmp_path: Path, code: str) -> None:
    assert len(places(check(tmp_path, {"dag.py": code}))) == 1


def test_a_star_import_that_hid_a_builtin(tmp_path: Path) -> None:
    found = check(tmp_path, {"dag.py": "from airflow.models.errors import *\nprint(ImportError, ValueError)\n"})
    assert places(found) == [("dag.py", 1, "airflow.models.errors.ImportError")]


def test_a_star_import_of_a_module_that_is_gone_fails(tmp_path: Path) -> None:
    (finding,) = check(tmp_path, {"dag.py": "from airflow.contrib.hooks.ssh_hook import *\nSSHHook()\n"})
    assert "this import fails" in finding.message


@pytest.mark.parametrize("use", ["is_3()", "compat.is_3()", "IS_3"])
def test_what_another_file_says_of_the_version(tmp_path: Path, use: str) -> None:
    compat = (
        "from airflow.version import version\nIS_3 = version.startswith('3.')\n"
        "def is_3():\n    return version.startswith('3.')\n"
    )
    dag = f"import compat\nfrom compat import IS_3, is_3\nif not {use}:\n    import airflow.contrib\n"
    other = "from x import airflow\n"  # what this file calls airflow is not what compat.py calls so
    for code in (dag, other + dag):
        assert places(check(tmp_path, {"plugins/compat.py": compat, "dags/dag.py": code})) == []


def test_a_function_that_is_not_about_the_version_is_no_guard(tmp_path: Path) -> None:
    compat = "import os\ndef is_3():\n    return os.environ.get('X')\n"
    code = "from compat import is_3\nif not is_3():\n    import airflow.contrib\n"
    assert len(check(tmp_path, {"compat.py": compat, "dag.py": code})) == 1


def test_a_module_imported_by_string_is_not_moved_without_asking(tmp_path: Path) -> None:
    """`DummyOperator` is not in the new module: the string alone would be half a fix."""
    code = "import importlib\nimportlib.import_module('airflow.operators.dummy_operator').DummyOperator()\n"
    found = check(tmp_path, {"dag.py": code}, Options(cache=False))
    assert found and all(getattr(f.fix, "safety", "none") != "safe" for f in found)


@pytest.mark.parametrize(
    "code", ["from airflow.operators import bash_operator as b\n", "import airflow.operators.bash_operator\n"]
)
def test_all_uses_of_a_module_share_one_fix(tmp_path: Path, code: str) -> None:
    """Or a file with thousands of uses would take hours."""
    name = "b" if "as b" in code else "airflow.operators.bash_operator"
    found = check(tmp_path, {"dag.py": code + f"{name}.BashOperator\n" * 50})
    assert len(found) >= 50
    assert len({id(finding.fix) for finding in found if finding.span and finding.span.line > 1}) == 1


def test_what_tests_start_may_ask_the_database(tmp_path: Path) -> None:
    code = "import subprocess\n\nHAS_AIRFLOW = subprocess.run(['airflow', 'version'])\n"
    assert places(check(tmp_path, {"tests/test_dags.py": code})) == []
    assert len(places(check(tmp_path, {"dags/tests.py": code}))) == 1
