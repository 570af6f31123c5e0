// POST /api/auth/otp/send as it is usually written in Node: AWS SDK v3, one table, a conditional update as the rate limit.

import { ConditionalCheckFailedException, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SESv2Client, SendEmailCommand } from "@aws-sdk/client-sesv2";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { DynamoDBDocumentClient, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";

import { CODE_SECONDS, bodyOf, digest, newCode, now, recipient, reply } from "./codes.mjs";

const MAX_SENDS = 5;
const WINDOW_SECONDS = 3600;

const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const sns = new SNSClient({});
const ses = new SESv2Client({});
const TableName = process.env.TABLE_NAME;

export async function handler(event) {
  const to = recipient(bodyOf(event).identifier);
  if (!to) return reply(400, { error: "invalid_request" });
  if (!(await maySend(to))) return reply(429, { error: "too_many_requests" });
  const code = newCode();
  const expires = now() + CODE_SECONDS;
  const Item = { pk: `code#${to}`, hash: digest(to, code), attempts: 0, expires, ttl: expires };
  await table.send(new PutCommand({ TableName, Item }));
  await deliver(to, code);
  console.log("sent a code by %s", to.includes("@") ? "email" : "sms");
  return reply(200, { message: "Code sent", expires_in: CODE_SECONDS });
}

/** Counts this send, unless the window has had its share. */
async function maySend(to) {
  const window = Math.floor(now() / WINDOW_SECONDS);
  try {
    await table.send(
      new UpdateCommand({
        TableName,
        Key: { pk: `rate#${to}#${window}` },
        UpdateExpression: "ADD sends :one SET #ttl = :ttl",
        ConditionExpression: "attribute_not_exists(sends) OR sends < :max",
        ExpressionAttributeNames: { "#ttl": "ttl" },
        ExpressionAttributeValues: { ":one": 1, ":max": MAX_SENDS, ":ttl": now() + 2 * WINDOW_SECONDS },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

async function deliver(to, code) {
  const text = `${code} is your ${process.env.APP_NAME} verification code. It expires in ${CODE_SECONDS / 60} minutes.`;
  if (!to.includes("@")) {
    const MessageAttributes = { "AWS.SNS.SMS.SMSType": { DataType: "String", StringValue: "Transactional" } };
    await sns.send(new PublishCommand({ PhoneNumber: to, Message: text, MessageAttributes }));
    return;
  }
  await ses.send(
    new SendEmailCommand({
      FromEmailAddress: process.env.DEFAULT_FROM_EMAIL,
      Destination: { ToAddresses: [to] },
      Content: { Simple: { Subject: { Data: `${code} is your code` }, Body: { Text: { Data: text } } } },
    }),
  );
}
