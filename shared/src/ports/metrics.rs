//! The catalogue of metrics: what each is called, what it counts, and by which dimensions it is kept apart.
//!
//! A request's measures travel inside its log line, in CloudWatch's
//! [Embedded Metric Format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html):
//! no call is made for them. CloudWatch bills each combination of a metric and its dimensions' values, so dimensions are few
//! and have few values; nothing of a person is one.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::domain::time::Timestamp;

/// What is measured. `docs/logs.md` says when each is put down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Requests on a route.
    Requests,
    /// Requests that failed by our fault, or that of somebody behind us; 0 for the others, so that the mean is a rate.
    Faults,
    /// How long a request took.
    Latency,
    /// Requests to the table, the SDK's retries included.
    TableRequests,
    /// Time in them.
    TableLatency,
    /// How long a provider took to answer.
    ProviderLatency,
    /// Messages that a provider took.
    MessagesAccepted,
    /// Messages that a provider refused, or that did not reach it.
    MessagesFailed,
    /// Messages of which nobody knows.
    MessagesUnclear,
    /// Messages that one provider did not take and another was asked to.
    Failovers,
    /// New codes whose message left.
    CodesSent,
    /// Right codes.
    CodesVerified,
    /// Wrong codes.
    WrongCodes,
    /// Codes for which no challenge was waiting.
    ExpiredCodes,
    /// Codes for a challenge without guesses left.
    ExhaustedCodes,
    /// From a code's first message to its return.
    TimeToVerify,
    /// Identifiers whose failures made their codes longer.
    LevelsRaised,
    /// Sends that a limit or the guard refused.
    Refusals,
    /// Sends that the guard would have refused, where it only watches.
    WouldRefuse,
    /// How much of the day's budget for texts is used up.
    BudgetUsed,
    /// How many of a country's texts of this hour and the last nobody answered.
    CountryUnanswered,
    /// Sessions that went on.
    SessionsRefreshed,
    /// Refresh tokens that came a second time.
    SessionsReused,
    /// Users who signed up.
    UsersCreated,
    /// Messages that arrived, by the provider's word.
    DeliveriesConfirmed,
    /// Messages that did not arrive, by the provider's word.
    DeliveriesFailed,
    /// Receipts that were not what they claimed to be.
    ReceiptsRejected,
}

/// What metrics are kept apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// `send`, `verify`, `refresh`, …
    Route,
    /// `sms` or `email`.
    Channel,
    /// `sns`, `twilio`, `ses`, …
    Provider,
    /// The country of a text, in ISO 3166-1 alpha-2.
    Country,
    /// Why a send was refused.
    Reason,
}

/// Values of one moment, and what they are of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures {
    values: Vec<(Metric, f64)>,
    at: Vec<(Dimension, String)>,
}

/// Bytes that most documents fit in.
const ENOUGH: usize = 2048;

/// A set of dimensions whose values are stated together.
type DimensionSet = &'static [Dimension];

impl Metric {
    /// All of them.
    pub const ALL: [Self; 27] = [
        Self::Requests,
        Self::Faults,
        Self::Latency,
        Self::TableRequests,
        Self::TableLatency,
        Self::ProviderLatency,
        Self::MessagesAccepted,
        Self::MessagesFailed,
        Self::MessagesUnclear,
        Self::Failovers,
        Self::CodesSent,
        Self::CodesVerified,
        Self::WrongCodes,
        Self::ExpiredCodes,
        Self::ExhaustedCodes,
        Self::TimeToVerify,
        Self::LevelsRaised,
        Self::Refusals,
        Self::WouldRefuse,
        Self::BudgetUsed,
        Self::CountryUnanswered,
        Self::SessionsRefreshed,
        Self::SessionsReused,
        Self::UsersCreated,
        Self::DeliveriesConfirmed,
        Self::DeliveriesFailed,
        Self::ReceiptsRejected,
    ];

