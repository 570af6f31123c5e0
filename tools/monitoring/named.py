"""What the dashboard and the alarms name: metrics with the names (and, where they are stated, the values) of their dimensions."""

import json
import re
from dataclasses import dataclass

SEARCH = re.compile(r"SEARCH\('\{\"?([^\",}]+)\"?((?:,\w+)*)\} (.*?)', '([\w.]+)', \d+\)")


@dataclass(frozen=True)
class Named:
    where: str
    namespace: str
    metric: str
    dimensions: tuple  # names, sorted
    values: tuple = ()  # (name, value) where stated


def everything(template):
    """All metrics that the template's dashboard and alarms name."""
    found = [named for _, body in dashboards(template) for widget in body["widgets"] for named in of_widget(widget)]
    for _, alarm in template.resources("AWS::CloudWatch::Alarm"):
        found += of_alarm(alarm)
    return found


def dashboards(template):
    """Their bodies, which are JSON in text."""
    for name, dashboard in template.resources("AWS::CloudWatch::Dashboard"):
        yield name, json.loads(dashboard["DashboardBody"])


def of_widget(widget):
    properties = widget["properties"]
    for entry in properties.get("metrics", []):
        names = [part for part in entry if not isinstance(part, dict)]
        options = entry[-1] if isinstance(entry[-1], dict) else {}
        if "expression" in options:
            yield from of_search(f"dashboard, {properties['title']}", options["expression"])
        else:
            namespace, metric, *pairs = names
            values = tuple(sorted(zip(pairs[::2], pairs[1::2], strict=True)))
            yield Named(f"dashboard, {properties['title']}", namespace, metric, tuple(k for k, _ in values), values)


def of_search(where, expression):
    if "SEARCH" not in expression:
        return
    match = SEARCH.fullmatch(expression)
    if not match:
        raise ValueError(f"{where}: this search is not understood: {expression}")
    namespace, dimensions, terms, _ = match.groups()
    stated = dict(re.findall(r'(\w+)="([^"]*)"', terms))
    metric = stated.pop("MetricName")
    names = tuple(sorted(filter(None, dimensions.split(","))))
    yield Named(where, namespace, metric, names, tuple(sorted(stated.items())))


def of_alarm(alarm):
    queries = [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", []) if "MetricStat" in query]
    for metric in queries or [alarm]:
        values = tuple(sorted((d["Name"], d["Value"]) for d in metric.get("Dimensions", [])))
        yield Named(f"alarm {alarm['AlarmName']}", metric["Namespace"], metric["MetricName"], tuple(k for k, _ in values), values)
