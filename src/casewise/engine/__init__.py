"""Engines run SQL and bring columns back. They know no medicine."""

from casewise.engine.base import Columns, Engine, EngineError, Server

__all__ = ["Columns", "Engine", "EngineError", "Server"]
