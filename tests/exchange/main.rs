//! The use cases, called as the edges call them, on both databases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers included")]

#[path = "../support/debian.rs"]
mod debian;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/smtp.rs"]
mod smtp;

mod attachments;
#[path = "../support/feed_profile.rs"]
mod feed_profile;

mod bed;
mod certificates;
mod deliveries;
mod feeds;
mod folders;
mod hours;
mod import;
mod intake;
mod intervene;
mod jobs;
mod keep;
mod many;
mod mend;
mod notices;
mod package;
mod post;
mod posts;
mod published;
mod receipts;
mod reconcile;
mod reporter;
mod several;
mod spared;
mod versions;
mod witnesses;

/// Runs a test on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($(#[$doc:meta])* async fn $name:ident($bed:ident: &Bed) $body:block)*) => {
        $(mod $name {
            use super::*;

            $(#[$doc])*
            async fn check($bed: &crate::bed::Bed) $body

            #[tokio::test]
            async fn sqlite() {
                check(&crate::bed::Bed::sqlite().await).await;
            }

            #[tokio::test]
            async fn postgres() {
                match crate::bed::Bed::postgres().await {
                    Some(bed) => {
                        check(&bed).await;
                        bed.clear().await;
                    }
                    None => eprintln!("skipped: there is no PostgreSQL here"),
                }
            }
        })*
    };
}
pub(crate) use on_both;
