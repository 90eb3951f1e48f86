"""Adds a page with the latest stock levels to the Airflow web interface."""
from airflow.plugins_manager import AirflowPlugin
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.security import permissions
from airflow.www.auth import has_access
from flask import Blueprint
from flask_appbuilder import BaseView, expose

shop_blueprint = Blueprint(
    "shop",
    __name__,
    template_folder="templates",
    url_prefix="/shop",
)


class StockView(BaseView):
    default_view = "stock"
    route_base = "/shop"

    @expose("/stock")
    @has_access([(permissions.ACTION_CAN_READ, permissions.RESOURCE_WEBSITE)])
    def stock(self):
        rows = PostgresHook(postgres_conn_id="warehouse").get_records(
            "select sku, quantity from stock.current order by quantity limit 50"
        )
        return self.render_template("shop/stock.html", rows=rows)


def order_number(order_id):
    """Macro: {{ macros.shop_plugin.order_number(42) }} gives SO-000042."""
    return f"SO-{int(order_id):06d}"


class ShopPlugin(AirflowPlugin):
    name = "shop_plugin"
    macros = [order_number]
    flask_blueprints = [shop_blueprint]
    appbuilder_views = [{"name": "Stock", "category": "Shop", "view": StockView()}]
    appbuilder_menu_items = [
        {"name": "Shop back office", "category": "Shop", "href": "https://backoffice.shop.example"}
    ]
