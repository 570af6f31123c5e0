//! The numbers of the page, and of `--json`.

pub mod objectives;

use otp_auth::domain::time::Timestamp;
use serde::Serialize;

use super::meaning::{By, of_reason};
use super::tally::names::Names;
use super::tally::series::Step;
use super::tally::spread::Spread;
use super::tally::{Codes, HandOvers, Lines, Tally};
use objectives::{Objective, percent};

/// Steps of the chart over time.
const DRAWN: u64 = 72;
/// Causes that are listed.
const CAUSES: usize = 25;
/// Seconds within which codes come back. The last one is the longest life of a code.
const WITHIN: [u64; 8] = [10, 20, 30, 45, 60, 120, 300, 600];

/// Everything that the page shows.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// The first line that counts, in RFC 3339.
    pub from: String,
    /// The last one.
    pub to: String,
    /// What stood in the inputs.
    pub lines: Lines,
    /// The five objectives.
    pub objectives: Vec<Objective>,
    /// All channels together.
    pub total: CodesOf,
    /// Most used first.
    pub channels: Vec<CodesOf>,
    /// By who took the message.
    pub providers: Vec<CodesOf>,
    /// Of texts.
    pub countries: Vec<CodesOf>,
    /// Right codes by channel and purpose, most used first.
    pub methods: Vec<Method>,
    /// Minutes of a step of the series.
    pub step_minutes: u64,
    /// What happened over time.
    pub series: Vec<StepAt>,
    /// Messages in each hour of the day, 0 to 23.
    pub hours: Vec<u64>,
    /// The same for each day of the week, Monday first, where the log has more than one day.
    pub week: Option<Vec<Vec<u64>>>,
    /// The busiest hour.
    pub peak_hour: Option<usize>,
    /// Sends that were refused, most first.
    pub refusals: Vec<Refusal>,
    /// Sends that a guard which only watches would have refused.
    pub would_refuse: Vec<Refusal>,
    /// What providers did with what they were handed.
    pub hand_overs: Vec<HandOversOf>,
    /// Messages that one provider did not take and the next one was asked to.
    pub failovers: Vec<Failover>,
    /// Receipts that were no providers'.
    pub receipts_rejected: u64,
    /// Mails that their recipients called unwanted.
    pub complaints: u64,
    /// Codes that were entered.
    pub entered: Entered,
    /// Seconds from a message to its code's return, by channel.
    pub times_to_verify: Vec<TimesOf>,
    /// Milliseconds until requests were answered, by route.
    pub latency: Vec<RouteOf>,
    /// Milliseconds in requests to the table, per request.
    pub table: Percentiles,
    /// Why requests failed, most first.
    pub causes: Vec<Cause>,
    /// Sessions.
    pub sessions: Sessions,
    /// Users who signed up.
    pub users_created: u64,
    /// Identifiers whose failures made their codes longer.
    pub levels_raised: u64,
}

/// Codes under a name.
#[derive(Clone, Debug, Serialize)]
pub struct CodesOf {
    /// The name.
    pub name: String,
    /// Messages that left, resent ones included.
    pub messages: u64,
    /// New codes among them.
    pub sent: u64,
    /// Right codes.
    pub verified: u64,
    /// Right codes in a hundred of those that were sent.
    pub conversion: Option<f64>,
}

/// A way to sign in.
#[derive(Debug, Serialize)]
pub struct Method {
    /// `sms` or `email`.
    pub channel: String,
    /// What the code was for.
    pub purpose: String,
    /// Right codes.
    pub verified: u64,
}

/// A step of the series.
#[derive(Debug, Serialize)]
pub struct StepAt {
    /// Its beginning, in RFC 3339.
    pub from: String,
    /// The same in milliseconds since 1970.
    #[serde(skip)]
    pub begins: u64,
    /// Messages that left.
    pub messages: u64,
    /// Right codes.
    pub verified: u64,
    /// Sends that were refused.
    pub refused: u64,
    /// Requests that failed.
    pub faults: u64,
}

/// Sends that were refused.
#[derive(Debug, Serialize)]
pub struct Refusal {
    /// The reason.
    pub reason: String,
    /// Who refuses.
    pub by: By,
    /// How many.
    pub count: u64,
}

/// What a provider did with what it was handed.
#[derive(Debug, Serialize)]
pub struct HandOversOf {
    /// Its name.
    pub provider: String,
    /// Took it.
    pub accepted: u64,
    /// Nobody knows.
    pub unclear: u64,
    /// Refused it.
    pub refused: u64,
    /// Was not reached.
    pub unreached: u64,
    /// Milliseconds until its answer.
    pub took: Percentiles,
}

