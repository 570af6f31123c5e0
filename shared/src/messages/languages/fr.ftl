# French. The texts keep to the GSM 7-bit alphabet, which has à, é, è and ù, but no â, ç, ê, î, ô and no ’.

sms = { $code } est votre code { $app }. Il expire dans { $minutes }. Ne le communiquez à personne.
sms-without-time = { $code } est votre code { $app }. Ne le communiquez à personne.
sms-without-warning = { $code } est votre code { $app }.
sms-without-name = Votre code :

subject = { $code } est votre code { $app }
intro = Votre code { $app }
validity = Il expire dans { $minutes }.
warning = Ne le communiquez à personne et saisissez-le uniquement sur { $domain }.
ignore = Si vous n’avez pas demandé ce code, vous pouvez ignorer ce message.

minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}

invalid-request = La requête n’est pas valide.
invalid-identifier = Ce n’est ni un numéro de téléphone ni une adresse e-mail.
invalid-code = Ce code n’est pas le bon.
challenge-expired = Aucun code n’est en attente : il a expiré, a déjà été utilisé ou n’a jamais été envoyé. Demandez-en un nouveau.
attempts-exhausted = Il ne reste plus d’essai pour ce code. Demandez-en un nouveau.
challenge-required = Le challenge_id de la réponse à la demande d’envoi est requis.
invalid-refresh-token = Ce n’est pas un jeton d’actualisation de ce service.
refresh-token-reused = Ce jeton d’actualisation avait déjà servi, sa session a donc été fermée. Reconnectez-vous.
session-ended = Il n’y a pas de session, ou elle est terminée. Reconnectez-vous.
origin-not-allowed = Les requêtes avec un cookie doivent venir d’une origine autorisée.
invalid-token = Le jeton d’accès n’est pas valide ici, ou ne l’est plus. Reconnectez-vous.
identifier-taken = Le code est bon, mais cet identifiant appartient à un autre utilisateur.
identifier-already-set = Le code est bon, mais vous avez déjà un autre identifiant de ce type.
destination-not-allowed = Nous ne pouvons pas envoyer de code à cette destination.
not-found = Il n’y a rien à ce chemin.
method-not-allowed = Seule la méthode { $method } est autorisée ici.
payload-too-large = Le corps dépasse 8 Kio.
unsupported-media-type = Le corps doit être en JSON, avec Content-Type: application/json.
idempotency-key-reused = Cette Idempotency-Key a déjà servi pour une autre requête.
rate-limited = Trop de demandes. Réessayez plus tard.
delivery-failed = Le message n’a pas pu être remis.
unavailable = Le service est indisponible. Réessayez plus tard.
internal = Une erreur s’est produite de notre côté.
sending-stopped = L’envoi de codes par ce moyen est suspendu pour le moment.

identifier-phone = Ce numéro de téléphone n’est pas valide. Écrivez-le au format international, par exemple +12345678901.
identifier-extension = Un numéro de téléphone avec un numéro de poste ne peut pas recevoir de SMS.
identifier-email = Cette adresse e-mail n’est pas valide.
identifier-contradiction = L’identifiant n’est pas du type indiqué.

body-not-json = Le corps n’est pas un objet JSON lisible.
body-not-base64 = Le corps n’est pas en base64 valide.
source-missing = La requête n’a pas d’adresse source.
source-not-an-address = { $header } n’est pas une adresse.
field-required = Ce champ est obligatoire.
field-not-text = Doit être une chaîne de caractères.
field-type = Doit être phone ou email.
field-purpose = Doit être login, signup, password_reset, email_verification ou phone_verification.
field-link = Doit être la vérification du type de l’identifiant lui-même.
field-code = Doit être un code tel qu’il a été envoyé : de 6 à 10 chiffres, ou 16 lettres et chiffres.
field-idempotency-key = Doit être une seule valeur de 22 à 255 caractères, avec au moins 128 bits d’aléa, par exemple un UUIDv4.
