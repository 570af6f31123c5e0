# Japanese.

sms = { $app }のコードは { $code } です（{ $minutes }間有効）。他の人に教えないでください。
sms-without-time = { $app }のコードは { $code } です。他の人に教えないでください。
sms-without-warning = { $app }のコードは { $code } です。
sms-without-name = コード:

subject = { $app }のコードは { $code } です
intro = { $app }のワンタイムコード
validity = 有効期限は{ $minutes }です。
warning = 他の人には教えず、{ $domain } でのみ入力してください。
ignore = お心当たりがない場合は、このメールを破棄してください。

minutes = { $count ->
   *[other] { $count }分
}

invalid-request = リクエストが正しくありません。
invalid-identifier = 電話番号またはメールアドレスではありません。
invalid-code = コードが正しくありません。
challenge-expired = 有効なコードがありません。期限切れか、使用済みか、まだ送信されていません。新しいコードをリクエストしてください。
attempts-exhausted = このコードはこれ以上試せません。新しいコードをリクエストしてください。
challenge-required = 送信リクエストの応答にある challenge_id が必要です。
invalid-refresh-token = このサービスのリフレッシュトークンではありません。
refresh-token-reused = このリフレッシュトークンはすでに使用されていたため、セッションを終了しました。もう一度サインインしてください。
session-ended = セッションがないか、終了しています。もう一度サインインしてください。
origin-not-allowed = Cookie を含むリクエストは、許可されたオリジンから送信する必要があります。
invalid-token = アクセストークンがここでは有効でないか、無効になりました。もう一度サインインしてください。
identifier-taken = コードは正しいですが、この identifier は別のユーザーのものです。
identifier-already-set = コードは正しいですが、この種類の identifier がすでに登録されています。
destination-not-allowed = この宛先にはコードを送信できません。
not-found = このパスには何もありません。
method-not-allowed = ここでは { $method } のみ使用できます。
payload-too-large = 本文が 8 KiB を超えています。
unsupported-media-type = 本文は JSON（Content-Type: application/json）でなければなりません。
idempotency-key-reused = この Idempotency-Key はすでに別のリクエストで使われています。
rate-limited = リクエストが多すぎます。しばらくしてからもう一度お試しください。
delivery-failed = メッセージを配信できませんでした。
unavailable = サービスを利用できません。しばらくしてからもう一度お試しください。
internal = こちら側で問題が発生しました。
sending-stopped = この方法でのコードの送信は現在停止しています。

identifier-phone = 電話番号が正しくありません。+12345678901 のような国際形式で入力してください。
identifier-extension = 内線付きの電話番号では SMS を受信できません。
identifier-email = メールアドレスが正しくありません。
identifier-contradiction = identifier が指定された type と一致しません。

body-not-json = 本文を JSON オブジェクトとして読み取れません。
body-not-base64 = 本文が正しい base64 ではありません。
source-missing = リクエストに送信元アドレスがありません。
source-not-an-address = { $header } はアドレスではありません。
field-required = この項目は必須です。
field-not-text = 文字列でなければなりません。
field-type = phone または email でなければなりません。
field-purpose = login、signup、password_reset、email_verification、phone_verification のいずれかでなければなりません。
field-link = identifier 自体の種類に対応する確認でなければなりません。
field-code = 送信されたとおりのコード（6〜10 桁の数字、または 16 文字の英数字）でなければなりません。
field-idempotency-key = 22〜255 文字の 1 つの値で、UUIDv4 のように 128 ビット以上の乱数を含まなければなりません。
