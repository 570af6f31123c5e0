# English. Project Fluent's syntax (https://projectfluent.org); docs/messages.md says which part of it is read.

# A text is the first of these four that is one SMS together with its last line.
sms = { $code } is your { $app } code. It expires in { $minutes }. Do not share it.
sms-without-time = { $code } is your { $app } code. Do not share it.
sms-without-warning = { $code } is your { $app } code.
sms-without-name = Your code:

subject = Your { $app } code is { $code }
intro = Your { $app } code
validity = It expires in { $minutes }.
warning = Do not share it with anyone, and enter it only on { $domain }.
ignore = If you did not ask for this code, you can ignore this message.

minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}

# What the API says of a problem.
invalid-request = The request is not valid.
invalid-identifier = The identifier is not a phone number or an email address.
invalid-code = The code is wrong.
challenge-expired = No code is waiting: it has expired, was used, or was never sent. Ask for a new one.
attempts-exhausted = No attempts are left for this code. Ask for a new one.
challenge-required = The challenge_id of the reply to the send request is required.
invalid-refresh-token = This is not a refresh token of this service.
refresh-token-reused = This refresh token was used before, so its session was ended. Sign in again.
session-ended = There is no session, or it has ended. Sign in again.
origin-not-allowed = Requests with a cookie must come from an allowed origin.
invalid-token = The access token is not valid here, or not any more. Sign in again.
identifier-taken = The code is right, but this identifier belongs to another user.
identifier-already-set = The code is right, but you have another identifier of this type.
destination-not-allowed = Codes cannot be sent to this destination.
not-found = There is nothing at this path.
method-not-allowed = Only { $method } is allowed here.
payload-too-large = The body has more than 8 KiB.
unsupported-media-type = The body must be JSON, with Content-Type: application/json.
idempotency-key-reused = This Idempotency-Key came with another request before.
rate-limited = Too many requests. Try again later.
delivery-failed = The message could not be delivered.
unavailable = The service is unavailable. Try again later.
internal = Something went wrong on our side.
sending-stopped = Sending codes this way is stopped for now.

# Of a phone number or an email address.
identifier-phone = This is not a valid phone number. Write it in international form, such as +12345678901.
identifier-extension = A phone number with an extension cannot receive a text message.
identifier-email = This is not a valid email address.
identifier-contradiction = The identifier is not of the given type.

# Of a request that a program made wrongly.
body-not-json = The body is not a JSON object that can be read.
body-not-base64 = The body is not valid base64.
source-missing = The request has no source address.
source-not-an-address = { $header } is not an address.
field-required = This field is required.
field-not-text = Must be a string.
field-type = Must be phone or email.
field-purpose = Must be login, signup, password_reset, email_verification or phone_verification.
field-link = Must be the verification of the identifier's own type.
field-code = Must be a code as it was sent: 6 to 10 digits, or 16 letters and digits.
field-idempotency-key = Must be one value of 22 to 255 characters with at least 128 bits of randomness, such as a UUIDv4.
