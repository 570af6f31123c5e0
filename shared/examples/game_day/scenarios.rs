//! What happens: an hour without an incident, and an incident for each alarm that the service's own lines can set off.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use otp_auth::adapters::failover::Failover;
use otp_auth::domain::guard::budget::Budget;
use otp_auth::ports::clock::Clock;
use otp_auth::testing::service::Setup;

use crate::parts::{FailingTable, Slow, without_credentials};
use crate::world::World;

/// All of them.
pub const NAMES: [&str; 15] = [
    "quiet-hour",
    "texts-refused",
    "mails-refused",
    "texts-unanswered",
    "mails-unanswered",
    "provider-slow",
    "table-fails-now-and-then",
    "table-fails-for-hours",
    "table-fails",
    "pumping",
    "budget",
    "spraying",
    "tokens-stolen",
    "failover",
    "mails-bounce",
];

/// One of them.
pub async fn play(name: &str, setup: Setup) {
    match name {
        "quiet-hour" => quiet_hour(setup).await,
        "texts-refused" => refused(setup, "sns", World::phone).await,
        "mails-refused" => refused(setup, "ses", World::mailbox).await,
        "texts-unanswered" => unanswered(setup, World::phone).await,
        "mails-unanswered" => unanswered(setup, World::mailbox).await,
        "provider-slow" => provider_slow(setup).await,
        "table-fails-now-and-then" => table_fails(setup, 30, 0, 24 * 60).await,
        "table-fails-for-hours" => table_fails(setup, 6, 0, 6 * 60).await,
        "table-fails" => table_fails(setup, 1, 30, 60).await,
        "pumping" => pumping(setup).await,
        "budget" => budget(setup).await,
        "spraying" => spraying(setup).await,
        "tokens-stolen" => tokens_stolen(setup).await,
        "failover" => failover(setup).await,
        _ => mails_bounce(setup).await,
    }
}

/// Sixty texts and forty mails, with what goes wrong on any evening: some people mistype, one in ten does not come back, the
/// provider is slow twice, and the table fails once.
async fn quiet_hour(mut setup: Setup) {
    setup.sender = slow(&setup, 3, 50);
    setup.store = failing(&setup, 100, 0);
    let world = World::of(setup);
    for person in 0..100 {
        let identifier = if person % 5 < 3 { world.phone() } else { world.mailbox() };
        match person % 10 {
            0 => drop(world.ask(&identifier).await),
            1 => world.sign_in_at_the_second_try(&identifier).await,
            _ => drop(world.refresh(&world.sign_in(&identifier).await).await),
        }
        world.wait(6);
    }
}

/// A provider, and no other, refuses our credentials for twenty minutes.
async fn refused(mut setup: Setup, provider: &'static str, identifier: fn(&World) -> String) {
    setup.sender = without_credentials(provider);
    let world = World::of(setup);
    for _ in 0..20 {
        world.ask(&identifier(&world)).await;
        world.wait(60);
    }
}

/// Two people in five do not come back, for two and a half hours.
async fn unanswered(setup: Setup, identifier: fn(&World) -> String) {
    let world = World::of(setup);
    for person in 0..300 {
        let identifier = identifier(&world);
        if person % 5 < 2 {
            world.ask(&identifier).await;
            world.wait(30);
        } else {
            world.sign_in(&identifier).await;
        }
    }
}

/// One message in ten takes three seconds.
async fn provider_slow(mut setup: Setup) {
    setup.sender = slow(&setup, 3, 10);
    let world = World::of(setup);
    for _ in 0..30 {
        world.sign_in(&world.phone()).await;
    }
}

/// The table fails one send in so many, from a minute on.
async fn table_fails(mut setup: Setup, one_in: u32, from_minute: u64, minutes: u64) {
    setup.store = failing(&setup, one_in, from_minute);
    let world = World::of(setup);
    for _ in 0..minutes {
        world.sign_in(&world.phone()).await;
        world.wait(30);
    }
}

/// Somebody lets texts be sent to a country where nobody waits for one.
async fn pumping(setup: Setup) {
    let world = World::of(setup);
    for _ in 0..60 {
        world.ask(&world.phone_in_sri_lanka()).await;
        world.wait(20);
    }
}

/// A good day: the budget of fifty texts is nearly used up.
async fn budget(mut setup: Setup) {
    setup.guard.budget = Budget { messages: 50, country_percent: 100, ..Budget::default() };
    let world = World::of(setup);
    for _ in 0..45 {
        world.sign_in(&world.phone()).await;
        world.wait(60);
    }
}

/// One guess at each of many people, while some sign in.
async fn spraying(setup: Setup) {
    let world = World::of(setup);
    for person in 0..60 {
        if person % 4 == 0 {
            drop(world.sign_in(&world.mailbox()).await)
        } else {
            world.guess(&world.mailbox()).await
        }
        world.wait(5);
    }
}

/// Refresh tokens are used by those whose they are, and by somebody who copied them.
async fn tokens_stolen(setup: Setup) {
    let world = World::of(setup);
    for _ in 0..6 {
        let signed_in = world.sign_in(&world.mailbox()).await;
        world.refresh(&signed_in).await;
        world.wait(60);
        world.refresh(&signed_in).await;
    }
}

/// The first provider refuses our credentials; the second stands in.
async fn failover(mut setup: Setup) {
    let providers = vec![without_credentials("twilio"), Arc::clone(&setup.sender)];
    if let Some(both) = Failover::over(providers, Arc::clone(&setup.clock) as _) {
        setup.sender = both;
    }
    let world = World::of(setup);
    for _ in 0..15 {
        world.sign_in(&world.phone()).await;
        world.wait(40);
    }
}

/// Forty mails leave, and SES tells through its topic that one in five bounced.
async fn mails_bounce(setup: Setup) {
    let world = World::of(setup);
    for nth in 0..40 {
        let mailbox = world.mailbox();
        world.sign_in(&mailbox).await;
        world.is_told_by_ses(&mailbox, if nth % 5 == 0 { "Bounce" } else { "Delivery" }).await;
        world.wait(30);
    }
}

fn slow(setup: &Setup, seconds: u64, one_in: u32) -> Arc<Slow> {
    let (sender, clock) = (Arc::clone(&setup.sender), Arc::clone(&setup.clock));
    Arc::new(Slow { sender, clock, by: Duration::from_secs(seconds), one_in, asked: AtomicU32::new(0) })
}

fn failing(setup: &Setup, one_in: u32, from_minute: u64) -> Arc<FailingTable> {
    let from = setup.clock.now().plus(Duration::from_secs(60 * from_minute));
    Arc::new(FailingTable { store: Arc::clone(&setup.store), from, one_in, asked: AtomicU32::new(0) })
}
