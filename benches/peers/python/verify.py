"""POST /api/auth/otp/verify as it is usually written in Python: read the code, compare it, update the item."""

import hmac
import json
import logging
import os
import time

import boto3
from botocore.exceptions import ClientError

from codes import digest, recipient, reply

MAX_ATTEMPTS = 5

logger = logging.getLogger()
logger.setLevel(logging.INFO)
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def lambda_handler(event, context):
    try:
        body = json.loads(event["body"])
        to, code = recipient(body["identifier"]), str(body["otp_code"])
    except (KeyError, TypeError, ValueError):
        return reply(400, {"error": "invalid_request"})
    item = table.get_item(Key={"pk": f"code#{to}"}, ConsistentRead=True).get("Item")
    if not item or item["expires"] <= time.time() or item["attempts"] >= MAX_ATTEMPTS:
        return reply(400, {"error": "invalid_code"})
    right = hmac.compare_digest(item["hash"], digest(to, code))
    if not settle(to, item["hash"], right) or not right:
        return reply(400, {"error": "invalid_code"})
    logger.info("verified a code")
    return reply(200, {"message": "Signed in", "user": {"identifier": to}})


def settle(to, stored, right):
    """A right code is used up, a wrong one counted; neither if the code has changed since it was read."""
    change = "SET attempts = :max" if right else "SET attempts = attempts + :one"
    values = {":hash": stored, ":max": MAX_ATTEMPTS} if right else {":hash": stored, ":max": MAX_ATTEMPTS, ":one": 1}
    try:
        table.update_item(
            Key={"pk": f"code#{to}"},
            UpdateExpression=change,
            ConditionExpression="#hash = :hash AND attempts < :max",
            ExpressionAttributeNames={"#hash": "hash"},
            ExpressionAttributeValues=values,
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True
