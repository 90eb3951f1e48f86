"""Operators and sensors of the shop's data team."""
from shop_operators.export import ShopExportOperator
from shop_operators.stock_feed import StockFeedSensor

__all__ = ["ShopExportOperator", "StockFeedSensor"]