/// Messages that one provider did not take and the next one was asked to.
#[derive(Debug, Serialize)]
pub struct Failover {
    /// Who did not take them.
    pub from: String,
    /// Who was asked then.
    pub to: String,
    /// Why.
    pub why: String,
    /// How many.
    pub count: u64,
}

/// What came of codes that were entered.
#[derive(Debug, Serialize)]
pub struct Entered {
    /// Right.
    pub right: u64,
    /// Wrong.
    pub wrong: u64,
    /// No code was waiting.
    pub expired: u64,
    /// No guesses were left.
    pub exhausted: u64,
    /// Right, of somebody who may not sign in.
    pub withheld: u64,
    /// Refused for another reason.
    pub refused: u64,
    /// Not decided: the service failed.
    pub failed: u64,
}

/// Where measurements lie.
#[derive(Clone, Debug, Serialize)]
pub struct Percentiles {
    /// How many there are.
    pub count: u64,
    /// Half are not above it.
    pub p50: Option<u64>,
    /// Nine of ten are not.
    pub p90: Option<u64>,
    /// 95 of a hundred are not.
    pub p95: Option<u64>,
    /// 99 of a hundred are not.
    pub p99: Option<u64>,
    /// None is.
    pub most: Option<u64>,
}

/// How long codes took to come back.
#[derive(Debug, Serialize)]
pub struct TimesOf {
    /// The channel.
    pub channel: String,
    /// In seconds.
    #[serde(flatten)]
    pub seconds: Percentiles,
    /// How many were back within some spans of time.
    pub within: Vec<Within>,
}

/// Codes that were back within a span of time.
#[derive(Debug, Serialize)]
pub struct Within {
    /// The span.
    pub seconds: u64,
    /// How many codes.
    pub codes: u64,
}

/// How long requests of a route took.
#[derive(Debug, Serialize)]
pub struct RouteOf {
    /// The route.
    pub route: String,
    /// How many requests there were.
    pub requests: u64,
    /// How many failed.
    pub faults: u64,
    /// In milliseconds.
    #[serde(flatten)]
    pub took: Percentiles,
}

/// Why requests failed.
#[derive(Debug, Serialize)]
pub struct Cause {
    /// The code of the problem, and the cause.
    pub cause: String,
    /// How many.
    pub count: u64,
}

/// What became of sessions.
#[derive(Debug, Serialize)]
pub struct Sessions {
    /// Went on.
    pub refreshed: u64,
    /// Refused: ended, or no session.
    pub refused: u64,
    /// A token came twice, and the session ended by that.
    pub reused: u64,
    /// Signed out.
    pub ended: u64,
}

impl Summary {
    /// Of everything that was counted.
    pub fn new(mut tally: Tally) -> Self {
        let (first, last) = tally.period.unwrap_or_default();
        let objectives = objectives::all(&tally).into();
        let hours: Vec<u64> = (0..24).map(|hour| tally.hours.iter().filter_map(|day| day.get(hour)).sum()).collect();
        let (step_minutes, series) = std::mem::take(&mut tally.series).drawn(DRAWN);
        let event = |name: &str| tally.events.get(name).copied().unwrap_or(0);
        Self {
            from: at(first),
            to: at(last),
            lines: tally.lines,
            objectives,
            total: CodesOf::new("all", &total(&tally.channels)),
            channels: codes(&tally.channels),
            providers: codes(&tally.providers),
            countries: codes(&tally.countries),
            methods: methods(&tally),
            step_minutes,
            series: series.into_iter().map(|(from, step)| StepAt::new(from, step)).collect(),
            peak_hour: peak(&hours),
            hours,
            week: (tally.days.len() > 1).then(|| tally.hours.iter().map(|day| day.to_vec()).collect()),
            refusals: refusals(&tally.refusals),
            would_refuse: refusals(&tally.would_refuse),
            hand_overs: hand_overs(&tally.hand_overs),
            failovers: failovers(&tally),
            receipts_rejected: tally.receipts_rejected,
            complaints: tally.complaints,
            entered: Entered {
                right: event("otp.verified"),
                wrong: event("otp.wrong_code"),
                expired: event("otp.no_challenge"),
                exhausted: event("otp.exhausted"),
                withheld: event("otp.verify_withheld"),
                refused: event("otp.verify_refused"),
                failed: event("otp.verify_failed"),
            },
            times_to_verify: tally.times_to_verify.iter().map(|(channel, spread)| TimesOf::new(channel, spread)).collect(),
            latency: routes(&tally),
            table: Percentiles::of(&tally.table),
            causes: causes(&tally.causes),
            sessions: Sessions {
                refreshed: event("session.refreshed"),
                refused: event("session.refused"),
                reused: event("session.reused"),
                ended: event("session.ended"),
            },
            users_created: tally.users_created,
            levels_raised: tally.levels_raised,
        }
    }

