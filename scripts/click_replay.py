"""Open the page of `replay --format html` in a real Chromium and use it, by mouse and by keyboard.

    python scripts/click_replay.py [--pictures DIR]

Needs Chromium and its driver (`apt-get install chromium chromium-driver`) and selenium (from PyPI). Exits with 3
where they are not there, with 1 where the page does not do what it should. `--pictures` keeps what was seen.
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

FIXTURES = Path(__file__).resolve().parents[1] / "tests" / "fixtures" / "replay"
CONTRASTS = 4.5  # what WCAG 2 asks of text
WINDOW = ("--from-date", "2026-03-27", "--to-date", "2026-04-03")
DAGS = """
import pendulum
from airflow.sdk import DAG, task
from airflow.providers.standard.operators.bash import BashOperator

for number in range(12):
    with DAG(f"sales_{number:02}", schedule="@daily", start_date=pendulum.datetime(2026, 3, 27), catchup=True):
        evil = "</script><script>document.title='owned'</script>"
        first = BashOperator(task_id="extract", bash_command=f"echo {{{{ ds }}}} '{evil}'")

        @task
        def load(n, ds=None, ti=None):
            if ti.dag_id == "sales_07" and n == 2 and ds.endswith("02"):
                raise ValueError("no rows")
            return n

        first >> load.expand(n=[1, 2, 3])
"""


def driver() -> Any:
    """A headless Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        webdriver = importlib.import_module("selenium.webdriver")
    except ImportError:
        webdriver = None
    if webdriver is None or chromium is None or shutil.which("chromedriver") is None:
        print("not tried: needs chromium, chromedriver and selenium", file=sys.stderr)
        sys.exit(3)
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1360,1000"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))


class Look:
    """A page in a browser."""

    def __init__(self, browser: Any, page: Path) -> None:
        self.browser, self.page = browser, page
        self.browser.get(page.as_uri())

    def all(self, selector: str) -> list[Any]:
        """Elements."""
        return list(self.browser.find_elements("css selector", selector))

    def visible(self, selector: str) -> list[Any]:
        """Those that can be seen."""
        return [element for element in self.all(selector) if element.is_displayed()]

    def press(self, *keys: str) -> None:
        """Keys, where the focus is."""
        names = importlib.import_module("selenium.webdriver").Keys
        for key in keys:
            self.browser.switch_to.active_element.send_keys(getattr(names, key, key))

    def focus(self) -> str:
        """The link that has the focus."""
        return str(self.browser.switch_to.active_element.get_attribute("href") or "").rpartition("#")[2]


def opens_quietly(look: Look) -> bool:
    """No error, no request but for the page itself, and no script but ours ran."""
    log = [entry for entry in look.browser.get_log("browser") if entry["level"] == "SEVERE"]
    asked = [
        entry["message"] for entry in look.browser.get_log("performance") if "requestWillBeSent" in entry["message"]
    ]
    others = [message for message in asked if look.page.as_uri() not in message]
    return not log and not others and look.browser.title.startswith("upgradecheck replay")


def shows_what_failed(look: Look) -> bool:
    """The DAG with a failed task is open; the others are not."""
    return [element.text for element in look.visible("details.body[open] h2")] == ["sales_07"]


def opens_a_cell(look: Look) -> bool:
    """A click on a failed cell shows what raised; Escape closes it and goes back to the cell."""
    cell = look.visible("table.grid td a.bad")[0]
    place = cell.get_attribute("href").rpartition("#")[2]
    cell.click()
    shown = look.visible(".detail")
    good = len(shown) == 1 and "ValueError: no rows" in shown[0].text
    look.press("ESCAPE")
    return good and not look.visible(".detail") and look.focus() == place


def opens_a_run(look: Look) -> bool:
    """A click on a dot of the time line shows the run."""
    look.visible("svg a circle")[0].click()
    shown = look.visible(".detail")
    return len(shown) == 1 and "run after" in shown[0].text


