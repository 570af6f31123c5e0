# Chinese in simplified characters. 【】 is where texts in China carry the sender's name.

sms = 【{ $app }】验证码 { $code }，{ $minutes }内有效，请勿告诉他人。
sms-without-time = 【{ $app }】验证码 { $code }，请勿告诉他人。
sms-without-warning = 【{ $app }】验证码 { $code }
sms-without-name = 验证码：

subject = { $code } 是您的 { $app } 验证码
intro = 您的 { $app } 验证码
validity = { $minutes }内有效。
warning = 请勿告诉他人，且只在 { $domain } 上输入。
ignore = 如果您没有请求此验证码，请忽略此邮件。

minutes = { $count ->
   *[other] { $count } 分钟
}

invalid-request = 请求无效。
invalid-identifier = 这不是手机号码，也不是邮箱地址。
invalid-code = 验证码不正确。
challenge-expired = 没有待验证的验证码：它已过期、已被使用或从未发送。请重新获取。
attempts-exhausted = 此验证码的尝试次数已用完。请重新获取。
challenge-required = 缺少发送请求的响应中的 challenge_id。
invalid-refresh-token = 这不是此服务的刷新令牌。
refresh-token-reused = 此刷新令牌先前已被使用，因此其会话已结束。请重新登录。
session-ended = 没有会话，或会话已结束。请重新登录。
origin-not-allowed = 带有 Cookie 的请求必须来自允许的来源。
invalid-token = 访问令牌在此无效，或已失效。请重新登录。
identifier-taken = 验证码正确，但此标识属于其他用户。
identifier-already-set = 验证码正确，但您已有另一个同类标识。
destination-not-allowed = 我们无法向此目标发送验证码。
not-found = 此路径下没有内容。
method-not-allowed = 此处只允许 { $method }。
payload-too-large = 请求正文超过 8 KiB。
unsupported-media-type = 请求正文必须是 JSON，且 Content-Type 为 application/json。
idempotency-key-reused = 此 Idempotency-Key 已用于另一个请求。
rate-limited = 请求过于频繁。请稍后重试。
delivery-failed = 消息无法送达。
unavailable = 服务暂时不可用。请稍后重试。
internal = 我们这边出了点问题。
sending-stopped = 暂时停止以此方式发送验证码。

identifier-phone = 手机号码无效。请使用国际格式，例如 +12345678901。
identifier-extension = 带分机号的号码无法接收短信。
identifier-email = 邮箱地址无效。
identifier-contradiction = 标识与所给类型不符。

body-not-json = 请求正文不是可读取的 JSON 对象。
body-not-base64 = 请求正文不是有效的 base64。
source-missing = 请求没有来源地址。
source-not-an-address = { $header } 不是有效的地址。
field-required = 此字段为必填项。
field-not-text = 必须是字符串。
field-type = 必须是 phone 或 email。
field-purpose = 必须是 login、signup、password_reset、email_verification 或 phone_verification。
field-link = 必须是与标识自身类型相符的验证。
field-code = 必须是所发送的验证码：6 到 10 位数字，或 16 位字母和数字。
field-idempotency-key = 必须是一个 22 到 255 个字符的值，至少含 128 位随机性，例如 UUIDv4。
