"""Reads template.yaml and fails on what a linter lets through: a permission that nobody asked for, a wildcard, a secret in the
environment, a setting that the code does not know or that is missing, a gateway answer that is not the contract's problem+json. `make validate` runs it."""

import functools
import json
import re
import sys

from samcli.yamlhelper import yaml_parse

# What each function may do. Change it together with the roles, and say why in the commit.
ACTIONS = {
    "SendOtpRole": {
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "secretsmanager:GetSecretValue",
        "ses:SendEmail",
        "sns:Publish",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    },
    "VerifyOtpRole": {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "secretsmanager:GetSecretValue",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    },
}
# Only what a parameter switches on.
CONDITIONAL = {
    "sns:Publish": "HasSms",
    "ses:SendEmail": "HasEmail",
    "xray:PutTelemetryRecords": "IsTraced",
    "xray:PutTraceSegments": "IsTraced",
}
# What AWS has no resources for.
WITHOUT_RESOURCE = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
# Named like secrets by those who made them, and none: an account's name.
NO_SECRETS = {"VONAGE_API_KEY"}
# The one wildcard: all ARNs, excluded, so that phone numbers are left.
TOPICS = {"Fn::Sub": "arn:${AWS::Partition}:sns:*:*:*"}

# Settings of tokens, none of which is one.
ABOUT_TOKENS = {"ACCESS_TOKEN_MINUTES", "TOKEN_AUDIENCE", "TOKEN_ISSUER"}

GATEWAY_RESPONSES = {
    "ACCESS_DENIED": 404,
    "DEFAULT_4XX": 400,
    "DEFAULT_5XX": 500,
    "EXPIRED_TOKEN": 404,
    "INTEGRATION_FAILURE": 503,
    "INTEGRATION_TIMEOUT": 503,
    "INVALID_API_KEY": 404,
    "INVALID_SIGNATURE": 404,
    "MISSING_AUTHENTICATION_TOKEN": 404,
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "RESOURCE_NOT_FOUND": 404,
    "THROTTLED": 429,
    "UNAUTHORIZED": 404,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "WAF_FILTERED": 429,
}
CODES = {
    400: "invalid_request",
    404: "not_found",
    413: "payload_too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
    500: "internal",
    503: "unavailable",
}

faults = []


def check(holds, fault):
    if not holds:
        faults.append(fault)


def as_list(value):
    return value if isinstance(value, list) else [value]


def policies(role):
    """The (policy, condition) pairs of a role; condition is None for what it always may."""
    for entry in role["Properties"]["Policies"]:
        if "Fn::If" in entry:
            condition, policy, otherwise = entry["Fn::If"]
            check(otherwise == {"Ref": "AWS::NoValue"}, f"a policy has an alternative: {otherwise}")
            yield policy, condition
        else:
            yield entry, None


def check_roles(resources):
    roles = {
        name: resource
        for name, resource in resources.items()
        if resource["Type"] == "AWS::IAM::Role" and "lambda" in json.dumps(resource["Properties"]["AssumeRolePolicyDocument"])
    }
    check(set(roles) == set(ACTIONS), f"roles that Lambda may assume: {sorted(roles)}")
    for name, role in roles.items():
        check("ManagedPolicyArns" not in role["Properties"], f"{name}: a managed policy allows more than we need")
        found = set()
        for policy, condition in policies(role):
            for statement in policy["PolicyDocument"]["Statement"]:
                found |= check_statement(name, statement, condition)
        check(found == ACTIONS[name], f"{name}: actions {sorted(found ^ ACTIONS[name])} are too many or missing")


def check_statement(role, statement, condition):
    check(statement["Effect"] == "Allow", f"{role}: {statement}")
    actions = set(as_list(statement["Action"]))
    for action in actions:
        check("*" not in action, f"{role}: wildcard action {action}")
        if action in CONDITIONAL:
            check(condition is not None, f"{role}: {action} needs the condition {CONDITIONAL[action]}")
        if action == "ses:SendEmail":
            check(statement.get("Condition") == {"StringEquals": {"ses:FromAddress": {"Ref": "DefaultFromEmail"}}},
                  f"{role}: ses:SendEmail without its sender")
    if "NotResource" in statement:
        check(actions == {"sns:Publish"} and statement["NotResource"] == TOPICS, f"{role}: NotResource for {actions}")
        check("Resource" not in statement, f"{role}: both Resource and NotResource")
    else:
        wild = "*" in json.dumps(statement["Resource"]) and not set(actions) <= WITHOUT_RESOURCE
        check(not wild, f"{role}: wildcard resource for {actions}")
    return actions


