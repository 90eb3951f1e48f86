import json
from urllib.request import Request, urlopen

from airflow.hooks.base_hook import BaseHook
from airflow.models import BaseOperator
from airflow.utils.decorators import apply_defaults


class ShopExportOperator(BaseOperator):
    """Ask the shop's export service to write a table to a target and wait for its answer."""

    template_fields = ("table", "target")
    ui_color = "#ffe8c7"

    @apply_defaults
    def __init__(self, table, target, shop_conn_id="shop_api", *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.table = table
        self.target = target
        self.shop_conn_id = shop_conn_id

    def execute(self, context):
        conn = BaseHook.get_connection(self.shop_conn_id)
        body = {
            "table": self.table,
            "target": self.target,
            "as_of": context["execution_date"].isoformat(),
            "until": context["next_ds"],
        }
        request = Request(
            f"https://{conn.host}/export",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {conn.password}", "Content-Type": "application/json"},
        )
        with urlopen(request, timeout=60) as answer:
            rows = json.load(answer)["rows"]
        self.log.info("%s: %s rows written to %s", self.table, rows, self.target)
        return rows
