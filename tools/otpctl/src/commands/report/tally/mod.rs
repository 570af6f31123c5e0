//! What the lines add up to, in memory that does not grow with their number.

pub mod names;
pub mod series;
pub mod spread;

use std::collections::BTreeMap;

use otp_auth::ports::sender::MAIL_PROVIDERS;

use super::line::{Kind, Line, whole};
use names::{Names, shown};
use series::Series;
use spread::Spread;

/// Hours of a day.
const HOURS: usize = 24;
/// Who "delivers" to test identifiers.
const NOBODY: &str = "none";

/// Everything that the page needs.
#[derive(Debug, Default)]
pub struct Tally {
    /// What stood in the inputs.
    pub lines: Lines,
    /// The times of the first and the last line that counts, in milliseconds.
    pub period: Option<(u64, u64)>,
    /// By route.
    pub routes: Names<Route>,
    /// Time in the table's requests, of each request that made any.
    pub table: Spread,
    /// Sends that somebody waited for a message of, until they were answered.
    pub sends: Spread,
    /// Codes and right codes by channel, …
    pub channels: Names<Codes>,
    /// … by who took the message, …
    pub providers: Names<Codes>,
    /// … and, of texts, by country.
    pub countries: Names<Codes>,
    /// Right codes by channel and purpose.
    pub methods: BTreeMap<(String, String), u64>,
    /// By channel: what became of messages, by the providers' first word.
    pub taken: Names<Taken>,
    /// By channel: what became of them by their last word.
    pub receipts: Names<Receipts>,
    /// Receipts that were no providers'.
    pub receipts_rejected: u64,
    /// Mails that their recipients called unwanted.
    pub complaints: u64,
    /// What providers did with what they were handed.
    pub hand_overs: Names<HandOvers>,
    /// Messages that one provider did not take and the next one was asked to, by both and by why.
    pub failovers: BTreeMap<(String, String, String), u64>,
    /// Over time.
    pub series: Series,
    /// Messages by day of the week (Monday first) and hour of the day, of UTC.
    pub hours: [[u64; HOURS]; 7],
    /// Days that have messages, up to two.
    pub days: Vec<u64>,
    /// Sends that were refused, by reason.
    pub refusals: Names<u64>,
    /// Sends that a guard which only watches would have refused, by reason.
    pub would_refuse: Names<u64>,
    /// What came of codes that were entered, and of sessions, by event.
    pub events: Names<u64>,
    /// Seconds from a message to its code's return, by channel.
    pub times_to_verify: Names<Spread>,
    /// Requests that failed, by code and cause.
    pub causes: Names<u64>,
    /// Users who signed up.
    pub users_created: u64,
    /// Identifiers whose failures made their codes longer.
    pub levels_raised: u64,
}

/// What stood in the inputs.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Lines {
    /// All of it, empty lines apart.
    pub read: u64,
    /// Lines of requests.
    pub requests: u64,
    /// Lines of receipts.
    pub receipts: u64,
    /// Other lines of the service.
    pub remarks: u64,
    /// Lines of other programs.
    pub foreign: u64,
    /// What could not be read.
    pub unreadable: u64,
    /// Lines outside the period that was asked for.
    pub outside: u64,
}

/// Requests of a route.
#[derive(Clone, Debug, Default)]
pub struct Route {
    /// How many.
    pub requests: u64,
    /// How many failed.
    pub faults: u64,
    /// Milliseconds until they were answered.
    pub took: Spread,
}

/// Codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Codes {
    /// Messages that left, resent ones included.
    pub messages: u64,
    /// New codes among them.
    pub sent: u64,
    /// Right codes.
    pub verified: u64,
}

/// Messages, by whether a provider took them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// One did.
    pub accepted: u64,
    /// Nobody knows.
    pub unclear: u64,
    /// None did.
    pub failed: u64,
}

/// Messages, by what receipts say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipts {
    /// Delivered.
    pub confirmed: u64,
    /// Not delivered.
    pub failed: u64,
}

/// What a provider did with what it was handed.
#[derive(Clone, Debug, Default)]
pub struct HandOvers {
    /// Took it.
    pub accepted: u64,
    /// Nobody knows.
    pub unclear: u64,
    /// Refused it.
    pub refused: u64,
    /// Was not reached.
    pub unreached: u64,
    /// Milliseconds until its answer, where it alone was asked.
    pub took: Spread,
}

