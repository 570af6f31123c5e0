"""CloudWatch's metric math, as far as the alarms use it: arithmetic, comparisons, AND, OR, IF and FILL.

One moment at a time: a metric without data is None, and so is what is made of it, but for FILL. See AWS's page "Using math
expressions with CloudWatch metrics".
"""

import ast
import operator
import re

ARITHMETIC = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
COMPARISONS = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def parse(text):
    for word in ("AND", "OR", "NOT"):
        text = re.sub(rf"\b{word}\b", word.lower(), text)
    return ast.parse(text.replace("IF(", "IF_("), mode="eval").body


def names(text):
    """The ids that an expression reads."""
    functions = {"IF_", "FILL"}
    return {node.id for node in ast.walk(parse(text)) if isinstance(node, ast.Name)} - functions


def evaluate(node, value_of):
    """The value at a moment; `value_of` gives that of an id, or None where it has no data."""
    match node:
        case ast.Constant():
            return float(node.value)
        case ast.Name():
            return value_of(node.id)
        case ast.BinOp():
            return combined(ARITHMETIC[type(node.op)], evaluate(node.left, value_of), evaluate(node.right, value_of))
        case ast.Compare(ops=[op], comparators=[right]):
            return combined(COMPARISONS[type(op)], evaluate(node.left, value_of), evaluate(right, value_of))
        case ast.Call(func=ast.Name(id="FILL"), args=[what, filling]):
            found = evaluate(what, value_of)
            return evaluate(filling, value_of) if found is None else found
        case ast.Call(func=ast.Name(id="IF_"), args=[condition, then, otherwise]):
            holds = evaluate(condition, value_of)
            return None if holds is None else evaluate(then if holds else otherwise, value_of)
    raise ValueError(f"not understood: {ast.unparse(node)}")


def combined(operation, left, right):
    if left is None or right is None:
        return None
    try:
        return float(operation(left, right))
    except ZeroDivisionError:
        return None
