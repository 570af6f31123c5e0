// POST /api/auth/otp/verify as it is usually written in Node: read the code, compare it, update the item.

import { timingSafeEqual } from "node:crypto";

import { ConditionalCheckFailedException, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";

import { bodyOf, digest, now, recipient, reply } from "./codes.mjs";

const MAX_ATTEMPTS = 5;

const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.TABLE_NAME;

export async function handler(event) {
  const { identifier, otp_code } = bodyOf(event);
  const to = recipient(identifier);
  if (!to || typeof otp_code !== "string") return reply(400, { error: "invalid_request" });
  const { Item } = await table.send(new GetCommand({ TableName, Key: { pk: `code#${to}` }, ConsistentRead: true }));
  if (!Item || Item.expires <= now() || Item.attempts >= MAX_ATTEMPTS) return reply(400, { error: "invalid_code" });
  const right = timingSafeEqual(Buffer.from(Item.hash), Buffer.from(digest(to, otp_code)));
  if (!(await settle(to, Item.hash, right)) || !right) return reply(400, { error: "invalid_code" });
  console.log("verified a code");
  return reply(200, { message: "Signed in", user: { identifier: to } });
}

/** A right code is used up, a wrong one counted; neither if the code has changed since it was read. */
async function settle(to, stored, right) {
  const values = { ":hash": stored, ":max": MAX_ATTEMPTS };
  try {
    await table.send(
      new UpdateCommand({
        TableName,
        Key: { pk: `code#${to}` },
        UpdateExpression: right ? "SET attempts = :max" : "SET attempts = attempts + :one",
        ConditionExpression: "#hash = :hash AND attempts < :max",
        ExpressionAttributeNames: { "#hash": "hash" },
        ExpressionAttributeValues: right ? values : { ...values, ":one": 1 },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
