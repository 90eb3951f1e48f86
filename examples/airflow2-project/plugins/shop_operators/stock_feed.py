import json
from urllib.request import urlopen

from airflow.hooks.base_hook import BaseHook
from airflow.sensors.base_sensor_operator import BaseSensorOperator
from airflow.utils.decorators import apply_defaults


class StockFeedSensor(BaseSensorOperator):
    """Wait until the stock feed is newer than the run's date."""

    template_fields = ("feed",)

    @apply_defaults
    def __init__(self, feed, shop_conn_id="shop_api", **kwargs):
        super().__init__(**kwargs)
        self.feed = feed
        self.shop_conn_id = shop_conn_id

    def poke(self, context):
        conn = BaseHook.get_connection(self.shop_conn_id)
        with urlopen(f"https://{conn.host}/feeds/{self.feed}/status", timeout=30) as answer:
            status = json.load(answer)
        self.log.info("feed %s was written at %s", self.feed, status["written_at"])
        return status["written_at"][:10] >= context["execution_date"].strftime("%Y-%m-%d")
