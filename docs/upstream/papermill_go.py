"""Parameters of papermill for notebooks in Go: a translator for papermill/translators.py, and a command to use it until then.

    .tools/grade/bin/python docs/upstream/papermill_go.py in.ipynb out.ipynb -p rate 0.01 -y 'sizes: [32, 64]'

The cell that is tagged `parameters` declares them at the top level; the cell that papermill adds declares them anew.
"""

import json
import math
import re
import sys

from papermill.cli import papermill
from papermill.exceptions import PapermillException
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators


class GoTranslator(Translator):
    """Declares parameters as variables of Go: `var rate float64 = 0.01`."""

    PARAMETER = re.compile(r"^\s*(?:var\s+)?(?P<name>\w+)\s*(?P<type>[\w\[\].]*)\s*=\s*(?P<value>.*?)\s*(?://\s*(?P<help>.*))?$")

    @classmethod
    def type_of(cls, val):
        if val is None:
            return "any"
        if isinstance(val, (list, dict)):
            kinds = {cls.type_of(one) for one in (val.values() if isinstance(val, dict) else val)}
            kind = "float64" if kinds == {"int", "float64"} else kinds.pop() if len(kinds) == 1 else "any"
            return ("map[string]" if isinstance(val, dict) else "[]") + kind
        return {bool: "bool", int: "int", float: "float64"}.get(type(val), "string")

    @classmethod
    def translate_escaped_str(cls, val):
        return json.dumps(str(val), ensure_ascii=False)  # whose escapes Go has too

    @classmethod
    def translate_none(cls, val):
        return "nil"

    @classmethod
    def translate_float(cls, val):
        if not math.isfinite(val):
            raise PapermillException(f"the parameter {val} is not finite, and Go has no literal for it; leave it out")
        return repr(val)

    @classmethod
    def translate_list(cls, val):
        return f"{cls.type_of(val)}{{{', '.join(map(cls.translate, val))}}}"

    @classmethod
    def translate_dict(cls, val):
        return f"{cls.type_of(val)}{{{', '.join(f'{cls.translate_str(k)}: {cls.translate(v)}' for k, v in val.items())}}}"

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}".strip()

    @classmethod
    def codify(cls, parameters, comment="Parameters"):
        lines = [f"var {name} {cls.type_of(val)} = {cls.translate(val)}" for name, val in parameters.items()]
        return "\n".join([cls.comment(comment), *lines]) + "\n"

    @classmethod
    def inspect(cls, parameters_cell):
        found = []
        for line in parameters_cell["source"].split("%%")[0].splitlines():
            if match := cls.PARAMETER.match(line):
                found.append(Parameter(match["name"], match["type"] or "None", match["value"], match["help"] or ""))
        return found


papermill_translators.register("go", GoTranslator)

if __name__ == "__main__":
    sys.exit(papermill())