def check_functions(template):
    resources = template["Resources"]
    functions = {k: v["Properties"] for k, v in resources.items() if v["Type"] == "AWS::Serverless::Function"}
    check(len(functions) == 2, f"functions: {sorted(functions)}")
    common = template["Globals"]["Function"]["Environment"]["Variables"]
    for name, properties in functions.items():
        check("Policies" not in properties, f"{name}: policies belong into its role")
        variables = common | properties.get("Environment", {}).get("Variables", {})
        for variable, value in variables.items():
            check(not variable.startswith("AWS_"), f"{name}: {variable} is the runtime's")
            check(value == "" or isinstance(value, dict), f"{name}: {variable} is written into the template")
            secret = re.search(r"SECRET|PASSWORD|TOKEN|PRIVATE|(^|_)KEYS?(_|$)", variable)
            known = variable.endswith(("_ARN", "_ENDPOINT")) or variable in ABOUT_TOKENS | NO_SECRETS
            check(not secret or known, f"{name}: {variable} looks like a secret")
    text = json.dumps(template)
    check("{{resolve:secretsmanager" not in text, "a secret would be resolved into the template")
    for parameter in template["Parameters"]:
        check(f'"Ref": "{parameter}"' in text or f"${{{parameter}}}" in text, f"parameter {parameter} is not used")


def check_settings(template):
    """Each function is given exactly the settings that it reads. docs/settings.md is generated from the code's own table."""
    with open("docs/settings.md", encoding="utf-8") as file:
        sections = re.split(r"^## ", file.read(), flags=re.MULTILINE)[1:]
    known = {section.split("\n")[0]: set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE)) for section in sections}
    both, send = known["Both functions"], known["`send-otp`"]
    given = {None: template["Globals"]["Function"]["Environment"]["Variables"]}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            given[name] = resource["Properties"].get("Environment", {}).get("Variables", {})
    wanted = {None: both, "SendOtpFunction": send, "VerifyOtpFunction": set()}
    for function in wanted:
        where = function or "Globals"
        for variable in sorted(set(given[function]) - wanted[function]):
            faults.append(f"{where}: the code does not read {variable}")
        for variable in sorted(wanted[function] - set(given[function])):
            faults.append(f"{where}: {variable} is missing, and the code reads it")


def check_api(api):
    throttled = {(s["HttpMethod"], s["ResourcePath"]) for s in api["MethodSettings"] if "ThrottlingRateLimit" in s}
    for route in ("otp~1send", "otp~1verify", "token~1refresh", "logout"):
        check(("POST", f"/~1api~1auth~1{route}") in throttled, f"{route} is not throttled")
    check(all(s["DataTraceEnabled"] is False for s in api["MethodSettings"]), "DataTraceEnabled writes codes to the log")
    line = json.loads(api["AccessLogSetting"]["Format"])
    for variable in ("userAgent", "$context.path", "queryString", "header", "body", "authorizer"):
        check(variable not in json.dumps(line), f"the access log has {variable}")

    responses = api["GatewayResponses"]
    check({k: v["StatusCode"] for k, v in responses.items()} == GATEWAY_RESPONSES, "gateway responses: types or status codes")
    for kind, response in responses.items():
        check_gateway_response(kind, response)


def check_gateway_response(kind, response):
    status = response["StatusCode"]
    headers = response["ResponseParameters"]["Headers"]
    check(headers.get("Content-Type") == "'application/problem+json'", f"{kind}: content type")
    check(headers.get("Cache-Control") == "'no-store'", f"{kind}: may be cached")
    check("Access-Control-Allow-Origin" in headers, f"{kind}: a browser cannot read it")
    body = response["ResponseTemplates"]["application/json"]
    body = json.loads(body["Fn::Sub"].replace("${WafWindowSeconds}", "300") if isinstance(body, dict) else body)
    check(body["status"] == status, f"{kind}: status")
    check(body["code"] == CODES[status], f"{kind}: code")
    check(body["type"] == f"urn:otp-auth:problem:{CODES[status]}", f"{kind}: type")
    check(body["detail"] == body["error"], f"{kind}: detail and error differ")
    said = sentences().get(body["code"])
    check((body["title"], body["detail"]) == said, f"{kind}: the functions say {said}")
    check(body["instance"] == "$context.requestId", f"{kind}: instance")
    waits = status in (429, 503)
    check(waits == ("Retry-After" in headers) == ("retry_after_seconds" in body), f"{kind}: Retry-After")


@functools.cache
def sentences():
    """Title and English sentence of each code, from the functions' own tables."""
    with open("shared/src/http/problem.rs", encoding="utf-8") as file:
        titles = re.findall(r'S::\w+,\s*"(\w+)",\s*"([^"]+)"', file.read())
    with open("shared/src/messages/languages/en.ftl", encoding="utf-8") as file:
        said = dict(re.findall(r"^([a-z-]+) = (.+)$", file.read(), re.MULTILINE))
    return {code: (title, said.get(code.replace("_", "-"))) for code, title in titles}


def check_kept(resources):
    for name, resource in resources.items():
        if resource["Type"] in ("AWS::DynamoDB::Table", "AWS::SecretsManager::Secret"):
            kept = resource.get("DeletionPolicy") == resource.get("UpdateReplacePolicy") == "Retain"
            check(kept, f"{name} would be deleted with the stack")
        if resource["Type"] == "AWS::Logs::LogGroup":
            check("RetentionInDays" in resource["Properties"], f"{name} keeps its lines for ever")


def main():
    with open("template.yaml", encoding="utf-8") as file:
        template = json.loads(json.dumps(yaml_parse(file.read())))
    resources = template["Resources"]
    check_roles(resources)
    check_functions(template)
    check_settings(template)
    check_api(resources["Api"]["Properties"])
    check_kept(resources)
    for fault in faults:
        print(f"template.yaml: {fault}", file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
