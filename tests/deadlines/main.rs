//! Deadlines as a lawyer reads them: two hundred cases against a calculation of somebody else's, and scenarios in words,
//! through a real gateway under a held clock, on both databases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers included")]

#[path = "../support/postgres.rs"]
mod postgres;

mod house;
mod scenarios;
mod table;
mod watch;

/// Runs a test on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($(#[$doc:meta])* async fn $name:ident($house:ident: &House) $body:block)*) => {
        $(mod $name {
            use super::*;

            $(#[$doc])*
            async fn check($house: &crate::house::House) $body

            #[tokio::test]
            async fn sqlite() {
                check(&crate::house::House::sqlite().await).await;
            }

            #[tokio::test]
            async fn postgres() {
                match crate::house::House::postgres().await {
                    Some(house) => {
                        check(&house).await;
                        house.clear().await;
                    }
                    None => eprintln!("skipped: there is no PostgreSQL here"),
                }
            }
        })*
    };
}
pub(crate) use on_both;
