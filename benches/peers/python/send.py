"""POST /api/auth/otp/send as it is usually written in Python: boto3, one table, a conditional update as the rate limit."""

import json
import logging
import os
import time

import boto3
from botocore.exceptions import ClientError

from codes import CODE_SECONDS, digest, new_code, recipient, reply

MAX_SENDS = 5
WINDOW_SECONDS = 3600
TEXT = "{code} is your {app} verification code. It expires in {minutes} minutes."

logger = logging.getLogger()
logger.setLevel(logging.INFO)
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
sns = boto3.client("sns")
ses = boto3.client("sesv2")


def lambda_handler(event, context):
    try:
        to = recipient(json.loads(event["body"])["identifier"])
    except (KeyError, TypeError, ValueError):
        return reply(400, {"error": "invalid_request"})
    if not may_send(to):
        return reply(429, {"error": "too_many_requests"})
    code = new_code()
    now = int(time.time())
    table.put_item(
        Item={"pk": f"code#{to}", "hash": digest(to, code), "attempts": 0, "expires": now + CODE_SECONDS, "ttl": now + CODE_SECONDS}
    )
    deliver(to, code)
    logger.info("sent a code by %s", "email" if "@" in to else "sms")
    return reply(200, {"message": "Code sent", "expires_in": CODE_SECONDS})


def may_send(to):
    """Counts this send, unless the window has had its share."""
    now = int(time.time())
    window = now // WINDOW_SECONDS
    try:
        table.update_item(
            Key={"pk": f"rate#{to}#{window}"},
            UpdateExpression="ADD sends :one SET #ttl = :ttl",
            ConditionExpression="attribute_not_exists(sends) OR sends < :max",
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues={":one": 1, ":max": MAX_SENDS, ":ttl": now + 2 * WINDOW_SECONDS},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True


def deliver(to, code):
    text = TEXT.format(code=code, app=os.environ["APP_NAME"], minutes=CODE_SECONDS // 60)
    if "@" not in to:
        attributes = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
        sns.publish(PhoneNumber=to, Message=text, MessageAttributes=attributes)
        return
    ses.send_email(
        FromEmailAddress=os.environ["DEFAULT_FROM_EMAIL"],
        Destination={"ToAddresses": [to]},
        Content={"Simple": {"Subject": {"Data": f"{code} is your code"}, "Body": {"Text": {"Data": text}}}},
    )
