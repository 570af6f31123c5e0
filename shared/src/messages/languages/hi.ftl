# Hindi. In UCS-2 an SMS has 70 characters, and every vowel sign is one.

sms = { $app } कोड { $code }, { $minutes } मान्य। किसी को न बताएँ।
sms-without-time = { $code } आपका { $app } कोड है। किसी को न बताएँ।
sms-without-warning = { $code } आपका { $app } कोड है।
sms-without-name = कोड:

subject = { $code } आपका { $app } कोड है
intro = आपका { $app } कोड
validity = यह { $minutes } में समाप्त हो जाएगा।
warning = इसे किसी को न बताएँ और केवल { $domain } पर ही डालें।
ignore = अगर आपने यह कोड नहीं माँगा है, तो इस संदेश को अनदेखा कर सकते हैं।

minutes = { $count ->
    [one] { $count } मिनट
   *[other] { $count } मिनट
}

invalid-request = अनुरोध मान्य नहीं है।
invalid-identifier = यह न तो फ़ोन नंबर है और न ही ईमेल पता।
invalid-code = यह कोड सही नहीं है।
challenge-expired = कोई मान्य कोड नहीं है: वह समाप्त हो गया, इस्तेमाल हो चुका या कभी भेजा ही नहीं गया। नया कोड माँगें।
attempts-exhausted = इस कोड के लिए कोई कोशिश बाकी नहीं है। नया कोड माँगें।
challenge-required = भेजने के अनुरोध के उत्तर का challenge_id ज़रूरी है।
invalid-refresh-token = यह इस सेवा का रिफ़्रेश टोकन नहीं है।
refresh-token-reused = यह रिफ़्रेश टोकन पहले इस्तेमाल हो चुका था, इसलिए इसका सत्र समाप्त कर दिया गया। फिर से साइन इन करें।
session-ended = कोई सत्र नहीं है, या वह समाप्त हो गया है। फिर से साइन इन करें।
origin-not-allowed = कुकी वाले अनुरोध किसी अनुमत ओरिजिन से आने चाहिए।
invalid-token = ऐक्सेस टोकन यहाँ मान्य नहीं है, या अब मान्य नहीं रहा। फिर से साइन इन करें।
identifier-taken = कोड सही है, लेकिन यह पहचान किसी और यूज़र की है।
identifier-already-set = कोड सही है, लेकिन आपके पास इस प्रकार की दूसरी पहचान पहले से है।
destination-not-allowed = हम यहाँ कोड नहीं भेज सकते।
not-found = इस पथ पर कुछ नहीं है।
method-not-allowed = यहाँ केवल { $method } की अनुमति है।
payload-too-large = अनुरोध का मुख्य भाग 8 KiB से बड़ा है।
unsupported-media-type = अनुरोध का मुख्य भाग JSON होना चाहिए, Content-Type: application/json के साथ।
idempotency-key-reused = यह Idempotency-Key पहले किसी और अनुरोध के साथ आ चुकी है।
rate-limited = बहुत सारे अनुरोध हुए। कुछ देर बाद फिर कोशिश करें।
delivery-failed = संदेश पहुँचाया नहीं जा सका।
unavailable = सेवा उपलब्ध नहीं है। कुछ देर बाद फिर कोशिश करें।
internal = हमारी ओर से कुछ गड़बड़ हुई।
sending-stopped = इस तरीके से कोड भेजना अभी रोक दिया गया है।

identifier-phone = यह मान्य फ़ोन नंबर नहीं है। इसे अंतरराष्ट्रीय रूप में लिखें, जैसे +12345678901।
identifier-extension = एक्सटेंशन वाले फ़ोन नंबर पर एसएमएस नहीं आ सकता।
identifier-email = यह मान्य ईमेल पता नहीं है।
identifier-contradiction = यह पहचान बताए गए प्रकार की नहीं है।

body-not-json = अनुरोध का मुख्य भाग पढ़ने योग्य JSON ऑब्जेक्ट नहीं है।
body-not-base64 = अनुरोध का मुख्य भाग मान्य base64 नहीं है।
source-missing = अनुरोध में स्रोत पता नहीं है।
source-not-an-address = { $header } कोई पता नहीं है।
field-required = यह फ़ील्ड ज़रूरी है।
field-not-text = यह स्ट्रिंग होनी चाहिए।
field-type = यह phone या email होना चाहिए।
field-purpose = यह login, signup, password_reset, email_verification या phone_verification होना चाहिए।
field-link = यह पहचान के अपने प्रकार का सत्यापन होना चाहिए।
field-code = यह भेजे गए रूप में कोड होना चाहिए: 6 से 10 अंक, या 16 अक्षर और अंक।
field-idempotency-key = यह 22 से 255 अक्षरों का एक ही मान होना चाहिए, कम से कम 128 बिट यादृच्छिकता के साथ, जैसे UUIDv4।
