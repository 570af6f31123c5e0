# Italian. The texts keep to the GSM 7-bit alphabet, which has à, è, é, ì, ò, ù.

sms = { $code } è il tuo codice { $app }. Scade tra { $minutes }. Non condividerlo.
sms-without-time = { $code } è il tuo codice { $app }. Non condividerlo.
sms-without-warning = { $code } è il tuo codice { $app }.
sms-without-name = Il tuo codice:

subject = { $code } è il tuo codice { $app }
intro = Il tuo codice { $app }
validity = Scade tra { $minutes }.
warning = Non condividerlo con nessuno e inseriscilo solo su { $domain }.
ignore = Se non hai richiesto questo codice, puoi ignorare questo messaggio.

minutes = { $count ->
    [one] { $count } minuto
   *[other] { $count } minuti
}

invalid-request = La richiesta non è valida.
invalid-identifier = Non è un numero di telefono né un indirizzo email.
invalid-code = Il codice non è corretto.
challenge-expired = Nessun codice in attesa: è scaduto, è già stato usato o non è mai stato inviato. Chiedine uno nuovo.
attempts-exhausted = Non restano tentativi per questo codice. Chiedine uno nuovo.
challenge-required = Serve il challenge_id della risposta alla richiesta di invio.
invalid-refresh-token = Questo non è un refresh token di questo servizio.
refresh-token-reused = Questo refresh token era già stato usato, quindi la sua sessione è stata chiusa. Accedi di nuovo.
session-ended = Non c’è una sessione, oppure è terminata. Accedi di nuovo.
origin-not-allowed = Le richieste con un cookie devono arrivare da un’origine consentita.
invalid-token = Il token di accesso non è valido qui, o non lo è più. Accedi di nuovo.
identifier-taken = Il codice è corretto, ma questo identificativo appartiene a un altro utente.
identifier-already-set = Il codice è corretto, ma hai già un altro identificativo di questo tipo.
destination-not-allowed = Non possiamo inviare codici a questa destinazione.
not-found = Non c’è nulla in questo percorso.
method-not-allowed = Qui è ammesso solo { $method }.
payload-too-large = Il corpo supera gli 8 KiB.
unsupported-media-type = Il corpo deve essere JSON, con Content-Type: application/json.
idempotency-key-reused = Questa Idempotency-Key è già arrivata con un’altra richiesta.
rate-limited = Troppe richieste. Riprova più tardi.
delivery-failed = Non è stato possibile consegnare il messaggio.
unavailable = Il servizio non è disponibile. Riprova più tardi.
internal = Qualcosa è andato storto da parte nostra.
sending-stopped = Al momento non inviamo codici con questo mezzo.

identifier-phone = Questo numero di telefono non è valido. Scrivilo in formato internazionale, per esempio +12345678901.
identifier-extension = Un numero di telefono con un interno non può ricevere SMS.
identifier-email = Questo indirizzo email non è valido.
identifier-contradiction = L’identificativo non è del tipo indicato.

body-not-json = Il corpo non è un oggetto JSON leggibile.
body-not-base64 = Il corpo non è base64 valido.
source-missing = La richiesta non ha un indirizzo di origine.
source-not-an-address = { $header } non è un indirizzo.
field-required = Questo campo è obbligatorio.
field-not-text = Deve essere una stringa.
field-type = Deve essere phone o email.
field-purpose = Deve essere login, signup, password_reset, email_verification o phone_verification.
field-link = Deve essere la verifica del tipo dell’identificativo stesso.
field-code = Deve essere un codice come è stato inviato: da 6 a 10 cifre, oppure 16 lettere e cifre.
field-idempotency-key = Deve essere un solo valore da 22 a 255 caratteri con almeno 128 bit di casualità, per esempio un UUIDv4.
