# Spanish. The texts keep to the GSM 7-bit alphabet, which has no á, í, ó, ú: hence "clave" where the page says "código".

sms = { $code } es tu clave de { $app }. Caduca en { $minutes }. No la compartas.
sms-without-time = { $code } es tu clave de { $app }. No la compartas.
sms-without-warning = { $code } es tu clave de { $app }.
sms-without-name = Tu clave:

subject = Tu código de { $app } es { $code }
intro = Tu código de { $app }
validity = Caduca en { $minutes }.
warning = No lo compartas con nadie y escríbelo solo en { $domain }.
ignore = Si no has pedido este código, puedes ignorar este mensaje.

minutes = { $count ->
    [one] { $count } minuto
   *[other] { $count } minutos
}

invalid-request = La solicitud no es válida.
invalid-identifier = No es un número de teléfono ni un correo electrónico.
invalid-code = El código no es correcto.
challenge-expired = No hay ningún código pendiente: ha caducado, ya se ha usado o nunca se envió. Pide uno nuevo.
attempts-exhausted = No quedan intentos para este código. Pide uno nuevo.
challenge-required = Falta el challenge_id de la respuesta a la solicitud de envío.
invalid-refresh-token = No es un token de renovación de este servicio.
refresh-token-reused = Este token de renovación ya se había usado, así que se ha cerrado su sesión. Vuelve a iniciar sesión.
session-ended = No hay ninguna sesión o ha terminado. Vuelve a iniciar sesión.
origin-not-allowed = Las solicitudes con cookie deben venir de un origen permitido.
invalid-token = El token de acceso no es válido aquí o ha dejado de serlo. Vuelve a iniciar sesión.
identifier-taken = El código es correcto, pero este identificador pertenece a otro usuario.
identifier-already-set = El código es correcto, pero ya tienes otro identificador de este tipo.
destination-not-allowed = No podemos enviar códigos a este destino.
not-found = No hay nada en esta ruta.
method-not-allowed = Aquí solo se admite { $method }.
payload-too-large = El cuerpo supera los 8 KiB.
unsupported-media-type = El cuerpo debe ser JSON, con Content-Type: application/json.
idempotency-key-reused = Esta Idempotency-Key ya se usó con otra solicitud.
rate-limited = Demasiadas solicitudes. Inténtalo de nuevo más tarde.
delivery-failed = No se ha podido entregar el mensaje.
unavailable = El servicio no está disponible. Inténtalo de nuevo más tarde.
internal = Ha fallado algo por nuestra parte.
sending-stopped = Por ahora no se envían códigos por esta vía.

identifier-phone = El número de teléfono no es válido. Escríbelo en formato internacional, como +12345678901.
identifier-extension = Un número de teléfono con extensión no puede recibir mensajes de texto.
identifier-email = El correo electrónico no es válido.
identifier-contradiction = El identificador no es del tipo indicado.

body-not-json = El cuerpo no es un objeto JSON legible.
body-not-base64 = El cuerpo no es base64 válido.
source-missing = La solicitud no tiene dirección de origen.
source-not-an-address = { $header } no es una dirección.
field-required = Este campo es obligatorio.
field-not-text = Debe ser una cadena de texto.
field-type = Debe ser phone o email.
field-purpose = Debe ser login, signup, password_reset, email_verification o phone_verification.
field-link = Debe ser la verificación del tipo del propio identificador.
field-code = Debe ser un código tal como se envió: de 6 a 10 cifras, o 16 letras y cifras.
field-idempotency-key = Debe ser un único valor de 22 a 255 caracteres con al menos 128 bits de aleatoriedad, como un UUIDv4.
