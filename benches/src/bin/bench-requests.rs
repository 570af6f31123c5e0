//! Counts the requests that each flow makes to the table, at the table's endpoint, and fails when they are more than promised.
//!
//! Two kinds are told apart: those that **decide** (an identifier, its Idempotency-Key, its user), and those of the **guard**, which
//! count sends and messages, and take answered ones back all at once beside each other.
//!
//! The real service runs on an embedded DynamoDB; between the two stands a server that passes requests on and counts them.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use benches::operations;
use benches::table::Table;
use otp_auth::adapters::aws::{Aws, UnreadableTrust};
use otp_auth::adapters::dynamodb::DynamoStore;
use otp_auth::domain::guard::destinations::SmsCountries;
use otp_auth::testing::embedded::{self, Embedded, EmbeddedError};
use otp_auth::testing::forward::{Forward, ForwardError, Operation};
use otp_auth::testing::service::{Service, Setup, TestReply, with_header};
use serde_json::{Value, json};

/// Longer than the cooldown between two sends.
const A_WHILE: u64 = 61;

#[derive(Debug, thiserror::Error)]
enum BenchError {
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    #[error(transparent)]
    Client(#[from] UnreadableTrust),
    #[error(transparent)]
    Forward(#[from] ForwardError),
    #[error("{flow}: {status} instead of {expected}: {body}")]
    Unexpected { flow: &'static str, expected: u16, status: u16, body: Value },
    #[error("the table could not be printed: {0}")]
    Output(#[from] std::io::Error),
}

/// A service whose every request to the table is counted, and what has been found so far.
struct Bench {
    service: Service,
    forward: Forward,
    rows: Vec<Row>,
    /// Keeps the table alive.
    _embedded: Embedded,
}

struct Row {
    flow: &'static str,
    promised: Option<Promise>,
    operations: Vec<Operation>,
}

/// Requests that decide, and requests of the guard.
type Promise = (usize, usize);

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _unprintable = writeln!(std::io::stderr(), "bench-requests: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<bool, BenchError> {
    let mut bench = Bench::start(SmsCountries::All).await?;
    bench.sends().await?;
    bench.sign_ins().await?;
    let mut of_one_country = Bench::start(SmsCountries::Only(["US".to_owned()].into())).await?;
    of_one_country.sends_to_one_country().await?;
    bench.rows.append(&mut of_one_country.rows);
    bench.report()
}

impl Bench {
    async fn start(countries: SmsCountries) -> Result<Self, BenchError> {
        let embedded = Embedded::start(None).await?;
        let forward = Forward::to(&embedded.endpoint())?;
        let client = Aws::new(&embedded::local_credentials())?.dynamodb(Some(&forward.listen().await?));
        let store = Arc::new(DynamoStore::new(client, embedded::TABLE.to_owned()));
        let mut setup = Setup {
            store: Arc::clone(&store) as _,
            claims: Arc::clone(&store) as _,
            counters: Arc::clone(&store) as _,
            directory: store,
            ..Setup::on(&embedded)?
        };
        setup.guard.countries = countries;
        Ok(Self { service: setup.build(), forward, rows: Vec::new(), _embedded: embedded })
    }

    async fn sends(&mut self) -> Result<(), BenchError> {
        // What is stopped is read twice a minute by each process, whatever it sends.
        self.challenge().await?;
        let phone = json!({ "identifier": "+12065550101" });
        let sent = self.post("send, phone", Some((1, 4)), 200, "send", &phone).await?;
        self.service.advance(A_WHILE);
        self.challenge().await?;
        let again = json!({ "identifier": "+12065550101", "challenge_id": sent.body.get("challenge_id") });
        self.post("send, the same code again (challenge_id)", Some((2, 4)), 200, "send", &again).await?;
        self.post("send, refused by the cooldown", Some((1, 1)), 429, "send", &phone).await?;
        self.post("send, email", Some((1, 2)), 200, "send", &json!({ "identifier": "someone@example.com" })).await?;
        self.idempotent_sends().await
    }

    async fn idempotent_sends(&mut self) -> Result<(), BenchError> {
        let call = || self.service.request("send", &json!({ "identifier": "+12065550102" }));
        let key = "6f1cbb0a-7d1b-4b0e-9e39-3f6cc54e2b17";
        for (flow, call) in [
            ("send, with Idempotency-Key", with_header(call(), "idempotency-key", key)),
            ("send, with the same Idempotency-Key once more", with_header(call(), "idempotency-key", key)),
        ] {
            let reply = self.service.call(&call).await;
            self.counted(flow, None, 200, &reply)?;
        }
        Ok(())
    }

    /// Where texts go to one country alone.
    async fn sends_to_one_country(&mut self) -> Result<(), BenchError> {
        // What is stopped, as above.
        self.post("a mail before", None, 200, "send", &json!({ "identifier": "someone@example.com" })).await?;
        self.rows.clear();
        let text = |last: u8| json!({ "identifier": format!("+120655501{last:02}") });
        self.post("send, phone, one country, its first text of a day", Some((1, 4)), 200, "send", &text(1)).await?;
        // The second names the country once more, should the first have failed.
        self.post("a text between", None, 200, "send", &text(2)).await?;
        self.rows.truncate(1);
        let sent = self.post("send, phone, one country, its third", Some((1, 3)), 200, "send", &text(3)).await?;
        let code = self.service.last_code();
        let right = json!({ "identifier": "+12065550103", "otp_code": code, "challenge_id": sent.body.get("challenge_id") });
        self.post("a first sign-in", None, 200, "verify", &right).await?;
        self.rows.truncate(2);
        let again = self.challenge().await?;
        let code = self.service.last_code();
        let right = json!({ "identifier": "+12065550103", "otp_code": code, "challenge_id": again });
        self.post("verify, right code, one country, returning user", Some((1, 2)), 200, "verify", &right).await?;
        Ok(())
    }

    async fn sign_ins(&mut self) -> Result<(), BenchError> {
        let challenge = self.challenge().await?;
        let verify =
            |code: &str, challenge: &Value| json!({ "identifier": "+12065550103", "otp_code": code, "challenge_id": challenge });
        let wrong = other_code(&self.service.last_code());
        self.post("verify, wrong code", Some((1, 0)), 400, "verify", &verify(&wrong, &challenge)).await?;
        let right = verify(&self.service.last_code(), &challenge);
        self.post("verify, right code, first sign-in ever", None, 200, "verify", &right).await?;
        self.post("verify, used code", Some((1, 0)), 400, "verify", &right).await?;
        let challenge = self.challenge().await?;
        let right = verify(&self.service.last_code(), &challenge);
        self.post("verify, right code, returning user", Some((1, 3)), 200, "verify", &right).await?;
        self.challenge().await?;
        let unnamed = json!({ "identifier": "+12065550103", "otp_code": self.service.last_code() });
        self.post("verify, right code, without challenge_id", Some((2, 3)), 200, "verify", &unnamed).await?;
        let forged = verify("123456", &json!("forged"));
        self.post("verify, forged challenge_id", Some((0, 0)), 400, "verify", &forged).await?;
        Ok(())
    }

    /// A fresh code on its way, not counted.
    async fn challenge(&mut self) -> Result<Value, BenchError> {
        self.service.advance(A_WHILE);
        let reply = self.service.post("send", &json!({ "identifier": "+12065550103" })).await;
        let reply = expect("a send in between", 200, &reply)?;
        let _not_counted = self.forward.take_operations();
        Ok(reply.get("challenge_id").cloned().unwrap_or_default())
    }

    async fn post(
        &mut self,
        flow: &'static str,
        promised: Option<Promise>,
        status: u16,
        route: &str,
        body: &Value,
    ) -> Result<TestReply, BenchError> {
        let reply = self.service.post(route, body).await;
        self.counted(flow, promised, status, &reply)?;
        Ok(reply)
    }

    fn counted(
        &mut self,
        flow: &'static str,
        promised: Option<Promise>,
        status: u16,
        reply: &TestReply,
    ) -> Result<(), BenchError> {
        expect(flow, status, reply)?;
        self.rows.push(Row { flow, promised, operations: self.forward.take_operations() });
        Ok(())
    }

    /// Prints what was found. Is it as promised?
    fn report(&self) -> Result<bool, BenchError> {
        let mut table = Table::new(["flow", "decide", "guard", "promised", "operations"], &[0, 4]);
        for row in &self.rows {
            let promised = row.promised.map_or_else(|| "-".to_owned(), |(decide, guard)| format!("{decide} + {guard}"));
            let (decide, guard) = row.counts();
            table.row([row.flow.to_owned(), decide.to_string(), guard.to_string(), promised, summary(&row.operations)]);
        }
        let kept = self.rows.iter().all(|row| row.promised.is_none_or(|promised| promised == row.counts()));
        let verdict = if kept { "PASS: as promised" } else { "FAIL: not as promised" };
        writeln!(std::io::stdout().lock(), "Requests to the table, counted at its endpoint\n\n{table}\n{verdict}")?;
        Ok(kept)
    }
}

fn expect<'a>(flow: &'static str, expected: u16, reply: &'a TestReply) -> Result<&'a Value, BenchError> {
    if reply.status.as_u16() == expected {
        return Ok(&reply.body);
    }
    Err(BenchError::Unexpected { flow, expected, status: reply.status.as_u16(), body: reply.body.clone() })
}

/// A code of the same length that is not this one.
fn other_code(code: &str) -> String {
    code.chars().map(|digit| if digit == '0' { '1' } else { '0' }).collect()
}

impl Row {
    fn counts(&self) -> Promise {
        let guard = self.operations.iter().filter(|operation| operations::is_of_the_guard(operation)).count();
        (self.operations.len() - guard, guard)
    }
}

/// `UpdateItem A I, GetItem I`
fn summary(operations: &[Operation]) -> String {
    let mut items: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for operation in operations {
        items.entry(&operation.name).or_default().push(operation.item.as_deref().unwrap_or("several"));
    }
    items.iter().map(|(name, items)| format!("{name} {}", items.join(" "))).collect::<Vec<_>>().join(", ")
}
