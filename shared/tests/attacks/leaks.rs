//! Finding the code where it should not be.

use std::collections::{HashMap, HashSet};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA224, SHA256, SHA512, digest};
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use otp_auth::testing::embedded::{Embedded, TABLE};
use otp_auth::testing::service::Setup;
use serde_json::{Value, json};

use crate::finding::{Finding, Tried};
use crate::lab::{PHONE, guess, lab, parallel, quietly, real, send, wrong};

#[path = "../logs.rs"]
mod logs;

const EMAIL: &str = "someone@example.com";

/// Somebody has the whole table, and a machine that tries every code with the hashes that others store: it finds a code if
/// the right one's hash is there.
pub fn codes_readable_in_the_table() -> Finding {
    Finding {
        counted: "codes found by a plain or unkeyed value",
        real: parallel(codes_recovered(false)),
        may: 0.0,
        broken: "SHA-224 of address and code, without a key",
        control: parallel(codes_recovered(true)),
    }
}

async fn codes_recovered(unkeyed: bool) -> Tried {
    let (embedded, service) = lab(real).await;
    let mut values = Vec::new();
    for identifier in [PHONE, EMAIL] {
        let challenge = send(&service, identifier).await;
        guess(&service, identifier, &wrong(&service.last_code()), &challenge).await;
        values.extend(plain_and_hashed(identifier, &service.last_code()));
        if unkeyed {
            store_unkeyed(&embedded, identifier, &service.last_code()).await;
        }
    }
    let stored = everything_stored(&embedded).await;
    // Whole, or cut to half as our own names are.
    let is_stored = |value: &&Vec<u8>| stored.contains(*value) || value.get(..16).is_some_and(|half| stored.contains(half));
    Tried::of(values.len(), values.iter().filter(is_stored).count())
}

/// The code, and what others store of it.
fn plain_and_hashed(identifier: &str, code: &str) -> Vec<Vec<u8>> {
    let texts = [code.to_owned(), format!("{identifier}{code}"), format!("{code}{identifier}"), format!("{identifier}:{code}")];
    let hashed = texts.iter().flat_map(|text| {
        [&SHA1_FOR_LEGACY_USE_ONLY, &SHA224, &SHA256, &SHA512].map(|hash| digest(hash, text.as_bytes()).as_ref().to_vec())
    });
    std::iter::once(code.as_bytes().to_vec()).chain(hashed).collect()
}

async fn store_unkeyed(embedded: &Embedded, identifier: &str, code: &str) {
    let hash = hex(digest(&SHA224, format!("{identifier}{code}").as_bytes()).as_ref());
    let item = embedded.client().put_item().table_name(TABLE).item("pk", AttributeValue::S(format!("T#{identifier}")));
    item.item("token", AttributeValue::S(hash)).send().await.unwrap();
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every value and every name in the table, as bytes, and as what its text could be the encoding of.
async fn everything_stored(embedded: &Embedded) -> HashSet<Vec<u8>> {
    let items = embedded.client().scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    assert!(items.iter().any(|item| item["pk"].as_s().unwrap().starts_with("I#")), "there is something to search");
    let mut stored = HashSet::new();
    items.iter().for_each(|item| gather(item, &mut stored));
    let texts: Vec<String> = stored.iter().filter_map(|bytes| String::from_utf8(bytes.clone()).ok()).collect();
    for text in texts {
        stored.extend(text.split('#').map(|part| part.as_bytes().to_vec()));
        stored.extend(URL_SAFE_NO_PAD.decode(&text));
        stored.extend(STANDARD_NO_PAD.decode(&text));
        stored.extend(
            (0..text.len() / 2)
                .map(|at| u8::from_str_radix(text.get(at * 2..at * 2 + 2).unwrap_or("-"), 16))
                .collect::<Result<Vec<u8>, _>>(),
        );
    }
    stored
}

fn gather(item: &HashMap<String, AttributeValue>, stored: &mut HashSet<Vec<u8>>) {
    for (name, value) in item {
        stored.insert(name.as_bytes().to_vec());
        match value {
            AttributeValue::S(text) | AttributeValue::N(text) => drop(stored.insert(text.as_bytes().to_vec())),
            AttributeValue::B(blob) => drop(stored.insert(blob.as_ref().to_vec())),
            AttributeValue::M(map) => gather(map, stored),
            AttributeValue::L(list) => {
                let texts = list.iter().filter_map(|value| value.as_s().ok());
                stored.extend(texts.map(|text| text.as_bytes().to_vec()));
            }
            _ => {}
        }
    }
}

/// Every kind of reply, searched for the code that is on its way. Ten digits: no other number looks like it by chance.
pub fn the_code_in_a_reply() -> Finding {
    Finding {
        counted: "replies with the code",
        real: parallel(replies_with_the_code("")),
        may: 0.0,
        broken: "a reply that has it for debugging",
        control: parallel(replies_with_the_code("otp")),
    }
}

async fn replies_with_the_code(debug_field: &str) -> Tried {
    let (_embedded, service) = lab(|setup: &mut Setup| setup.policy.code_length = 10).await;
    let mut tried = Tried::default();
    for identifier in [PHONE, EMAIL] {
        let sent = service.post("send", &json!({ "identifier": identifier })).await;
        let code = service.last_code();
        let challenge = sent.body["challenge_id"].clone();
        let mut replies = vec![sent];
        replies.push(service.post("send", &json!({ "identifier": identifier })).await);
        replies.push(service.post("send", &json!({ "identifier": identifier, "type": code })).await);
        service.advance(60);
        replies.push(service.post("send", &json!({ "identifier": identifier, "challenge_id": challenge })).await);
        replies.push(guess(&service, identifier, &wrong(&code), &challenge).await);
        replies.push(guess(&service, identifier, &code, &json!("forged")).await);
        for _ in 0..2 {
            replies.push(guess(&service, identifier, &code, &challenge).await);
        }
        for mut reply in replies {
            if !debug_field.is_empty() && reply.status == 200 {
                reply.body[debug_field] = Value::String(code.clone());
            }
            tried.add(format!("{:?} {}", reply.headers, reply.body).contains(&code));
        }
    }
    tried
}

/// Every flow at the most talkative level, and a search through the lines.
pub fn the_code_in_a_log() -> Finding {
    let searched = quietly(logs::search);
    Finding {
        counted: "codes, keys, tokens, identifiers in the log",
        real: Tried::of(searched.lines, searched.found),
        may: 0.0,
        broken: "a line that has the code",
        control: Tried::of(1, searched.found_where_written),
    }
}