impl Tally {
    /// Adds what a text is.
    pub fn add(&mut self, kind: Kind, within: &impl Fn(u64) -> bool) {
        self.lines.read += 1;
        match kind {
            Kind::Ours(line) if !within(line.time) => self.lines.outside += 1,
            Kind::Ours(line) => self.count(&line),
            Kind::Remark => self.lines.remarks += 1,
            Kind::Foreign => self.lines.foreign += 1,
            Kind::Unreadable => self.lines.unreadable += 1,
        }
    }

    /// Adds what is no line.
    pub fn add_broken(&mut self) {
        self.add(Kind::Unreadable, &|_| true);
    }

    fn count(&mut self, line: &Line) {
        let (first, last) = self.period.unwrap_or((line.time, line.time));
        self.period = Some((first.min(line.time), last.max(line.time)));
        if line.is_receipt() {
            self.lines.receipts += 1;
            return self.count_receipt(line);
        }
        self.lines.requests += 1;
        if !line.is_request() {
            return;
        }
        self.count_request(line);
        self.count_send(line);
        self.count_verify(line);
    }

    fn count_receipt(&mut self, line: &Line) {
        if line.event == "receipt.rejected" {
            self.receipts_rejected += 1;
        } else if line.reason == "complaint" {
            // It did arrive, and has a receipt that says so.
            self.complaints += 1;
        } else if let Some(receipts) = self.receipts.of(&line.channel) {
            let confirmed = line.event == "delivery.confirmed";
            *(if confirmed { &mut receipts.confirmed } else { &mut receipts.failed }) += 1;
        }
    }

    fn count_request(&mut self, line: &Line) {
        let name = if line.route.is_empty() { "(before a route)" } else { &line.route };
        let fault = line.is_fault();
        if let Some(route) = self.routes.of(name) {
            route.requests += 1;
            route.faults += u64::from(fault);
            whole(line.duration_ms).into_iter().for_each(|took| route.took.add(took));
        }
        whole(line.table_ms).into_iter().for_each(|took| self.table.add(took));
        self.events.count(&line.event);
        if fault {
            self.series.at(line.time).faults += 1;
            self.causes.count(&cause(line));
        }
        self.users_created += u64::from(line.user == "created");
        self.levels_raised += u64::from(line.level_raised.is_some());
    }

    fn count_send(&mut self, line: &Line) {
        line.would_refuse.split(',').for_each(|reason| self.would_refuse.count(reason));
        match line.event.as_str() {
            "otp.send_refused" => {
                self.refusals.count(&line.reason);
                self.series.at(line.time).refused += 1;
            }
            "otp.sent" | "otp.resent" | "otp.send_failed" | "otp.withheld" => {
                whole(line.duration_ms).into_iter().for_each(|took| self.sends.add(took));
            }
            _ => {}
        }
        if line.route == "send" && !line.provider.is_empty() && line.provider != NOBODY {
            self.count_hand_overs(line);
            if ["otp.sent", "otp.resent"].contains(&line.event.as_str()) {
                self.count_message(line);
            }
        }
    }

    fn count_message(&mut self, line: &Line) {
        let new = u64::from(line.event == "otp.sent");
        for codes in self.codes(line) {
            codes.messages += 1;
            codes.sent += new;
        }
        self.series.at(line.time).messages += 1;
        let (day, hour) = (line.time / 86_400_000, line.time / 3_600_000 % 24);
        // 1970-01-01 was a Thursday.
        let weekday = usize::try_from((day + 3) % 7).unwrap_or(0);
        let hour = usize::try_from(hour).unwrap_or(0);
        if let Some(count) = self.hours.get_mut(weekday).and_then(|hours| hours.get_mut(hour)) {
            *count += 1;
        }
        if self.days.len() < 2 && !self.days.contains(&day) {
            self.days.push(day);
        }
    }

    /// The counters that a code belongs to: its channel's, its provider's, and its country's if it is a text.
    fn codes(&mut self, line: &Line) -> impl Iterator<Item = &mut Codes> {
        let channel = carried_by(&line.channel, &line.provider);
        let country = if channel == "sms" { line.country.as_str() } else { "" };
        [self.channels.of(channel), self.providers.of(&line.provider), self.countries.of(country)].into_iter().flatten()
    }

