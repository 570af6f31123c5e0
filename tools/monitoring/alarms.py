"""The template's own alarms, judged as CloudWatch would: every minute, on the windows that end in it."""

import math
import operator
import re

import expression

COMPARISON = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
MINUTE = 60


class Alarm:
    """A metric alarm: one metric, or math on several."""

    def __init__(self, properties):
        self.name = properties["AlarmName"]
        self.notifies = bool(properties.get("AlarmActions"))
        self.breaches = COMPARISON[properties["ComparisonOperator"]]
        self.threshold = float(properties["Threshold"])
        self.periods = int(properties["EvaluationPeriods"])
        self.needed = int(properties.get("DatapointsToAlarm", self.periods))
        self.missing = properties["TreatMissingData"]
        self.queries = {query["Id"]: query for query in properties.get("Metrics", [single(properties)])}
        [self.result] = [name for name, query in self.queries.items() if query.get("ReturnData", True)]
        self.parsed = {name: expression.parse(q["Expression"]) for name, q in self.queries.items() if "Expression" in q}
        self.period = max(q["MetricStat"]["Period"] for q in self.queries.values() if "MetricStat" in q)

    def value(self, points, end):
        """What it compares with its threshold for the period that ends then; None without data."""

        def value_of(name):
            if name in self.parsed:
                return expression.evaluate(self.parsed[name], value_of)
            stat = self.queries[name]["MetricStat"]
            return statistic(stat["Stat"], points.between(key(stat["Metric"]), end - stat["Period"], end))

        return value_of(self.result)

    def states(self, points, minutes):
        """For each of these minutes, whether it is in ALARM."""
        now, states = False, []
        for end in minutes:
            values = [self.value(points, end - back * self.period) for back in range(self.periods)]
            now = self.judge(values, now)
            states.append(now)
        return states

    def judge(self, values, before):
        if self.missing == "ignore" and all(value is None for value in values):
            return before
        breaching = [self.missing == "breaching" if value is None else self.breaches(value, self.threshold) for value in values]
        return sum(breaching) >= self.needed


class Composite:
    """An alarm on alarms."""

    def __init__(self, properties):
        self.name = properties["AlarmName"]
        self.notifies = bool(properties.get("AlarmActions"))
        self.parts = re.findall(r'ALARM\("([^"]+)"\)', properties["AlarmRule"])
        if properties["AlarmRule"] != " AND ".join(f'ALARM("{part}")' for part in self.parts):
            raise ValueError(f"{self.name}: this rule is not understood: {properties['AlarmRule']}")

    def states(self, of_parts):
        return [all(states) for states in zip(*(of_parts[part] for part in self.parts), strict=True)]


def of(template):
    """All alarms: those on metrics, those on alarms."""
    simple = [Alarm(properties) for _, properties in template.resources("AWS::CloudWatch::Alarm")]
    return simple, [Composite(properties) for _, properties in template.resources("AWS::CloudWatch::CompositeAlarm")]


def firing(template, points, minutes):
    """For each alarm, the first of these minutes in which it is in ALARM; None for never."""
    simple, composite = of(template)
    states = {alarm.name: alarm.states(points, minutes) for alarm in simple}
    states |= {alarm.name: alarm.states(states) for alarm in composite}
    return {name: next((minute for minute, on in zip(minutes, of_one, strict=True) if on), None) for name, of_one in states.items()}


def single(properties):
    metric = {name: properties[name] for name in ("Namespace", "MetricName", "Dimensions") if name in properties}
    return {"Id": "only", "MetricStat": {"Metric": metric, "Stat": properties.get("Statistic"), "Period": properties.get("Period")}}


def key(metric):
    dimensions = frozenset((d["Name"], d["Value"]) for d in metric.get("Dimensions", []))
    return metric["Namespace"], metric["MetricName"], dimensions


def statistic(name, values):
    """Of the values of a period; None without any."""
    if not values:
        return None
    match name:
        case "Sum":
            return sum(values)
        case "SampleCount":
            return float(len(values))
        case "Maximum":
            return max(values)
        case "Average":
            return sum(values) / len(values)
    if re.fullmatch(r"p\d+", name):
        ordered = sorted(values)
        return ordered[max(0, math.ceil(len(ordered) * int(name[1:]) / 100) - 1)]
    raise ValueError(f"no statistic: {name}")
