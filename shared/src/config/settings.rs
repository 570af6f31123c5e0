//! Every setting, for people and for the tests that keep the documentation and the template true.

/// A setting as its documentation has it.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The environment variable.
    pub name: &'static str,
    /// Who reads it.
    pub scope: Scope,
    /// What it is when unset.
    pub default: &'static str,
    /// What it may be.
    pub bounds: &'static str,
    /// What it does.
    pub about: &'static str,
}

/// Who reads a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Both functions.
    Both,
    /// `send-otp` alone.
    Send,
    /// Both functions, as Lambda itself sets them.
    Aws,
    /// The local server alone.
    Local,
}

const fn setting(name: &'static str, scope: Scope, default: &'static str, bounds: &'static str, about: &'static str) -> Setting {
    Setting { name, scope, default, bounds, about }
}

/// The settings, in the order of the documentation.
pub const SETTINGS: &[Setting] = &[
    setting(
        "APP_NAME",
        Scope::Send,
        "required",
        "1–20 characters of the GSM 7-bit alphabet",
        "The application's name in messages.",
    ),
    setting(
        "APP_DOMAIN",
        Scope::Send,
        "required",
        "a host name",
        "The sign-in page's domain: phones offer the code on it, and on no other.",
    ),
    setting("STAGE", Scope::Both, "dev", "local, dev, prod", "Where this deployment stands."),
    setting("OTP_LENGTH", Scope::Both, "6", "6–10", "Digits in a code. Failures make codes longer by themselves."),
    setting(
        "OTP_EXPIRY_MINUTES",
        Scope::Both,
        "5 for texts, 10 for mail",
        "1–10",
        "Minutes that a code lives; a value sets both channels.",
    ),
    setting("OTP_MAX_ATTEMPTS", Scope::Both, "5", "1–10", "Guesses at one code."),
    setting("OTP_RESEND_COOLDOWN_SECONDS", Scope::Both, "60", "15–600", "Seconds between two sends to one identifier."),
    setting("RATE_SEND_PER_IDENTIFIER_PER_HOUR", Scope::Both, "5", "1–10", "Sends to one identifier in any hour."),
    setting(
        "RATE_SEND_PER_IDENTIFIER_PER_DAY",
        Scope::Both,
        "10",
        "1–20",
        "Sends to one identifier in any 24 hours; at least the hour's.",
    ),
    setting(
        "RATE_SEND_PER_ADDRESS_PER_MINUTE",
        Scope::Both,
        "5",
        "1–100,000",
        "Sends from one address (IPv4, or /64 of IPv6) in a minute of the clock.",
    ),
    setting("RATE_SEND_PER_ADDRESS_PER_HOUR", Scope::Both, "20", "1–100,000", "Sends from one address in an hour of the clock."),
    setting(
        "CHALLENGE_BINDING",
        Scope::Both,
        "optional",
        "optional, required",
        "Whether verify insists on a challenge_id. Production should: without it, outsiders can use up somebody's guesses.",
    ),
    setting(
        "SIGN_UP",
        Scope::Both,
        "open",
        "open, closed",
        "Who may sign in. open: everybody, and the first right code creates a user. closed: users that an operator created; others \
         get the same replies and no message.",
    ),
    setting("CORS_ALLOWED_ORIGINS", Scope::Both, "none", "exact origins, separated by commas", "Browser origins that may call."),
    setting(
        "TOKEN_ISSUER",
        Scope::Both,
        "none: no tokens",
        "an https URL without a slash at its end",
        "Who access tokens are from (`iss`); the key set is at this URL + `/.well-known/jwks.json`. Needs a signing key in the secret.",
    ),
    setting(
        "TOKEN_AUDIENCE",
        Scope::Both,
        "required with TOKEN_ISSUER",
        "1–200 visible characters",
        "Whom access tokens are for (`aud`): a name or URL that your resource servers check.",
    ),
    setting(
        "ACCESS_TOKEN_MINUTES",
        Scope::Both,
        "60",
        "1–1440",
        "Minutes that an access token is good for. It cannot be called back in that time.",
    ),
    setting(
        "SESSIONS",
        Scope::Both,
        "off",
        "off, body, cookie",
        "Whether signing in starts a session with a refresh token, and whether that travels in JSON or in a cookie.",
    ),
    setting("SESSION_IDLE_HOURS", Scope::Both, "168", "1–8760", "Hours after which a session ends that is not refreshed."),
    setting(
        "SESSION_ABSOLUTE_HOURS",
        Scope::Both,
        "720",
        "1–8760",
        "Hours after which any session ends; at least the idle ones. NIST SP 800-63B-4 (2.1.3): no more than 30 days.",
    ),
    setting(
        "SESSION_REUSE_GRACE_SECONDS",
        Scope::Both,
        "0: never",
        "0–60",
        "Seconds in which a refresh token that was just used gets its same successor again, instead of ending the session.",
    ),
    setting(
        "BRAND_LOGO_TEXT",
        Scope::Send,
        "APP_NAME",
        "1–40 characters",
        "What stands at the head of mail, where a logo would. There are no images: they are remote content.",
    ),
    setting("BRAND_COLOR", Scope::Send, "#1c1f24", "#rrggbb, contrast of at least 4.5 with white", "The colour of that."),
    setting(
        "BRAND_COLOR_DARK",
        Scope::Send,
        "#e8eaee",
        "#rrggbb, contrast of at least 4.5 with #1a1d23",
        "The same where the reader's mail program is dark.",
    ),
    setting(
        "DEFAULT_LOCALE",
        Scope::Both,
        "en",
        "en, es, fr, de, pt, it, hi, ar, zh-Hans, ja",
        "The language of messages and of problems when the caller's is not there.",
    ),
    setting(
        "MESSAGES_DIR",
        Scope::Both,
        "none",
        "a folder",
        "Your own wording and layouts, as a Lambda layer can bring them; messages.md says what the folder may have.",
    ),
    setting(
        "SMS_ALLOWED_COUNTRIES",
        Scope::Both,
        "none: no texts",
        "ISO 3166-1 codes, separated by commas; * on the local server",
        "Countries that texts may go to.",
    ),
    setting(
        "GUARD_MODE",
        Scope::Send,
        "enforce",
        "enforce, observe",
        "observe: the windows on unanswered texts only log and count what they would have refused. Countries, kinds of number, limits per identifier and address, and the budget always hold.",
    ),
    setting(
        "RATE_UNANSWERED_PER_PREFIX_PER_HOUR",
        Scope::Both,
        "5",
        "1–40",
        "Texts to one prefix (a number without its last three digits) in any hour whose code nobody entered.",
    ),
    setting("RATE_UNANSWERED_PER_PREFIX_PER_DAY", Scope::Both, "15", "1–40", "The same in any 24 hours; at least the hour's."),
    setting(
        "RATE_UNANSWERED_PER_COUNTRY_PER_HOUR",
        Scope::Send,
        "20",
        "1–1,000,000",
        "Texts to one country in an hour of the clock whose code nobody entered. Grows with the country's verified traffic.",
    ),
    setting(
        "RATE_UNANSWERED_PER_COUNTRY_PER_DAY",
        Scope::Send,
        "60",
        "1–1,000,000",
        "The same in a day of UTC; at least the hour's.",
    ),
    setting(
        "RATE_COUNTRIES_PER_ADDRESS_PER_DAY",
        Scope::Both,
        "3",
        "1–250",
        "Countries that one address may ask for in a day of UTC without an answer from any of them; counted where more are allowed.",
    ),
    setting("SMS_BUDGET_MESSAGES_PER_DAY", Scope::Send, "500", "1–10,000,000", "Texts in a day of UTC."),
    setting(
        "SMS_BUDGET_COUNTRY_PERCENT",
        Scope::Send,
        "50",
        "1–100",
        "Hundredths of the day's budget that one country may have. Set 100 if there is only one.",
    ),
    setting(
        "SMS_BUDGET_USD_PER_DAY",
        Scope::Send,
        "none",
        "dollars above 0",
        "Money for texts in a day of UTC; needs SMS_PRICES_USD.",
    ),
    setting(
        "SMS_PRICES_USD",
        Scope::Send,
        "none",
        "country=dollars, separated by commas",
        "What a text costs, as US=0.0075,DE=0.08. A country that is not listed counts as the dearest.",
    ),
    setting("SMS_ALLOW_VOIP", Scope::Send, "no", "no, yes", "Whether numbers of Voice over IP are texted."),
    setting(
        "EMAIL_BLOCKED_DOMAINS",
        Scope::Send,
        "none",
        "domains, separated by commas",
        "Mail domains that get no code, with all below them: disposable ones, say.",
    ),
    setting(
        "EMAIL_BLOCKED_DOMAINS_FILE",
        Scope::Send,
        "none",
        "a path",
        "A file of more of them, one a line, as a Lambda layer can bring it.",
    ),
    setting(
        "TEST_IDENTIFIERS",
        Scope::Send,
        "none",
        "at most 10 identifier=code, separated by commas",
        "Identifiers with a fixed code, which no message is sent to. Refused when STAGE is prod.",
    ),
    setting("TEST_IDENTIFIERS_UNTIL", Scope::Send, "none", "a date, at most 30 days away", "The last day that they work."),
    setting(
        "SMS_SENDER_ID",
        Scope::Send,
        "none",
        "1–11 letters and digits",
        "The name that texts come from, where the country has it.",
    ),
    setting("SMS_ORIGINATION_NUMBER", Scope::Send, "none", "5–14 digits", "The number that texts come from."),
    setting("SMS_MAX_PRICE_USD", Scope::Send, "none", "above 0, at most 10", "SNS refuses a text that costs more."),
    setting(
        "DEFAULT_FROM_EMAIL",
        Scope::Send,
        "none: no mail",
        "an address, or Name <address>",
        "Where mail comes from; verified with every provider of mail.",
    ),
    setting("SES_CONFIGURATION_SET", Scope::Send, "none", "a name", "The SES configuration set to send under."),
    setting(
        "DELIVERY_FEEDBACK",
        Scope::Both,
        "off",
        "off, on",
        "Whether Twilio, and Vonage for its SMS API, hear that a code was entered ([receipts](receipts.md#feedback)). Needs open sign-up \
         and a build that has one of them.",
    ),
    setting(
        "RECEIPTS_URL",
        Scope::Send,
        "none: no receipts of texts",
        "an https URL without a port and without a slash at its end",
        "Where providers reach this service: Twilio and Vonage are asked to tell there what became of texts \
         ([receipts](receipts.md)).",
    ),
    setting(
        "SES_EVENTS_TOPIC_ARN",
        Scope::Send,
        "none: no receipts of mail",
        "the ARN of an SNS topic",
        "The topic to which SES publishes what became of mail, and which invokes this function.",
    ),
    setting(
        "SMS_PROVIDERS",
        Scope::Send,
        "sns",
        "sns, twilio, vonage, separated by commas",
        "Who delivers texts, in the order in which they are asked ([providers](providers.md)). All but sns need a build that has them.",
    ),
    setting(
        "SMS_FALLBACK",
        Scope::Send,
        "none",
        "none, email",
        "What happens when no provider takes a text: with email, a user who has verified both gets the code by mail \
         ([providers](providers.md#a-mail-for-a-text)).",
    ),
    setting(
        "EMAIL_PROVIDERS",
        Scope::Send,
        "ses",
        "ses, smtp, sendgrid, separated by commas",
        "Who delivers mail, in the order in which they are asked. All but ses need a build that has them.",
    ),
    setting("TWILIO_ACCOUNT_SID", Scope::Both, "none", "AC and 32 hexadecimal digits", "The Twilio account."),
    setting(
        "TWILIO_FROM_NUMBER",
        Scope::Send,
        "none",
        "a number, or a name of up to 11 letters and digits",
        "Whom Twilio's texts come from; this or a Messaging Service.",
    ),
    setting(
        "TWILIO_MESSAGING_SERVICE_SID",
        Scope::Send,
        "none",
        "MG and 32 hexadecimal digits",
        "The Twilio Messaging Service that chooses whom texts come from.",
    ),
    setting("VONAGE_API_KEY", Scope::Both, "none", "up to 32 letters and digits", "The Vonage account."),
    setting(
        "VONAGE_SENDER",
        Scope::Send,
        "none",
        "a number, or a name of up to 11 letters and digits",
        "Whom Vonage's texts come from.",
    ),
    setting("VONAGE_API", Scope::Send, "messages", "messages, sms", "Vonage's Messages API, or its older SMS API."),
    setting(
        "EMAIL_HOST",
        Scope::Send,
        "none",
        "a host name",
        "The mail server of smtp, such as smtp.gmail.com or smtp.sendgrid.net.",
    ),
    setting(
        "EMAIL_PORT",
        Scope::Send,
        "587",
        "1–65535",
        "Its port: TLS from the first byte on 465, STARTTLS on every other one.",
    ),
    setting(
        "EMAIL_USE_TLS",
        Scope::Send,
        "true",
        "true, false",
        "As Django has it. false is refused, save on port 465: mail never travels unencrypted.",
    ),
    setting("EMAIL_HOST_USER", Scope::Send, "none", "a user name", "The user there; apikey at smtp.sendgrid.net."),
    setting(
        "METRICS_NAMESPACE",
        Scope::Both,
        "otp-auth",
        "up to 255 of A-Z a-z 0-9 . - _ / # :",
        "The namespace of the metrics in CloudWatch; logs.md lists them.",
    ),
    setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        Scope::Both,
        "none",
        "an http URL",
        "The OpenTelemetry collector on this machine that traces go to. Needs a build with the feature otel; logs.md has the rest.",
    ),
    setting("OTEL_SERVICE_NAME", Scope::Both, "otp-auth", "up to 100 visible characters", "What traces call this service."),
    setting(
        "LOG_LEVEL",
        Scope::Both,
        "info",
        "error, warn, info, debug, trace",
        "The least severe lines that are logged. A release build has none below info.",
    ),
    setting("AWS_REGION", Scope::Aws, "required", "a region", "Where everything is."),
    setting("AWS_ACCESS_KEY_ID", Scope::Aws, "required", "a key id", "The function's role."),
    setting("AWS_SECRET_ACCESS_KEY", Scope::Aws, "required", "a key", "The function's role."),
    setting("AWS_SESSION_TOKEN", Scope::Aws, "none", "a token", "The function's role."),
    setting("AWS_CA_BUNDLE", Scope::Aws, "none", "a path", "A PEM file of root certificates to trust beside Amazon's."),
    setting("TABLE_NAME", Scope::Both, "required", "a table", "The DynamoDB table."),
    setting("KEYS_SECRET_ARN", Scope::Both, "required", "a secret", "The secret in Secrets Manager that holds the keys."),
    setting("DYNAMODB_ENDPOINT", Scope::Both, "the region's", "a URL", "For local use."),
    setting("SECRETS_ENDPOINT", Scope::Both, "the region's", "a URL", "For local use."),
    setting("SNS_ENDPOINT", Scope::Send, "the region's", "a URL", "For local use."),
    setting("SES_ENDPOINT", Scope::Send, "the region's", "a URL", "For local use."),
    setting("PORT", Scope::Local, "8000", "1–65535", "The port that the local server listens on."),
    setting(
        "OTP_DB",
        Scope::Local,
        "in memory",
        "a path",
        "The file that the local server keeps its table in; its keys stand beside it.",
    ),
];

/// The settings as the page `docs/settings.md` shows them.
#[must_use]
pub fn to_markdown() -> String {
    let mut page = String::from(
        "# Settings\n\nEnvironment variables. An empty value means unset. A value outside its bounds stops the program at start, \
         and every fault is listed at once, by name.\n",
    );
    for (scope, title) in [
        (Scope::Both, "Both functions"),
        (Scope::Send, "`send-otp`"),
        (Scope::Aws, "Set by Lambda"),
        (Scope::Local, "The local server"),
    ] {
        page.push_str(&format!("\n## {title}\n\n| variable | default | may be | what it does |\n|---|---|---|---|\n"));
        for setting in SETTINGS.iter().filter(|setting| setting.scope == scope) {
            let Setting { name, default, bounds, about, .. } = setting;
            page.push_str(&format!("| `{name}` | {default} | {bounds} | {about} |\n"));
        }
    }
    page
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_of_settings_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/settings.md");
        let current = super::to_markdown();
        if std::fs::read_to_string(path).ok().as_deref() != Some(current.as_str()) {
            std::fs::write(path, current).unwrap();
            panic!("docs/settings.md was not current; it has been rewritten: look at it and commit it");
        }
    }
}
