"""Holds the dashboard and the alarms of template.yaml to what there is: the metrics that the code emits, both ways; AWS's own;
the sections of docs/operations.md, both ways. `make validate` runs it. With --count it says how many there are, by what is billed.
"""

import functools
import json
import re
import sys

import alarms
import expression
import named
from template import NAMESPACE, Template

CATALOGUE = "tools/monitoring/metrics.json"
RUNBOOK = "docs/operations.md"
LOGS = "docs/logs.md"
# AWS's own metrics that we read, with their dimensions: the pages "Lambda metrics", "DynamoDB metrics and dimensions", "API Gateway
# dimensions and metrics" and "Monitoring Amazon SNS topics using CloudWatch".
OF_AWS = {
    "AWS/Lambda": ({"Duration", "Errors", "Throttles"}, ("FunctionName",)),
    "AWS/DynamoDB": (
        {"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"},
        ("TableName",),
    ),
    "AWS/ApiGateway": ({"5XXError", "Count"}, ("ApiName", "Stage")),
    "AWS/SNS": ({"SMSMonthToDateSpentUSD"}, ()),
}
# What Logs Insights' language has, as far as the runbook uses it, and what Lambda's own lines have.
KEYWORDS = set("filter stats sort fields limit by as desc and or in like ispresent count avg max pct bin m".split())
OF_LAMBDA = {"type", "record.status", "record.requestId", "record.metrics.initDurationMs"}
GRID = 24
DAY = 86400
MOST_METRICS = 10  # of an alarm

faults = []


def check(holds, fault):
    if not holds:
        faults.append(fault)


def catalogue():
    """What the code emits, as a test of the code writes it down: sets of dimensions by metric."""
    with open(CATALOGUE, encoding="utf-8") as file:
        return {metric: {tuple(sorted(dimensions)) for dimensions in sets} for metric, sets in json.load(file).items()}


def check_metrics(template, found):
    emitted = catalogue()
    values = {dimension: logged(dimension.lower())[0] for dimension in ("Route", "Channel")}
    filtered = {
        to["MetricName"]: {()}
        for _, rule in template.resources("AWS::Logs::MetricFilter")
        for to in rule["MetricTransformations"]
        if to["MetricNamespace"] == NAMESPACE
    }
    check(not set(emitted) & set(filtered), "a metric filter has the name of a metric of the code")
    for one in found:
        what = f"{one.where}: {one.namespace} {one.metric} by {list(one.dimensions)}"
        if one.namespace == NAMESPACE:
            check(one.dimensions in (emitted | filtered).get(one.metric, ()), f"{what} is not emitted")
        else:
            names, dimensions = OF_AWS.get(one.namespace, ((), ()))
            check(one.metric in names and one.dimensions == dimensions, f"{what} is not one of AWS's")
        for dimension, value in one.values:
            check(value in values.get(dimension, {value}), f"{what}: no {dimension} is called {value}")
    shown = {one.metric for one in found if one.namespace == NAMESPACE}
    for metric in sorted((set(emitted) | set(filtered)) - shown):
        check(False, f"{metric} is emitted, and neither on the dashboard nor in an alarm")


@functools.cache
def logged(name=None):
    """The members of a request's line, by the table in docs/logs.md; or the values that its row names for one of them."""
    with open(LOGS, encoding="utf-8") as file:
        part = re.search(r"^## A request's line$(.*?)^## ", file.read(), re.MULTILINE | re.DOTALL)[1]
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (.*) \|$", part, re.MULTILINE)
    if name is None:
        return {member for members, _ in rows for member in re.findall(r"\w+", members)}
    return [set(re.findall(r"`(\w+)`", text)) for members, text in rows if f"`{name}`" in members]