    /// Its name in CloudWatch.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requests => "Requests",
            Self::Faults => "Faults",
            Self::Latency => "Latency",
            Self::TableRequests => "TableRequests",
            Self::TableLatency => "TableLatency",
            Self::ProviderLatency => "ProviderLatency",
            Self::MessagesAccepted => "MessagesAccepted",
            Self::MessagesFailed => "MessagesFailed",
            Self::MessagesUnclear => "MessagesUnclear",
            Self::Failovers => "Failovers",
            Self::CodesSent => "CodesSent",
            Self::CodesVerified => "CodesVerified",
            Self::WrongCodes => "WrongCodes",
            Self::ExpiredCodes => "ExpiredCodes",
            Self::ExhaustedCodes => "ExhaustedCodes",
            Self::TimeToVerify => "TimeToVerify",
            Self::LevelsRaised => "LevelsRaised",
            Self::Refusals => "Refusals",
            Self::WouldRefuse => "WouldRefuse",
            Self::BudgetUsed => "BudgetUsed",
            Self::CountryUnanswered => "CountryUnanswered",
            Self::SessionsRefreshed => "SessionsRefreshed",
            Self::SessionsReused => "SessionsReused",
            Self::UsersCreated => "UsersCreated",
            Self::DeliveriesConfirmed => "DeliveriesConfirmed",
            Self::DeliveriesFailed => "DeliveriesFailed",
            Self::ReceiptsRejected => "ReceiptsRejected",
        }
    }

    /// Its unit, as CloudWatch spells it.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Latency | Self::TableLatency | Self::ProviderLatency => "Milliseconds",
            Self::TimeToVerify => "Seconds",
            Self::BudgetUsed | Self::CountryUnanswered => "Percent",
            _ => "Count",
        }
    }

    /// The sets of dimensions that it is kept by: each is a metric of its own to CloudWatch, and to its bill.
    #[must_use]
    pub const fn dimensions(self) -> &'static [DimensionSet] {
        use Dimension::{Channel, Country, Provider, Reason, Route};
        match self {
            Self::Requests | Self::Faults | Self::Latency | Self::TableRequests => &[&[Route]],
            Self::ProviderLatency | Self::ReceiptsRejected => &[&[Provider]],
            Self::MessagesAccepted
            | Self::MessagesFailed
            | Self::MessagesUnclear
            | Self::DeliveriesConfirmed
            | Self::DeliveriesFailed => &[&[Channel], &[Channel, Provider]],
            Self::CodesSent | Self::CodesVerified => &[&[Channel], &[Channel, Provider], &[Country]],
            Self::Failovers | Self::WrongCodes | Self::ExpiredCodes | Self::ExhaustedCodes | Self::TimeToVerify => &[&[Channel]],
            Self::Refusals => &[&[Reason]],
            Self::CountryUnanswered => &[&[], &[Country]],
            Self::TableLatency
            | Self::LevelsRaised
            | Self::WouldRefuse
            | Self::BudgetUsed
            | Self::SessionsRefreshed
            | Self::SessionsReused
            | Self::UsersCreated => &[&[]],
        }
    }
}

impl Dimension {
    /// Its name in CloudWatch.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Route => "Route",
            Self::Channel => "Channel",
            Self::Provider => "Provider",
            Self::Country => "Country",
            Self::Reason => "Reason",
        }
    }
}

impl Measures {
    /// Puts a value down, in the place of an earlier one.
    pub fn put(&mut self, metric: Metric, value: f64) -> &mut Self {
        self.values.retain(|(known, _)| *known != metric);
        self.values.push((metric, value));
        self
    }

    /// Puts one down.
    pub fn count(&mut self, metric: Metric) -> &mut Self {
        self.put(metric, 1.0)
    }

    /// Says what all of them are of. An unknown value, as of the country of a mail, leaves out the sets that need it.
    pub fn at(&mut self, dimension: Dimension, value: &str) -> &mut Self {
        if !value.is_empty() {
            self.at.retain(|(known, _)| *known != dimension);
            self.at.push((dimension, value.to_owned()));
        }
        self
    }

    /// As a JSON object in the Embedded Metric Format; none when there is nothing to tell.
    #[must_use]
    pub fn to_emf(&self, namespace: &str, now: Timestamp) -> Option<String> {
        let directives = self.directives(namespace);
        if directives.is_empty() {
            return None;
        }
        let mut text = Vec::with_capacity(ENOUGH);
        serde_json::to_writer(&mut text, &Document { measures: self, directives, now }).ok()?;
        String::from_utf8(text).ok()
    }

    /// Metrics that are kept by the same sets, in one directive. A set with an unknown value is left out.
    fn directives<'n>(&self, namespace: &'n str) -> Vec<Directive<'n>> {
        let mut directives: Vec<Directive<'n>> = Vec::new();
        for (metric, _) in &self.values {
            let sets: Vec<DimensionSet> = metric.dimensions().iter().copied().filter(|set| self.knows(set)).collect();
            let definition = Definition { name: metric.name(), unit: metric.unit() };
            match directives.iter_mut().find(|directive| directive.sets == sets) {
                _ if sets.is_empty() => {}
                Some(directive) => directive.metrics.push(definition),
                None => directives.push(Directive { namespace, sets, metrics: vec![definition] }),
            }
        }
        directives
    }

    fn knows(&self, set: DimensionSet) -> bool {
        set.iter().all(|dimension| self.at.iter().any(|(known, _)| known == dimension))
    }
}

/// A document of the format: values, the dimensions' values that its sets need, and how to read them.
struct Document<'a> {
    measures: &'a Measures,
    directives: Vec<Directive<'a>>,
    now: Timestamp,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_kept = |metric: Metric| self.directives.iter().any(|directive| directive.keeps(metric));
        let is_needed = |dimension: Dimension| self.directives.iter().any(|directive| directive.needs(dimension));
        let mut members = serializer.serialize_map(None)?;
        for (metric, value) in self.measures.values.iter().filter(|(metric, _)| is_kept(*metric)) {
            members.serialize_entry(metric.name(), &Number(*value))?;
        }
        for (dimension, value) in self.measures.at.iter().filter(|(dimension, _)| is_needed(*dimension)) {
            members.serialize_entry(dimension, value)?;
        }
        members.serialize_entry("_aws", &Aws { timestamp: self.now.as_millis(), directives: &self.directives })?;
        members.end()
    }
}

