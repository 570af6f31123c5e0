# Arabic. Each text begins with an Arabic word, so that phones lay it out from the right; a word stands between the name and the code,
# so that the two do not run together. The minutes are in the case that "صالح" and "خلال" ask for: accusative and genitive are alike.

sms = رمز { $app } هو { $code }، صالح { $minutes }. لا تشاركه.
sms-without-time = رمز { $app } هو { $code }. لا تشاركه مع أحد.
sms-without-warning = رمز { $app } هو { $code }.
sms-without-name = رمزك

subject = رمزك في { $app } هو { $code }
intro = رمزك في { $app }
validity = تنتهي صلاحيته خلال { $minutes }.
warning = لا تشاركه مع أحد، ولا تُدخله إلا في { $domain }.
ignore = إذا لم تطلب هذا الرمز، فيمكنك تجاهل هذه الرسالة.

minutes = { $count ->
    [zero] { $count } دقيقة
    [one] دقيقة واحدة
    [two] دقيقتين
    [few] { $count } دقائق
    [many] { $count } دقيقة
   *[other] { $count } دقيقة
}

invalid-request = الطلب غير صالح.
invalid-identifier = هذا ليس رقم هاتف ولا عنوان بريد إلكتروني.
invalid-code = هذا الرمز غير صحيح.
challenge-expired = لا يوجد رمز صالح: انتهت صلاحيته أو استُخدم من قبل أو لم يُرسل قط. اطلب رمزًا جديدًا.
attempts-exhausted = لم تبقَ محاولات لهذا الرمز. اطلب رمزًا جديدًا.
challenge-required = قيمة challenge_id الواردة في الرد على طلب الإرسال مطلوبة.
invalid-refresh-token = هذا ليس رمز تحديث تابعًا لهذه الخدمة.
refresh-token-reused = سبق استخدام رمز التحديث هذا، لذلك أُنهيت جلسته. سجّل الدخول من جديد.
session-ended = لا توجد جلسة، أو أنها انتهت. سجّل الدخول من جديد.
origin-not-allowed = يجب أن تأتي الطلبات التي تحمل ملف تعريف ارتباط من مصدر مسموح به.
invalid-token = رمز الوصول غير صالح هنا، أو لم يعد صالحًا. سجّل الدخول من جديد.
identifier-taken = الرمز صحيح، لكن هذا المعرّف يخص مستخدمًا آخر.
identifier-already-set = الرمز صحيح، لكن لديك معرّف آخر من هذا النوع.
destination-not-allowed = لا يمكننا إرسال رموز إلى هذه الوجهة.
not-found = لا يوجد شيء في هذا المسار.
method-not-allowed = لا يُسمح هنا إلا بطلبات { $method }.
payload-too-large = حجم محتوى الطلب أكبر من 8 كيبيبايت.
unsupported-media-type = يجب أن يكون محتوى الطلب بصيغة JSON، مع Content-Type: application/json.
idempotency-key-reused = سبق استخدام مفتاح Idempotency-Key هذا مع طلب آخر.
rate-limited = طلبات كثيرة جدًا. حاول مرة أخرى لاحقًا.
delivery-failed = تعذّر تسليم الرسالة.
unavailable = الخدمة غير متاحة. حاول مرة أخرى لاحقًا.
internal = حدث خطأ من جانبنا.
sending-stopped = إرسال الرموز بهذه الطريقة متوقف حاليًا.

identifier-phone = رقم الهاتف غير صالح. اكتبه بالصيغة الدولية، مثل ‎+12345678901.
identifier-extension = لا يمكن لرقم هاتف ذي تحويلة استقبال رسالة نصية.
identifier-email = عنوان البريد الإلكتروني غير صالح.
identifier-contradiction = المعرّف ليس من النوع المذكور.

body-not-json = محتوى الطلب ليس كائن JSON قابلًا للقراءة.
body-not-base64 = محتوى الطلب ليس base64 صالحًا.
source-missing = لا يحمل الطلب عنوان مصدر.
source-not-an-address = قيمة { $header } ليست عنوانًا.
field-required = هذا الحقل مطلوب.
field-not-text = يجب أن تكون القيمة نصًا.
field-type = يجب أن تكون القيمة phone أو email.
field-purpose = يجب أن تكون القيمة login أو signup أو password_reset أو email_verification أو phone_verification.
field-link = يجب أن يكون التحقق من نوع المعرّف نفسه.
field-code = يجب أن يكون الرمز كما أُرسل: من 6 إلى 10 أرقام، أو 16 حرفًا ورقمًا.
field-idempotency-key = يجب أن تكون قيمة واحدة من 22 إلى 255 محرفًا، بعشوائية لا تقل عن 128 بت، مثل UUIDv4.