def check_queries(template):
    """The queries of the runbook and the dashboard read members that some log has."""
    [(_, api)] = template.resources("AWS::Serverless::Api")
    gateway = set(json.loads(api["AccessLogSetting"]["Format"]))
    with open(RUNBOOK, encoding="utf-8") as file:
        text = file.read()
    queries = re.findall(r"^```logs\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    queries += re.findall(r"`(filter [^`]+)`", text)
    widgets = [widget for _, body in named.dashboards(template) for widget in body["widgets"] if widget["type"] == "log"]
    queries += [re.sub(r"SOURCE '[^']*'|\|", "", widget["properties"]["query"]) for widget in widgets]
    check(len(queries) >= 10, f"only {len(queries)} queries were found")
    for query in queries:
        bare = re.sub(r'"[^"]*"|/[^/\n]*/', "", query)
        own = set(re.findall(r"\bas (\w+)", bare))
        words = set(re.findall(r"(?<![@\w.])[A-Za-z][\w.]*", bare)) - own - KEYWORDS
        unknown = words - logged() - gateway - OF_LAMBDA
        check(not unknown, f"{sorted(unknown)} is in no log: {query}")


def check_expressions(where, ids, expressions):
    for text in expressions:
        try:
            unknown = expression.names(text) - ids
        except SyntaxError:
            unknown = {text}
        check(not unknown, f"{where}: {text} reads {sorted(unknown)}")


def check_widgets(body):
    taken = set()
    for widget in body["widgets"]:
        where = f"dashboard, {widget['properties'].get('title', 'text')}"
        cells = {(x, y) for x in range(widget["x"], widget["x"] + widget["width"]) for y in range(widget["y"], widget["y"] + widget["height"])}
        check(max(x for x, _ in cells) < GRID, f"{where}: wider than the dashboard")
        check(not cells & taken, f"{where}: lies on another widget")
        taken |= cells
        options = [entry[-1] for entry in widget["properties"].get("metrics", []) if isinstance(entry[-1], dict)]
        math = [one["expression"] for one in options if "SEARCH" not in one.get("expression", "SEARCH")]
        check_expressions(where, {one["id"] for one in options if "id" in one}, math)


def check_alarms(template):
    simple, composite = alarms.of(template)
    for alarm in simple:
        texts = [query["Expression"] for query in alarm.queries.values() if "Expression" in query]
        check_expressions(alarm.name, set(alarm.queries), texts)
        stats = [query["MetricStat"] for query in alarm.queries.values() if "MetricStat" in query]
        check(len({stat["Period"] for stat in stats}) == 1, f"{alarm.name}: its metrics have several periods")
        check(len(stats) <= MOST_METRICS, f"{alarm.name}: reads more than {MOST_METRICS} metrics")
        longest = 7 * DAY if alarm.period >= 3600 else DAY
        check(alarm.period * alarm.periods <= longest, f"{alarm.name}: looks back too far")
    names = {alarm.name for alarm in simple}
    for alarm in composite:
        check(set(alarm.parts) <= names, f"{alarm.name}: {sorted(set(alarm.parts) - names)} are no alarms")
    for alarm in simple + composite:
        read = alarm.name in {part for one in composite for part in one.parts}
        check(alarm.notifies != read, f"{alarm.name}: writes to nobody, and no alarm reads it" if not read else f"{alarm.name}: writes twice")
    return simple, composite


def check_runbook(template, told):
    """Each alarm that writes to somebody has a section, its description leads there, and no section is of an alarm that is not."""
    with open(RUNBOOK, encoding="utf-8") as file:
        part = re.search(r"^## The alarms$(.*?)(?=^## |\Z)", file.read(), re.MULTILINE | re.DOTALL)
    sections = set(re.findall(r"^### ([a-z0-9-]+)$", part[1], re.MULTILINE)) if part else set()
    short = {name.removeprefix(template.values["AWS::StackName"] + "-") for name in told}
    for name in sorted(short - sections):
        check(False, f"{RUNBOOK}: {name} has no section")
    for name in sorted(sections - short):
        check(False, f"{RUNBOOK}: {name} is no alarm")
    for kind in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"):
        for _, alarm in template.resources(kind):
            anchor = alarm["AlarmDescription"].strip().partition(f"{RUNBOOK}#")[2]
            check(anchor in sections, f"{alarm['AlarmName']}: its description leads to {anchor or 'nothing'}")


def count(template, simple, composite):
    """What is billed, as of a template with everything on."""
    read = sum(1 for alarm in simple for query in alarm.queries.values() if "MetricStat" in query)
    print(f"dashboards: {len(list(named.dashboards(template)))}")
    print(f"alarms: {len(simple)}, which read {read} metrics; composite alarms: {len(composite)}")
    sets = catalogue()
    print(f"metrics that the code can emit: {len(sets)}, in {sum(map(len, sets.values()))} sets of dimensions")
    filters = [rule for _, rule in template.resources("AWS::Logs::MetricFilter")]
    print(f"metrics that filters make of logs: {len(filters)}")


def main():
    template = Template()
    for _, body in named.dashboards(template):
        check_widgets(body)
    check_metrics(template, named.everything(template))
    simple, composite = check_alarms(template)
    check_queries(template)
    check_runbook(template, {alarm.name for alarm in simple + composite if alarm.notifies})
    for fault in faults:
        print(f"monitoring: {fault}", file=sys.stderr)
    if "--count" in sys.argv[1:]:
        count(template, simple, composite)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
