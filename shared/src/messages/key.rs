//! The sentences that every language has.

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident = $text:literal [$($placeholder:literal),*],)*) => {
        /// Names a sentence in the files of the languages.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Key { $($(#[$doc])* $name,)* }

        impl Key {
            /// Every sentence, in the order of the files.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in a file.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The placeholders that it may have.
            pub(super) const fn placeholders(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($placeholder),*],)* }
            }
        }
    };
}

keys! {
    /// The whole text.
    Sms = "sms" ["app", "code", "minutes"],
    /// The text where that is too long.
    SmsWithoutTime = "sms-without-time" ["app", "code"],
    /// The text where that is too long as well.
    SmsWithoutWarning = "sms-without-warning" ["app", "code"],
    /// The least that a text can say before its last line.
    SmsWithoutName = "sms-without-name" [],
    /// A mail's subject.
    Subject = "subject" ["app", "code"],
    /// A mail's heading.
    Intro = "intro" ["app"],
    /// How long the code lives.
    Validity = "validity" ["minutes"],
    /// What not to do with it.
    Warning = "warning" ["app", "domain"],
    /// For those who did not ask.
    Ignore = "ignore" ["app"],
    /// A time, in the form that its number takes.
    Minutes = "minutes" ["count"],
    /// `invalid_request`.
    InvalidRequest = "invalid-request" [],
    /// `invalid_identifier`.
    InvalidIdentifier = "invalid-identifier" [],
    /// `invalid_code`.
    InvalidCode = "invalid-code" [],
    /// `challenge_expired`.
    ChallengeExpired = "challenge-expired" [],
    /// `attempts_exhausted`.
    AttemptsExhausted = "attempts-exhausted" [],
    /// `challenge_required`.
    ChallengeRequired = "challenge-required" [],
    /// `invalid_refresh_token`.
    InvalidRefreshToken = "invalid-refresh-token" [],
    /// `refresh_token_reused`.
    RefreshTokenReused = "refresh-token-reused" [],
    /// `session_ended`.
    SessionEnded = "session-ended" [],
    /// `origin_not_allowed`.
    OriginNotAllowed = "origin-not-allowed" [],
    /// `invalid_token`.
    InvalidToken = "invalid-token" [],
    /// `identifier_taken`.
    IdentifierTaken = "identifier-taken" [],
    /// `identifier_already_set`.
    IdentifierAlreadySet = "identifier-already-set" [],
    /// `destination_not_allowed`.
    DestinationNotAllowed = "destination-not-allowed" [],
    /// `not_found`.
    NotFound = "not-found" [],
    /// `method_not_allowed`.
    MethodNotAllowed = "method-not-allowed" ["method"],
    /// `payload_too_large`.
    PayloadTooLarge = "payload-too-large" [],
    /// `unsupported_media_type`.
    UnsupportedMediaType = "unsupported-media-type" [],
    /// `idempotency_key_reused`.
    IdempotencyKeyReused = "idempotency-key-reused" [],
    /// `rate_limited`.
    RateLimited = "rate-limited" [],
    /// `delivery_failed`.
    DeliveryFailed = "delivery-failed" [],
    /// `unavailable`.
    Unavailable = "unavailable" [],
    /// `internal`.
    Internal = "internal" [],
    /// `unavailable`, because an operator stopped it.
    SendingStopped = "sending-stopped" [],
    /// Not a phone number.
    IdentifierPhone = "identifier-phone" [],
    /// A phone number with an extension.
    IdentifierExtension = "identifier-extension" [],
    /// Not an email address.
    IdentifierEmail = "identifier-email" [],
    /// Not of the stated type.
    IdentifierContradiction = "identifier-contradiction" [],
    /// The body cannot be read.
    BodyNotJson = "body-not-json" [],
    /// The body was declared to be base64, and is not.
    BodyNotBase64 = "body-not-base64" [],
    /// No address to count for.
    SourceMissing = "source-missing" [],
    /// A trusted caller's header names no address.
    SourceNotAnAddress = "source-not-an-address" ["header"],
    /// A field is missing.
    FieldRequired = "field-required" [],
    /// A field is not a string.
    FieldNotText = "field-not-text" [],
    /// `type` is unknown.
    FieldType = "field-type" [],
    /// `purpose` is unknown.
    FieldPurpose = "field-purpose" [],
    /// `purpose` does not fit the identifier that is to be linked.
    FieldLink = "field-link" [],
    /// `otp_code` can be no code.
    FieldCode = "field-code" [],
    /// `Idempotency-Key` is too weak or too long.
    FieldIdempotencyKey = "field-idempotency-key" [],
}
