// What both handlers share.

import { createHmac, randomInt } from "node:crypto";

export const CODE_SECONDS = 600;
const PHONE = /^\+[1-9]\d{7,14}$/;
const EMAIL = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;

export const now = () => Math.floor(Date.now() / 1000);

export const newCode = () => String(randomInt(1_000_000)).padStart(6, "0");

export const digest = (to, code) => createHmac("sha256", process.env.CODE_PEPPER).update(`${to}:${code}`).digest("hex");

/** The recipient, or undefined for what is none. */
export function recipient(text) {
  const to = typeof text === "string" ? text.trim().toLowerCase() : "";
  return PHONE.test(to) || EMAIL.test(to) ? to : undefined;
}

/** The body, or an empty one for what is no JSON object. */
export function bodyOf(event) {
  try {
    return JSON.parse(event.body) ?? {};
  } catch {
    return {};
  }
}

export const reply = (statusCode, body) => ({
  statusCode,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});
