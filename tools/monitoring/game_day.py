"""Game day: makes each alarm's condition happen, and judges it by the alarm's own definition in template.yaml.

The lines come from the real handlers (shared/examples/game_day); what only AWS can tell (that it killed or throttled a function, what a
carrier did with a text) is given here, as AWS would write it. `make game-day` runs both. It fails when an alarm stays silent in its
scenario, when a quiet hour sets one off, and when an alarm has no scenario.
"""

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import alarms
from points import Points
from template import Template

START = 1_795_435_200  # of the clock of shared/examples/game_day
MINUTE = 60
QUIET = "quiet-hour"

# Which scenario is each alarm's, and what happens there.
OF_THE_SERVICE = {
    "sms-accepted": ("texts-refused", "the one provider of texts refuses our credentials"),
    "email-accepted": ("mails-refused", "the one provider of mail refuses our credentials"),
    "email-delivered": ("mails-bounce", "one mail in five bounces"),
    "sms-verified": ("texts-unanswered", "two people in five do not enter their code"),
    "email-verified": ("mails-unanswered", "the same with mail"),
    "send-latency": ("provider-slow", "one message in ten takes 3 s"),
    "system-errors": ("table-fails-now-and-then", "the table fails one send in thirty, all day"),
    "error-burn-slow": ("table-fails-for-hours", "the table fails one send in six, for six hours"),
    "error-burn-fast": ("table-fails", "the table fails every send, for half an hour"),
    "country-unanswered": ("pumping", "texts to a country where nobody answers"),
    "budget-used": ("budget", "45 of the day's 50 texts are sent"),
    "wrong-codes": ("spraying", "one guess at each of 45 people"),
    "sessions-reused": ("tokens-stolen", "six refresh tokens come a second time"),
    "provider-failover": ("failover", "the first provider refuses, the second stands in"),
}


def metric(namespace, name, **dimensions):
    return namespace, name, frozenset(dimensions.items())


def by_the_minute(points, key, value, minutes):
    for minute in range(minutes):
        points.add(key, START + minute * MINUTE, value)


def function_errors(template, points):
    by_the_minute(points, metric("AWS/Lambda", "Errors", FunctionName=template.ref("SendOtpFunction")), 1, 5)


def function_throttles(template, points):
    by_the_minute(points, metric("AWS/Lambda", "Throttles", FunctionName=template.ref("VerifyOtpFunction")), 5, 5)


def table_throttles(template, points):
    by_the_minute(points, metric("AWS/DynamoDB", "WriteThrottleEvents", TableName=template.ref("Table")), 5, 5)


def gateway_throttles(template, points):
    access_lines(template, points, 60, status="429", responseType="THROTTLED")


def gateway_failures(template, points):
    access_lines(template, points, 4, status="503", responseType="INTEGRATION_TIMEOUT")


def access_lines(template, points, count, status, responseType):
    """Lines of the gateway's log, in the format that the template gives it."""
    [(_, api)] = template.resources("AWS::Serverless::Api")
    said = {"status": status, "error.responseType": responseType}
    text = re.sub(r"\$context\.([\w.]+)", lambda match: said.get(match[1], "-"), api["AccessLogSetting"]["Format"])
    for nth in range(count):
        points.add_filtered(template, template.ref("AccessLogGroup"), START + nth, json.loads(text))


def texts_lost(template, points):
    """Lines of SNS's delivery logs: AWS's page "Amazon SNS SMS delivery monitoring with Amazon CloudWatch metrics and logs"."""
    for nth in range(40):
        lost = nth % 5 == 0
        delivery = {"destination": "+1XXX5550100", "priceInUSD": 0.00645, "smsType": "Transactional", "dwellTimeMs": 599}
        delivery["providerResponse"] = "Unknown error attempting to reach phone" if lost else "Message has been accepted by phone carrier"
        line = {"delivery": delivery, "status": "FAILURE" if lost else "SUCCESS"}
        points.add_filtered(template, template.ref("SmsFailureLog" if lost else "SmsLog"), START + nth * MINUTE, line)


OF_AWS = {
    "sms-delivered": (texts_lost, "a carrier loses one text in five"),
    "function-errors": (function_errors, "a function dies once a minute"),
    "function-throttles": (function_throttles, "requests find no free instance"),
    "table-throttles": (table_throttles, "the table is over its ceiling"),
    "gateway-throttles": (gateway_throttles, "a flood of requests"),
    "gateway-failures": (gateway_failures, "no function answers the gateway"),
}


def lines_of(scenario, folder):
    points = Points()
    lines = (folder / f"{scenario}.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines:
        points.add_line(line)
    return points, len(lines)


def minutes_of(points):
    """From the first minute to a while after the last value, so that what only fires later is seen."""
    last = max(second for values in points.series.values() for second, _ in values)
    return range(START + MINUTE, int(last) + 30 * MINUTE, MINUTE)


def judge(template, points):
    """The alarms that write to somebody and would, in these minutes, and when."""
    simple, composite = alarms.of(template)
    told = {alarm.name for alarm in simple + composite if alarm.notifies}
    fired = alarms.firing(template, points, minutes_of(points))
    short = len(template.values["AWS::StackName"]) + 1
    return {name[short:]: minute for name, minute in fired.items() if name in told}


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "target/game-day")
    template = Template()
    points, count = lines_of(QUIET, folder)
    quiet = judge(template, points)
    faults = [f"{name} fires in a quiet hour" for name, minute in quiet.items() if minute]
    known = set(OF_THE_SERVICE) | set(OF_AWS)
    faults += [f"{name}: an alarm without a scenario, or a scenario without an alarm" for name in sorted(set(quiet) ^ known)]
    print(f"A quiet hour: {count} lines, {sum(1 for minute in quiet.values() if minute)} of {len(quiet)} alarms.\n")
    print(f" {'Alarm':20} {'Fires at':9} {'What happens':55} Lines of")
    print("─" * 110)
    for name in quiet:
        points, what, source = scenario_of(name, template, folder)
        fired = judge(template, points)
        at = datetime.fromtimestamp(fired[name], UTC).strftime("%H:%M") if fired[name] else "never"
        others = [other for other, minute in fired.items() if minute and other != name]
        print(f" {name:20} {at:9} {what:55} {source}" + (f"\n {'':30} with it: {', '.join(others)}" if others else ""))
        if not fired[name]:
            faults.append(f"{name} stays silent")
    for fault in faults:
        print(f"game day: {fault}", file=sys.stderr)
    sys.exit(1 if faults else 0)


def scenario_of(name, template, folder):
    if name in OF_THE_SERVICE:
        scenario, what = OF_THE_SERVICE[name]
        return lines_of(scenario, folder)[0], what, "the service"
    make, what = OF_AWS[name]
    points = Points()
    make(template, points)
    return points, what, "AWS (given)"


if __name__ == "__main__":
    main()
