# German. "du", as on the page.

sms = { $code } ist dein Code für { $app }. Er läuft in { $minutes } ab. Gib ihn nicht weiter.
sms-without-time = { $code } ist dein Code für { $app }. Gib ihn nicht weiter.
sms-without-warning = { $code } ist dein Code für { $app }.
sms-without-name = Dein Code:

subject = { $code } ist dein Code für { $app }
intro = Dein Code für { $app }
validity = Er läuft in { $minutes } ab.
warning = Verrate ihn niemandem und gib ihn nur auf { $domain } ein.
ignore = Wenn du diesen Code nicht angefordert hast, kannst du diese Nachricht ignorieren.

minutes = { $count ->
    [one] { $count } Minute
   *[other] { $count } Minuten
}

invalid-request = Die Anfrage ist ungültig.
invalid-identifier = Das ist weder eine Telefonnummer noch eine E-Mail-Adresse.
invalid-code = Dieser Code ist nicht richtig.
challenge-expired = Es wartet kein Code: Er ist abgelaufen, wurde schon benutzt oder nie gesendet. Fordere einen neuen an.
attempts-exhausted = Für diesen Code gibt es keine Versuche mehr. Fordere einen neuen an.
challenge-required = Die challenge_id aus der Antwort auf die Sendeanfrage fehlt.
invalid-refresh-token = Das ist kein Refresh-Token dieses Dienstes.
refresh-token-reused = Dieses Refresh-Token wurde schon benutzt, deshalb wurde seine Sitzung beendet. Melde dich neu an.
session-ended = Es gibt keine Sitzung, oder sie ist beendet. Melde dich neu an.
origin-not-allowed = Anfragen mit einem Cookie müssen von einem erlaubten Origin kommen.
invalid-token = Das Access-Token gilt hier nicht oder nicht mehr. Melde dich neu an.
identifier-taken = Der Code ist richtig, aber dieser Identifier gehört jemand anderem.
identifier-already-set = Der Code ist richtig, aber du hast schon einen anderen Identifier dieses Typs.
destination-not-allowed = An dieses Ziel können wir keine Codes senden.
not-found = Unter diesem Pfad gibt es nichts.
method-not-allowed = Hier ist nur { $method } erlaubt.
payload-too-large = Der Inhalt ist größer als 8 KiB.
unsupported-media-type = Der Inhalt muss JSON sein, mit Content-Type: application/json.
idempotency-key-reused = Dieser Idempotency-Key kam schon mit einer anderen Anfrage.
rate-limited = Zu viele Anfragen. Versuche es später noch einmal.
delivery-failed = Die Nachricht konnte nicht zugestellt werden.
unavailable = Der Dienst ist nicht verfügbar. Versuche es später noch einmal.
internal = Bei uns ist etwas schiefgegangen.
sending-stopped = Auf diesem Weg werden zurzeit keine Codes gesendet.

identifier-phone = Das ist keine gültige Telefonnummer. Schreibe sie in internationaler Form, etwa +12345678901.
identifier-extension = Eine Telefonnummer mit Durchwahl kann keine SMS empfangen.
identifier-email = Das ist keine gültige E-Mail-Adresse.
identifier-contradiction = Der Identifier ist nicht vom angegebenen Typ.

body-not-json = Der Inhalt ist kein lesbares JSON-Objekt.
body-not-base64 = Der Inhalt ist kein gültiges Base64.
source-missing = Die Anfrage hat keine Absenderadresse.
source-not-an-address = { $header } ist keine Adresse.
field-required = Dieses Feld ist erforderlich.
field-not-text = Muss eine Zeichenkette sein.
field-type = Muss phone oder email sein.
field-purpose = Muss login, signup, password_reset, email_verification oder phone_verification sein.
field-link = Muss die Bestätigung des Typs sein, den der Identifier hat.
field-code = Muss ein Code sein, wie er gesendet wurde: 6 bis 10 Ziffern oder 16 Buchstaben und Ziffern.
field-idempotency-key = Muss ein einziger Wert von 22 bis 255 Zeichen mit mindestens 128 Bit Zufall sein, etwa eine UUIDv4.
