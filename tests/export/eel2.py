"""A small evaluator of JSFX effects: the part of EEL2 that ours use, translated to Python from the grammar alone.

Names do not know capitals, `==` holds within 0.00001, `%` is of whole numbers, a parenthesis is a sequence whose value
is its last part: as the language's reference has it (https://www.reaper.fm/sdk/js/js.php).
"""

import math
import re
from collections import defaultdict
from pathlib import Path

import numpy as np

_TOKEN = re.compile(
    r"\s*(//[^\n]*|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+|\$?[A-Za-z_]\w*|[<>=!+*/%^-]=|[-+*/%^<>=?:;,()\[\]])"
)
_LEVELS = (("==", "!=", "<", ">", "<=", ">="), ("+", "-"), ("*", "/"), ("%",), ("^",))
_FUNCTIONS = {
    "sin": math.sin, "cos": math.cos, "exp": math.exp, "log": math.log, "log10": math.log10, "sqrt": math.sqrt,
    "abs": abs, "min": min, "max": max, "floor": math.floor, "ceil": math.ceil,
}  # fmt: skip
_OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": lambda a, b: a**b,
    "%": lambda a, b: float(math.fmod(int(a), int(b))),
    "==": lambda a, b: float(abs(a - b) < 1e-5),
    "!=": lambda a, b: float(abs(a - b) >= 1e-5),
    "<": lambda a, b: float(a < b),
    ">": lambda a, b: float(a > b),
    "<=": lambda a, b: float(a <= b),
    ">=": lambda a, b: float(a >= b),
}


class _Parser:
    """Turns code into nested tuples."""

    def __init__(self, code):
        self.tokens, place = [], 0
        code = code.rstrip()
        while place < len(code):
            match = _TOKEN.match(code, place)
            assert match, f"cannot read {code[place : place + 30]!r}"
            place = match.end()
            if not match[1].startswith("//"):
                self.tokens.append(match[1].lower())
            if not code[place:].strip():
                break
        self.place = 0

    def peek(self):
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, expected=None):
        token = self.peek()
        assert expected is None or token == expected, f"expected {expected!r}, got {token!r}"
        self.place += 1
        return token

    def sequence(self, end):
        parts = []
        while self.peek() != end:
            if self.peek() == ";":
                self.take()
            elif self.peek() == "function":
                parts.append(self.function())
            else:
                parts.append(self.expression())
        return ("sequence", parts)

    def function(self):
        self.take("function")
        name, names = self.take(), []
        self.take("(")
        while self.peek() != ")":
            names.append(self.take())
            if self.peek() == ",":
                self.take()
        self.take(")")
        self.take("(")
        body = self.sequence(")")
        self.take(")")
        return ("function", name, names, body)

    def expression(self):
        left = self.conditional()
        if self.peek() in ("=", "+=", "-=", "*=", "/="):
            operator = self.take()
            right = self.expression()
            return ("assign", left, right if operator == "=" else ("operate", operator[0], left, right))
        return left

    def conditional(self):
        condition = self.binary(0)
        if self.peek() != "?":
            return condition
        self.take("?")
        chosen = self.expression()
        other = ("number", 0.0)
        if self.peek() == ":":
            self.take(":")
            other = self.expression()
        return ("choose", condition, chosen, other)

    def binary(self, level):
        if level == len(_LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.peek() in _LEVELS[level]:
            operator = self.take()
            left = ("operate", operator, left, self.binary(level + 1))
        return left

    def unary(self):
        if self.peek() == "-":
            self.take()
            return ("operate", "-", ("number", 0.0), self.unary())
        value = self.atom()
        while self.peek() == "[":
            self.take("[")
            value = ("memory", value, self.expression())
            self.take("]")
        return value

    def atom(self):
        token = self.take()
        if token == "(":
            inside = self.sequence(")")
            self.take(")")
            return inside
        if token == "$pi":
            return ("number", math.pi)
        if token[0].isdigit() or token[0] == ".":
            return ("number", float(token))
        if self.peek() != "(":
            return ("name", token)
        self.take("(")
        arguments = []
        while self.peek() != ")":
            arguments.append(self.expression_or_sequence())
            if self.peek() == ",":
                self.take()
        self.take(")")
        return ("call", token, arguments)

    def expression_or_sequence(self):
        parts = []
        while self.peek() not in (",", ")"):
            if self.peek() == ";":
                self.take()
            else:
                parts.append(self.expression())
        return parts[0] if len(parts) == 1 else ("sequence", parts)


class Effect:
    """A JSFX effect with its sliders set, fed sample by sample."""

    def __init__(self, path: Path, sliders, sample_rate):
        text = path.read_text(encoding="utf-8")
        parts = re.split(r"^@(\w+)[^\n]*\n", text, flags=re.MULTILINE)
        self.declared = [int(number) for number in re.findall(r"^slider(\d+):", parts[0], re.MULTILINE)]
        assert self.declared == list(range(1, len(sliders) + 1)), f"{path.name} declares {self.declared}"
        self.sections = {name: _Parser(code).sequence("") for name, code in zip(parts[1::2], parts[2::2], strict=True)}
        self.names = defaultdict(float, srate=float(sample_rate))
        self.names |= {f"slider{number}": float(value) for number, value in enumerate(sliders, 1)}
        self.memory, self.functions = defaultdict(float), {}
        for name in ("init", "slider"):
            if name in self.sections:
                self.value(self.sections[name])

    def process(self, audio):
        """Return `audio` (2, samples) after the effect."""
        out = np.empty_like(audio, dtype=np.float64)
        for place in range(audio.shape[1]):
            self.names["spl0"], self.names["spl1"] = float(audio[0, place]), float(audio[1, place])
            self.value(self.sections["sample"])
            out[:, place] = self.names["spl0"], self.names["spl1"]
        return out

    def value(self, node):
        kind = node[0]
        if kind == "number":
            return node[1]
        if kind == "name":
            return self.names[node[1]]
        if kind == "operate":
            return _OPERATORS[node[1]](self.value(node[2]), self.value(node[3]))
        if kind == "sequence":
            result = 0.0
            for part in node[1]:
                result = self.value(part)
            return result
        if kind == "memory":
            return self.memory[self._address(node)]
        if kind == "assign":
            return self._assign(node[1], self.value(node[2]))
        if kind == "choose":
            return self.value(node[2] if self.value(node[1]) != 0 else node[3])
        if kind == "function":
            self.functions[node[1]] = (node[2], node[3])
            return 0.0
        return self._call(node[1], node[2])

    def _address(self, node):
        return int(self.value(node[1]) + self.value(node[2]) + 1e-5)

    def _assign(self, target, value):
        if target[0] == "memory":
            self.memory[self._address(target)] = value
        else:
            assert target[0] == "name", f"cannot assign to {target[0]}"
            self.names[target[1]] = value
        return value

    def _call(self, name, arguments):
        if name == "loop":
            for _ in range(int(self.value(arguments[0]))):
                self.value(arguments[1])
            return 0.0
        values = [self.value(argument) for argument in arguments]
        if name == "memset":
            self.memory |= {int(values[0]) + place: values[1] for place in range(int(values[2]))}
            return values[0]
        if name in self.functions:
            names, body = self.functions[name]
            self.names |= dict(zip(names, values, strict=True))
            return self.value(body)
        return float(_FUNCTIONS[name](*values))
