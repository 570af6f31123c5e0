//! Checks access tokens, one a line: `check-token ISSUER AUDIENCE KEY_SET_FILE <tokens`. The file is what your HTTP client got
//! from `ISSUER/.well-known/jwks.json`; fetch it again, at most once a minute, for a key id that is not in it.
#![allow(clippy::print_stdout, reason = "it is what this program is for")]

use std::error::Error;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};

/// What this program wants to know; the library itself checks the claims that `Validation` names.
#[derive(serde::Deserialize)]
struct Claims {
    sub: String,
}

fn check(token: &str, issuer: &str, audience: &str, keys: &JwkSet) -> Result<String, Box<dyn Error>> {
    let header = decode_header(token)?;
    let id = header.kid.filter(|_| header.typ.as_deref() == Some("at+jwt")).ok_or("not an access token")?;
    let key = DecodingKey::from_jwk(keys.find(&id).ok_or("an unknown key")?)?;
    // RS256 is what the deployment signs with; what a token says does not count.
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_issuer(&[issuer]);
    rules.set_audience(&[audience]);
    rules.set_required_spec_claims(&["exp", "nbf", "sub", "iss", "aud"]);
    (rules.validate_nbf, rules.leeway) = (true, 5);
    Ok(decode::<Claims>(token, &key, &rules)?.claims.sub)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [issuer, audience, file] = arguments.as_slice() else { return Err("check-token ISSUER AUDIENCE KEY_SET_FILE".into()) };
    let keys: JwkSet = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    for token in std::io::stdin().lines() {
        match check(&token?, issuer, audience, &keys) {
            Ok(user) => println!("accepted {user}"),
            Err(error) => println!("refused {error}"),
        }
    }
    Ok(())
}
