# Portuguese, as in Brazil. The texts keep to the GSM 7-bit alphabet, which has é, but no á, â, ã, ç, ê, í, ó, õ, ú: hence no "código".

sms = Digite { $code } para continuar em { $app }. Expira em { $minutes }. Nunca compartilhe com ninguém.
sms-without-time = Digite { $code } para continuar em { $app }. Nunca compartilhe com ninguém.
sms-without-warning = Digite { $code } para continuar em { $app }.
sms-without-name = Digite:

subject = { $code } é o seu código { $app }
intro = Seu código { $app }
validity = Ele expira em { $minutes }.
warning = Não o compartilhe com ninguém e digite-o somente em { $domain }.
ignore = Se você não pediu este código, pode ignorar esta mensagem.

minutes = { $count ->
    [one] { $count } minuto
   *[other] { $count } minutos
}

invalid-request = A solicitação não é válida.
invalid-identifier = Isso não é um número de telefone nem um endereço de e-mail.
invalid-code = Esse código não está certo.
challenge-expired = Não há nenhum código pendente: ele expirou, já foi usado ou nunca foi enviado. Peça um novo.
attempts-exhausted = Não restam tentativas para este código. Peça um novo.
challenge-required = O challenge_id da resposta ao pedido de envio é obrigatório.
invalid-refresh-token = Isso não é um token de atualização deste serviço.
refresh-token-reused = Este token de atualização já foi usado, por isso a sessão foi encerrada. Entre de novo.
session-ended = Não há sessão, ou ela terminou. Entre de novo.
origin-not-allowed = Solicitações com cookie devem vir de uma origem permitida.
invalid-token = O token de acesso não é válido aqui, ou não é mais. Entre de novo.
identifier-taken = O código está certo, mas este identificador pertence a outro usuário.
identifier-already-set = O código está certo, mas você já tem outro identificador deste tipo.
destination-not-allowed = Não podemos enviar códigos para este destino.
not-found = Não há nada neste caminho.
method-not-allowed = Aqui só se permite { $method }.
payload-too-large = O corpo tem mais de 8 KiB.
unsupported-media-type = O corpo deve ser JSON, com Content-Type: application/json.
idempotency-key-reused = Esta Idempotency-Key já veio com outra solicitação.
rate-limited = Foram feitas solicitações demais. Tente de novo mais tarde.
delivery-failed = A mensagem não pôde ser entregue.
unavailable = O serviço não está disponível. Tente de novo mais tarde.
internal = Algo deu errado do nosso lado.
sending-stopped = No momento não enviamos códigos por este meio.

identifier-phone = Esse número de telefone não é válido. Escreva-o no formato internacional, como +12345678901.
identifier-extension = Um número de telefone com ramal não pode receber mensagens de texto.
identifier-email = Esse endereço de e-mail não é válido.
identifier-contradiction = O identificador não é do tipo informado.

body-not-json = O corpo não é um objeto JSON legível.
body-not-base64 = O corpo não é base64 válido.
source-missing = A solicitação não tem endereço de origem.
source-not-an-address = { $header } não é um endereço.
field-required = Este campo é obrigatório.
field-not-text = Deve ser um texto (string).
field-type = Deve ser phone ou email.
field-purpose = Deve ser login, signup, password_reset, email_verification ou phone_verification.
field-link = Deve ser a verificação do tipo do próprio identificador.
field-code = Deve ser um código como foi enviado: de 6 a 10 dígitos, ou 16 letras e dígitos.
field-idempotency-key = Deve ser um único valor de 22 a 255 caracteres com pelo menos 128 bits de aleatoriedade, como um UUIDv4.
