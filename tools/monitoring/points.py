"""Log lines as CloudWatch reads them: lines in the Embedded Metric Format, and others by the template's metric filters."""

import bisect
import json
import re
from collections import defaultdict


class Points:
    """Values of metrics by the second."""

    def __init__(self):
        self.series = defaultdict(list)
        self.sorted = True

    def add(self, key, second, value):
        self.series[key].append((second, float(value)))
        self.sorted = False

    def between(self, key, start, end):
        """The values from `start` on, before `end`."""
        if not self.sorted:
            for values in self.series.values():
                values.sort()
            self.sorted = True
        values = self.series.get(key, [])
        low, high = (bisect.bisect_left(values, (second, float("-inf"))) for second in (start, end))
        return [value for _, value in values[low:high]]

    def add_line(self, line):
        """A line of the functions; one without metrics adds nothing."""
        document = json.loads(line)
        for directive in document.get("_aws", {}).get("CloudWatchMetrics", []):
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, document[name]) for name in names)
                for metric in directive["Metrics"]:
                    values = document[metric["Name"]]
                    for value in values if isinstance(values, list) else [values]:
                        key = directive["Namespace"], metric["Name"], dimensions
                        self.add(key, document["_aws"]["Timestamp"] / 1000, value)

    def add_filtered(self, template, log_group, second, line):
        """A line of another log group, through whichever of the template's metric filters it matches."""
        for _, rule in template.resources("AWS::Logs::MetricFilter"):
            if rule["LogGroupName"] == log_group and matches(rule["FilterPattern"], line):
                for to in rule["MetricTransformations"]:
                    selector = to["MetricValue"]
                    value = field(line, selector[2:]) if selector.startswith("$.") else selector
                    self.add((to["MetricNamespace"], to["MetricName"], frozenset()), second, value)


def matches(pattern, line):
    """CloudWatch's filter patterns for JSON, as far as the template uses them: comparisons joined by &&."""
    return all(holds(*term, line) for term in terms(pattern))


def terms(pattern):
    found = re.findall(r'\$\.([\w.]+) (=|!=|>) ("[^"]*"|[\d.]+)', pattern)
    if len(found) != pattern.count("&&") + 1 or "||" in pattern:
        raise ValueError(f"this filter is not understood: {pattern}")
    return found


def holds(selector, comparison, wanted, line):
    found = field(line, selector)
    if found is None:
        return False
    if comparison == ">":
        return float(found) > float(wanted)
    like = re.escape(wanted.strip('"')).replace(r"\*", ".*")
    return bool(re.fullmatch(like, str(found))) == (comparison == "=")


def field(line, selector):
    for name in selector.split("."):
        line = line.get(name) if isinstance(line, dict) else None
    return line