    fn count_hand_overs(&mut self, line: &Line) {
        let handed = handed(line);
        let alone = handed.len() == 1;
        let mut last: BTreeMap<&str, &str> = BTreeMap::new();
        for (provider, outcome) in &handed {
            if let Some(overs) = self.hand_overs.of(provider) {
                *(match *outcome {
                    "accepted" => &mut overs.accepted,
                    "ambiguous" => &mut overs.unclear,
                    "unreached" => &mut overs.unreached,
                    // Its own outcome, or the class of a refusal.
                    _ => &mut overs.refused,
                }) += 1;
                whole(line.provider_ms).filter(|_| alone).into_iter().for_each(|took| overs.took.add(took));
            }
            last.insert(carried_by(&line.channel, provider), outcome);
        }
        for (channel, outcome) in last {
            let Some(taken) = self.taken.of(channel) else { continue };
            *(match outcome {
                "accepted" => &mut taken.accepted,
                "ambiguous" => &mut taken.unclear,
                _ => &mut taken.failed,
            }) += 1;
        }
        self.count_failovers(&handed);
    }

    fn count_failovers(&mut self, handed: &[(&str, &str)]) {
        for ((from, why), (to, _)) in handed.iter().zip(handed.iter().skip(1)) {
            let key = (shown(from), shown(to), shown(why));
            if self.failovers.len() < 100 || self.failovers.contains_key(&key) {
                *self.failovers.entry(key).or_default() += 1;
            }
        }
    }

    fn count_verify(&mut self, line: &Line) {
        // Without a provider it was a test identifier's fixed code.
        if line.event != "otp.verified" || line.provider.is_empty() {
            return;
        }
        self.codes(line).for_each(|codes| codes.verified += 1);
        self.series.at(line.time).verified += 1;
        let method = (shown(&line.channel), shown(&line.purpose));
        if self.methods.len() < 50 || self.methods.contains_key(&method) {
            *self.methods.entry(method).or_default() += 1;
        }
        if let (Some(seconds), Some(spread)) = (whole(line.time_to_verify_s), self.times_to_verify.of(&line.channel)) {
            spread.add(seconds);
        }
    }
}

/// Who was handed the message, one after another, and what each did with it.
fn handed(line: &Line) -> Vec<(&str, &str)> {
    if line.tried.is_empty() {
        return vec![(line.provider.as_str(), line.delivery.as_str())];
    }
    line.tried.split(',').filter_map(|tried| tried.split_once(':')).take(8).collect()
}

/// A mail can stand in for a text.
fn carried_by<'a>(channel: &'a str, provider: &str) -> &'a str {
    if MAIL_PROVIDERS.contains(&provider) { "email" } else { channel }
}

/// What a request failed for: the code of its problem, and the cause. Long numbers and addresses are nobody's business, and would
/// keep apart what is the same.
fn cause(line: &Line) -> String {
    let words = line.cause.split(' ').map(|word| if word.contains('@') { "…@…".to_owned() } else { without_numbers(word) });
    let cause = words.collect::<Vec<_>>().join(" ");
    if cause.is_empty() { line.code.clone() } else { format!("{}: {cause}", line.code) }
}

/// Every run of five digits and more becomes one `#`.
fn without_numbers(word: &str) -> String {
    let (mut text, mut digits) = (String::new(), String::new());
    for c in word.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        text.push_str(if digits.len() < 5 { &digits } else { "#" });
        digits.clear();
        text.push(c);
    }
    text.trim_end_matches('\0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_cause_names_nobody() {
        let line = line(
            r#"{"code":"delivery_failed","cause":"twilio refused: Invalid 21211 +12345678901 someone@example.com a\u0000b 4242"}"#,
        );
        assert_eq!(cause(&line), "delivery_failed: twilio refused: Invalid # +# …@… a\0b 4242");
    }

    #[test]
    fn the_last_word_of_each_channel_decides_whether_a_message_was_taken() {
        let line = line(
            r#"{"route":"send","event":"otp.sent","channel":"sms","provider":"ses","delivery":"accepted","status":200,
            "tried":"twilio:funds,vonage:unreached,ses:accepted"}"#,
        );
        let mut tally = Tally::default();
        tally.count(&line);
        assert_eq!(tally.taken.get("sms"), Some(&Taken { failed: 1, ..Taken::default() }));
        assert_eq!(tally.taken.get("email"), Some(&Taken { accepted: 1, ..Taken::default() }));
        assert_eq!(tally.failovers.len(), 2);
        assert_eq!(tally.countries.iter().count(), 0, "a mail says nothing of a country");
    }
}