def walks_by_arrows(look: Look) -> bool:
    """Arrow keys go from cell to cell; Enter opens."""
    first = look.visible("table.grid tbody a")[0]
    look.browser.execute_script("arguments[0].focus()", first)
    before = look.focus()
    look.press("ARROW_RIGHT", "ARROW_DOWN")
    after = look.focus()
    look.press("ENTER")
    shown = look.visible(".detail")
    return before != after and len(shown) == 1 and shown[0].get_attribute("id") == after


def filters(look: Look) -> bool:
    """Slash goes to the filter; it sifts the DAGs and says how many are left; so does the switch."""
    look.press("/")
    look.press("0", "3")
    sifted = [element.text for element in look.visible("section.dag h2")] == ["sales_03"]
    told = look.all("#shown")[0].text == "1 of 12 shown"
    look.press("BACK_SPACE", "BACK_SPACE")
    look.all("#notable")[0].click()
    return (
        sifted and told and [element.text for element in look.visible("nav li a span:first-child")] == ["sales_07"]
    )


def follows_the_list(look: Look) -> bool:
    """A name in the list opens its DAG."""
    look.visible("nav li a")[3].click()
    return "sales_03" in [element.text for element in look.visible("details.body[open] h2")]


def works_without_script(look: Look) -> bool:
    """The address of a cell is enough, where no script runs."""
    look.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    place = look.visible("table.grid td a.bad")[0].get_attribute("href").rpartition("#")[2]
    look.browser.get(f"{look.page.as_uri()}#{place}")
    good = "ValueError: no rows" in look.browser.find_element("id", place).text
    look.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    return good


def dark_is_dark(look: Look) -> bool:
    """Light and dark: text stands out from what is behind it."""
    found: list[tuple[float, str, str]] = []
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        look.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        seen = look.visible("h1, nav a, td a, .chip, .dim, code, svg text")
        found += [(_contrast(element), scheme, str(element.get_attribute("class"))) for element in seen]
    if min(found)[0] < CONTRASTS:
        print(f"too faint: {min(found)}")
    return min(found)[0] >= CONTRASTS


CONTRAST = """
const part = (n) => n <= 0.03928 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4;
const light = (color) => {
  const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map((n) => part(n / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
let behind = arguments[0], back = "rgba(0, 0, 0, 0)";
while (behind && back.startsWith("rgba(0, 0, 0, 0")) {
  back = getComputedStyle(behind).backgroundColor;
  behind = behind.parentElement;
}
const style = getComputedStyle(arguments[0]);
const text = arguments[0].closest("svg") ? style.fill : style.color;
const [a, b] = [light(text), light(back)].sort((x, y) => y - x);
return (a + 0.05) / (b + 0.05);
"""


def _contrast(element: Any) -> float:
    return float(element.parent.execute_script(CONTRAST, element))


CHECKS: tuple[Callable[[Look], bool], ...] = (
    opens_quietly,
    shows_what_failed,
    opens_a_cell,
    opens_a_run,
    walks_by_arrows,
    filters,
    follows_the_list,
    works_without_script,
    dark_is_dark,
)


def tried(page: Path, pictures: Path | None) -> Iterator[tuple[str, bool]]:
    """Each check, on a page that was just opened."""
    browser = driver()
    try:
        for check in CHECKS:
            look = Look(browser, page)
            browser.get("about:blank")
            look = Look(browser, page)
            yield check.__name__, check(look)
            if pictures is not None:
                browser.save_screenshot(str(pictures / f"{check.__name__}.png"))
    finally:
        browser.quit()


@click.command(help=__doc__)
@click.option("--pictures", type=click.Path(path_type=Path), default=None)
def main(pictures: Path | None) -> None:
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        dags, page = Path(folder) / "sales.py", Path(folder) / "page.html"
        dags.write_text(DAGS, "utf-8")
        command = [sys.executable, "-m", "upgradecheck", "replay", str(dags), "--execute", *WINDOW]
        subprocess.run([*command, "--format", "html", "--output", str(page)], check=False)
        results = list(tried(page, pictures))
    for name, good in results:
        print(f"{'ok' if good else 'FAILED':8}{name.replace('_', ' ')}")
    sys.exit(not all(good for _, good in results))


if __name__ == "__main__":
    main()
