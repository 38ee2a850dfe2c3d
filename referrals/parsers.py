"""How the API reads a body. Apart from `api`: the framework loads this while its own views are still loading."""

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class ShallowJSONParser(JSONParser):
    """JSON; what is nested too deeply for Python to read is bad data like any other, not an error of ours."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as error:
            raise ParseError("JSON parse error: nested too deeply") from error