#[derive(Serialize)]
struct Aws<'a> {
    #[serde(rename = "Timestamp")]
    timestamp: u64,
    #[serde(rename = "CloudWatchMetrics")]
    directives: &'a [Directive<'a>],
}

/// Metrics that are kept by the same sets.
#[derive(Serialize)]
struct Directive<'n> {
    #[serde(rename = "Namespace")]
    namespace: &'n str,
    #[serde(rename = "Dimensions")]
    sets: Vec<DimensionSet>,
    #[serde(rename = "Metrics")]
    metrics: Vec<Definition>,
}

#[derive(Serialize)]
struct Definition {
    #[serde(rename = "Name")]
    name: &'static str,
    #[serde(rename = "Unit")]
    unit: &'static str,
}

impl Directive<'_> {
    fn keeps(&self, metric: Metric) -> bool {
        self.metrics.iter().any(|definition| definition.name == metric.name())
    }

    fn needs(&self, dimension: Dimension) -> bool {
        self.sets.iter().any(|set| set.contains(&dimension))
    }
}

impl Serialize for Dimension {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Whole numbers without a point: most values are.
struct Number(f64);

impl Serialize for Number {
    #[expect(clippy::cast_possible_truncation, reason = "a whole number of this size is exact")]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(value) = *self;
        if value.fract() == 0.0 && value.abs() < 9.0e15 {
            serializer.serialize_i64(value as i64)
        } else {
            serializer.serialize_f64(value)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn emf(measures: &Measures) -> Value {
        let text = measures.to_emf("otp-auth", Timestamp::from_millis(1_700_000_000_123)).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_document_states_values_dimensions_and_how_to_read_them() {
        let mut measures = Measures::default();
        measures.count(Metric::CodesSent).put(Metric::BudgetUsed, 12.5);
        measures.at(Dimension::Channel, "sms").at(Dimension::Provider, "sns").at(Dimension::Country, "US");
        assert_eq!(
            emf(&measures),
            json!({
                "CodesSent": 1, "BudgetUsed": 12.5, "Channel": "sms", "Provider": "sns", "Country": "US",
                "_aws": { "Timestamp": 1_700_000_000_123_u64, "CloudWatchMetrics": [
                    { "Namespace": "otp-auth", "Dimensions": [["Channel"], ["Channel", "Provider"], ["Country"]],
                      "Metrics": [{ "Name": "CodesSent", "Unit": "Count" }] },
                    { "Namespace": "otp-auth", "Dimensions": [[]], "Metrics": [{ "Name": "BudgetUsed", "Unit": "Percent" }] },
                ] },
            })
        );
    }

    #[test]
    fn nothing_is_stated_twice() {
        let mut measures = Measures::default();
        measures
            .count(Metric::CodesSent)
            .put(Metric::CodesSent, 2.0)
            .at(Dimension::Channel, "sms")
            .at(Dimension::Channel, "email");
        let text = measures.to_emf("otp-auth", Timestamp::from_millis(0)).unwrap();
        assert_eq!((text.matches(r#""CodesSent":"#).count(), text.matches(r#""Channel":"#).count()), (1, 1), "{text}");
        assert_eq!((&emf(&measures)["CodesSent"], &emf(&measures)["Channel"]), (&json!(2), &json!("email")));
    }

    #[test]
    fn a_set_with_an_unknown_value_is_left_out() {
        let mut measures = Measures::default();
        measures.count(Metric::CodesSent).count(Metric::Refusals);
        measures.at(Dimension::Channel, "email").at(Dimension::Country, "");
        let document = emf(&measures);
        assert_eq!(document["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Channel"]]));
        assert_eq!(document.get("Refusals"), None, "a refusal without a reason is kept by nothing");
        assert_eq!(Measures::default().to_emf("otp-auth", Timestamp::from_millis(0)), None);
    }

    #[test]
    fn every_metric_is_listed_once() {
        let names: std::collections::BTreeSet<_> = Metric::ALL.iter().map(|metric| metric.name()).collect();
        assert_eq!(names.len(), Metric::ALL.len());
    }

    /// The dashboard and the alarms of template.yaml are checked against this list, both ways: `tools/monitoring/check.py`.
    #[test]
    fn the_catalogue_for_the_dashboard_is_current() {
        let sets = |metric: Metric| metric.dimensions().iter().map(|set| set.iter().map(|one| one.name()).collect()).collect();
        let all: std::collections::BTreeMap<&str, Vec<Vec<&str>>> =
            Metric::ALL.iter().map(|metric| (metric.name(), sets(*metric))).collect();
        let wanted = serde_json::to_string_pretty(&all).unwrap() + "\n";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tools/monitoring/metrics.json");
        if std::fs::read_to_string(path).ok().as_deref() != Some(&wanted) {
            std::fs::write(path, wanted).unwrap();
            panic!("tools/monitoring/metrics.json was not current; it has been rewritten: look at it and commit it");
        }
    }
}
