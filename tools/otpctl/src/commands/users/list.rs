//! `users list`.

use clap::Args;
use indicatif::ProgressBar;
use otp_auth::domain::user::User;
use otp_auth::ports::directory::Administration;
use serde::Serialize;

use super::person::Person;
use crate::cli::Cli;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::render::view::{View, show};
use crate::render::{self, Column};
use crate::scan;

/// List the users, newest first
///
/// A scan of the whole table: it reads, and on AWS charges for, every item once, at a read unit for each 4 KB.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  otpctl --local users list                     the newest 50, masked
  otpctl --local users list --disabled --json")]
pub struct ListArgs {
    /// Only those who may not sign in
    #[arg(long)]
    disabled: bool,
    /// Lines at most
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

#[derive(Serialize)]
struct People {
    users: Vec<Person>,
    /// How many there are, those beyond the limit included.
    total: usize,
}

/// Lists them.
///
/// # Errors
/// The table does not answer.
pub async fn run(cli: &Cli, arguments: &ListArgs) -> Result<(), Failure> {
    let connection = Connection::open(cli).await?;
    let mut users = all(&connection).await?;
    users.retain(|user| !arguments.disabled || user.disabled);
    users.sort_by(|a, b| b.id.as_str().cmp(a.id.as_str()));
    let total = users.len();
    let users = users.iter().take(arguments.limit).map(|user| Person::new(user, cli.output.reveal)).collect();
    show(&People { users, total }, &cli.output)
}

async fn all(connection: &Connection) -> Result<Vec<User>, Failure> {
    let (store, progress): (_, ProgressBar) = (connection.store(), scan::progress(connection).await);
    let (mut users, mut after) = (Vec::new(), None);
    loop {
        let page = store.page(after).await?;
        progress.inc(page.items_read);
        users.extend(page.users);
        if page.end.is_none() {
            progress.finish_and_clear();
            return Ok(users);
        }
        after = page.end;
    }
}

impl View for People {
    fn text(&self) -> String {
        let columns = [Column::Text("User"), Column::Text("Identifiers"), Column::Text("Signed in")];
        let table = render::table(&columns, self.users.iter().map(row));
        format!("{table}\n\n{} of {} users. * not verified\n", self.users.len(), self.total)
    }
}

fn row(person: &Person) -> Vec<String> {
    let both = [(&person.email, person.email_verified), (&person.phone_number, person.phone_verified)];
    let marked =
        |(text, verified): (&Option<String>, bool)| Some(format!("{}{}", text.as_ref()?, if verified { "" } else { "*" }));
    let identifiers: Vec<String> = both.into_iter().filter_map(marked).collect();
    let signed_in = if person.disabled { Some("disabled".to_owned()) } else { person.last_sign_in.clone() };
    vec![person.id.clone(), identifiers.join(" "), signed_in.unwrap_or_else(|| "never".to_owned())]
}
