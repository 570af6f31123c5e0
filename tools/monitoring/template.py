"""template.yaml as CloudFormation would see it, with sample values for what only an account knows."""

import json
import re

from samcli.yamlhelper import yaml_parse

PATH = "template.yaml"
# Everything on, so that everything is seen.
PARAMETERS = {
    "AppName": "Example",
    "AppDomain": "app.example.com",
    "Stage": "prod",
    "CorsAllowedOrigins": "https://app.example.com",
    "DefaultFromEmail": "no-reply@example.com",
    "SmsAllowedCountries": "DE,US",
    "TokenIssuer": "https://auth.example.com",
    "TokenAudience": "https://api.example.com",
    "Sessions": "cookie",
    "AlarmEmail": "operators@example.com",
    "SmsDeliveryLogs": "create",
    "Dashboard": "on",
    "Alarms": "on",
}
# The stack has the name that the metrics of services under test have (METRICS_NAMESPACE of shared/src/testing/service.rs).
PSEUDO = {
    "AWS::StackName": "test",
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
NAMESPACE = "otp-auth/" + PSEUDO["AWS::StackName"]
# What `Ref` gives for a resource that has a name of its own.
NAMES = ("FunctionName", "LogGroupName", "AlarmName", "DashboardName")
ABSENT = object()


class Template:
    def __init__(self, path=PATH):
        with open(path, encoding="utf-8") as file:
            self.body = json.loads(json.dumps(yaml_parse(file.read())))
        defaults = {name: str(p.get("Default", "")) for name, p in self.body["Parameters"].items()}
        self.values = defaults | PARAMETERS | PSEUDO

    def resources(self, kind):
        """The resources of a type that these parameters make, resolved."""
        for name, resource in self.body["Resources"].items():
            made = "Condition" not in resource or self.holds(resource["Condition"])
            if resource["Type"] == kind and made:
                yield name, self.resolve(resource.get("Properties", {}))

    def holds(self, condition):
        if isinstance(condition, str):
            return self.holds(self.body["Conditions"][condition])
        [(function, value)] = condition.items()
        match function:
            case "Condition":
                return self.holds(value)
            case "Fn::Not":
                return not self.holds(value[0])
            case "Fn::And":
                return all(self.holds(one) for one in value)
            case "Fn::Or":
                return any(self.holds(one) for one in value)
            case "Fn::Equals":
                return self.resolve(value[0]) == self.resolve(value[1])
        raise ValueError(f"no condition: {condition}")

    def resolve(self, value):
        if isinstance(value, list):
            return [one for one in map(self.resolve, value) if one is not ABSENT]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(function, argument)] = value.items()
            if function == "Ref":
                return self.ref(argument)
            if function == "Fn::GetAtt":
                return ".".join(argument if isinstance(argument, list) else [argument])
            if function == "Fn::If":
                condition, then, otherwise = argument
                return self.resolve(then if self.holds(condition) else otherwise)
            if function == "Fn::Sub":
                return self.substitute(argument)
            if function.startswith("Fn::"):
                return value
        resolved = {name: self.resolve(one) for name, one in value.items()}
        return {name: one for name, one in resolved.items() if one is not ABSENT}

    def ref(self, name):
        if name == "AWS::NoValue":
            return ABSENT
        if name in self.values:
            return self.values[name]
        properties = self.body["Resources"][name].get("Properties", {})
        given = [properties[key] for key in NAMES if key in properties]
        return self.resolve(given[0]) if given else name

    def substitute(self, argument):
        text, own = argument if isinstance(argument, list) else (argument, {})
        own = {name: self.resolve(value) for name, value in own.items()}

        def value_of(match):
            name = match[1]
            if name in own:
                return str(own[name])
            return name if "." in name else str(self.ref(name))

        return re.sub(r"\$\{([A-Za-z0-9:.]+)\}", value_of, text)
