"""The public names of ``casewise.stats``: loaded at first use, and typed."""

from __future__ import annotations

import ast
import inspect

from casewise import stats


def test_every_public_name_loads():
    for name in stats.__all__:
        assert getattr(stats, name).__name__ == name


def test_type_checkers_see_the_names_that_are_loaded_lazily():
    block = next(
        node for node in ast.parse(inspect.getsource(stats)).body if isinstance(node, ast.If)
    )
    seen = {
        alias.name: node.module.rpartition(".")[2]
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == stats._MODULE_OF
