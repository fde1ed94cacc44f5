//! Deliveries on their way: leased, sent, settled.
//!
//! Promise: one driver a process leases what is due, sends at most [`driver::Pace::at_once`] at a time and no more
//! than a quarter of that to one destination, keeps the order of the deliveries of one case to one destination, and
//! writes down how every attempt ended. It survives the loss of the store, tells of trouble once when it starts
//! and once when it ends, and stops within a bound. What it dies with under way is leased again when the lease
//! ends: a delivery may arrive twice, bearing the same id, and never not at all. When a delivery is due again is
//! the exchange's affair, how it travels the client's.
//!
//! Folders of agencies are looked after beside that ([`folders`]), files are scanned ([`scanner`]), staff is sent its
//! mails ([`mail`]), and what is done by the clock is woken ([`timer`]).

pub mod book;
pub mod driver;
pub mod folders;
pub mod lanes;
pub mod mail;
pub mod scanner;
pub mod timer;
pub mod trouble;