    /// Requests on routes that there are.
    pub fn requests(&self) -> u64 {
        self.latency.iter().map(|route| route.requests).sum()
    }
}

impl CodesOf {
    fn new(name: &str, codes: &Codes) -> Self {
        let Codes { messages, sent, verified } = *codes;
        Self { name: name.to_owned(), messages, sent, verified, conversion: percent(verified, sent) }
    }
}

impl StepAt {
    fn new(from: u64, step: Step) -> Self {
        let Step { messages, verified, refused, faults } = step;
        Self { from: at(from), begins: from, messages, verified, refused, faults }
    }
}

impl Percentiles {
    fn of(spread: &Spread) -> Self {
        let [p50, p90, p95, p99] = [50, 90, 95, 99].map(|hundredths| spread.percentile(hundredths));
        Self { count: spread.count(), p50, p90, p95, p99, most: spread.most() }
    }
}

impl TimesOf {
    fn new(channel: &str, spread: &Spread) -> Self {
        let within = WITHIN.map(|seconds| Within { seconds, codes: spread.below(seconds + 1) });
        Self { channel: channel.to_owned(), seconds: Percentiles::of(spread), within: within.into() }
    }
}

fn at(millis: u64) -> String {
    Timestamp::from_millis(millis).to_rfc3339()
}

fn total(channels: &Names<Codes>) -> Codes {
    channels.iter().fold(Codes::default(), |sum, (_, codes)| Codes {
        messages: sum.messages + codes.messages,
        sent: sum.sent + codes.sent,
        verified: sum.verified + codes.verified,
    })
}

fn codes(names: &Names<Codes>) -> Vec<CodesOf> {
    let mut all: Vec<CodesOf> = names.iter().map(|(name, codes)| CodesOf::new(name, codes)).collect();
    all.sort_by_key(|codes| std::cmp::Reverse((codes.sent, codes.verified)));
    all
}

fn methods(tally: &Tally) -> Vec<Method> {
    let method = |((channel, purpose), verified): (&(String, String), &u64)| Method {
        channel: channel.clone(),
        purpose: purpose.clone(),
        verified: *verified,
    };
    let mut all: Vec<Method> = tally.methods.iter().map(method).collect();
    all.sort_by_key(|method| std::cmp::Reverse(method.verified));
    all
}

/// The first of the busiest hours.
fn peak(hours: &[u64]) -> Option<usize> {
    let most = hours.iter().copied().max().filter(|most| *most > 0)?;
    hours.iter().position(|count| *count == most)
}

fn refusals(names: &Names<u64>) -> Vec<Refusal> {
    names.most().into_iter().map(|(reason, count)| Refusal { by: of_reason(&reason).by, reason, count }).collect()
}

fn hand_overs(names: &Names<HandOvers>) -> Vec<HandOversOf> {
    let of = |(provider, overs): (&str, &HandOvers)| HandOversOf {
        provider: provider.to_owned(),
        accepted: overs.accepted,
        unclear: overs.unclear,
        refused: overs.refused,
        unreached: overs.unreached,
        took: Percentiles::of(&overs.took),
    };
    let mut all: Vec<HandOversOf> = names.iter().map(of).collect();
    all.sort_by_key(|overs| std::cmp::Reverse(overs.all()));
    all
}

impl HandOversOf {
    /// All that it was handed.
    pub const fn all(&self) -> u64 {
        self.accepted + self.unclear + self.refused + self.unreached
    }
}

fn failovers(tally: &Tally) -> Vec<Failover> {
    let of = |((from, to, why), count): (&(String, String, String), &u64)| Failover {
        from: from.clone(),
        to: to.clone(),
        why: why.clone(),
        count: *count,
    };
    let mut all: Vec<Failover> = tally.failovers.iter().map(of).collect();
    all.sort_by_key(|failover| std::cmp::Reverse(failover.count));
    all
}

fn routes(tally: &Tally) -> Vec<RouteOf> {
    let mut all: Vec<RouteOf> = tally
        .routes
        .iter()
        .map(|(name, route)| RouteOf {
            route: name.to_owned(),
            requests: route.requests,
            faults: route.faults,
            took: Percentiles::of(&route.took),
        })
        .collect();
    all.sort_by_key(|route| std::cmp::Reverse(route.requests));
    all
}

fn causes(names: &Names<u64>) -> Vec<Cause> {
    names.most().into_iter().take(CAUSES).map(|(cause, count)| Cause { cause, count }).collect()
}
