//! The catalogue of metrics, written down for what reads it without this code: `tools/monitoring/check.py` holds the dashboard and
//! the alarms of `template.yaml` to it, both ways.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;

use otp_auth::domain::recipient::Channel;
use otp_auth::ports::metrics::Metric;
use serde_json::json;

#[test]
fn the_catalogue_is_what_the_dashboard_and_the_alarms_are_checked_against() {
    let metrics: BTreeMap<_, Vec<Vec<_>>> = Metric::ALL
        .iter()
        .map(|metric| {
            let sets = metric.dimensions().iter().map(|set| set.iter().map(|dimension| dimension.name()).collect());
            (metric.name(), sets.collect())
        })
        .collect();
    let values = json!({
        "Channel": [Channel::Sms.as_str(), Channel::Email.as_str()],
        "Route": ["send", "verify", "refresh", "logout", "jwks", "discovery"],
    });
    insta::with_settings!({ prepend_module_to_snapshot => true }, {
        insta::assert_snapshot!("catalogue", serde_json::to_string_pretty(&json!({ "metrics": metrics, "values": values })).unwrap());
    });
}
