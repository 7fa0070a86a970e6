"""A column among the values of one parameter, however many: the statement stays the same text, and
so do the plan that PostgreSQL has made of it and what SQLite has compiled."""

from typing import Any

from sqlalchemy import ARRAY, JSON, ColumnElement, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Among(FunctionElement[Any]):
    # No Boolean: SQLite has none, and "… = 1" around it would keep it from the index.
    name = "among"
    inherit_cache = True


def among(column: ColumnElement[Any], name: str) -> Any:
    """The condition that `column` is one of the list that parameter `name` is."""
    array = ARRAY(column.type)
    return _Among(column, bindparam(name, type_=array.with_variant(JSON(), "sqlite")))


@compiles(_Among, "postgresql")
def _any(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, values = (compiler.process(each, **how) for each in element.clauses)
    return f"{column} = ANY ({values})"


@compiles(_Among, "sqlite")
def _each(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, values = (compiler.process(each, **how) for each in element.clauses)
    each = f"(SELECT value FROM json_each({values}))"  # noqa: S608 - both are the compiler's own
    return f"{column} IN {each}"
