//! Which delivery a receipt is for.
//!
//! Promise: pure, and never a guess. What was never handed over cannot be answered; the same receipt again is a
//! repetition; of several that a key may name and that wait for a receipt none is taken.

use crate::domain::digest::Digest;
use crate::exchange::delivery_fault::DeliveryFault;
use crate::exchange::receipts::statement::Statement;
use crate::store::delivery::{Delivery, DeliveryState};
use crate::store::receipt::Receipt;

/// What a receipt is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// News of this delivery.
    News(Box<Delivery>),
    /// What was said of this delivery before.
    Repeats(Box<Delivery>, Box<Receipt>),
}

/// What there is to choose from.
pub(super) struct Candidates<'a> {
    /// What the receipt names.
    pub(super) key: &'a str,
    /// The deliveries that this may mean, oldest first.
    pub(super) deliveries: Vec<Delivery>,
    /// What was said of them before, oldest first.
    pub(super) receipts: Vec<Receipt>,
    /// The messages that the profile says are answered by this one; none where it does not say.
    pub(super) answered: Vec<&'a str>,
}

impl Candidates<'_> {
    /// Chooses.
    pub(super) fn choose(self, statement: &Statement, digest: Digest) -> Result<Choice, DeliveryFault> {
        let Self { key, mut deliveries, receipts, answered } = self;
        deliveries.retain(handed_over);
        if deliveries.iter().any(|delivery| answered.contains(&&*delivery.message)) {
            deliveries.retain(|delivery| answered.contains(&&*delivery.message));
        }
        let known = |receipt: &&Receipt| receipt.body_digest == digest;
        if let Some(receipt) = receipts.iter().rev().find(known)
            && let Some(delivery) = deliveries.iter().find(|delivery| {
                delivery.id == receipt.delivery
                    && delivery.requeued_at.is_none_or(|since| receipt.at >= since)
            })
        {
            return Ok(Choice::Repeats(Box::new(delivery.clone()), Box::new(receipt.clone())));
        }
        let (decided, mut open): (Vec<Delivery>, Vec<Delivery>) =
            deliveries.into_iter().partition(|delivery| decided(delivery, &receipts).is_some());
        match open.len() {
            1 => Ok(Choice::News(Box::new(open.remove(0)))),
            0 => {
                let last = decided.into_iter().next_back();
                let last = last.and_then(|delivery| {
                    let receipt = decided_by(&delivery, &receipts)?;
                    Some((delivery, receipt))
                });
                let Some((delivery, receipt)) = last else {
                    return Err(DeliveryFault::Unknown { key: key.to_owned() });
                };
                let stored = receipt.outcome.clone().unwrap_or_default();
                match statement.word() {
                    None => Ok(Choice::Repeats(Box::new(delivery), Box::new(receipt))),
                    Some(found) if found == stored => {
                        Ok(Choice::Repeats(Box::new(delivery), Box::new(receipt)))
                    }
                    Some(found) => Err(DeliveryFault::Answered {
                        delivery: delivery.id,
                        stored,
                        found: found.to_owned(),
                    }),
                }
            }
            count => Err(DeliveryFault::Several { key: key.to_owned(), count }),
        }
    }
}

/// Whether an agency can have it: it was fetched, or an attempt was made.
fn handed_over(delivery: &Delivery) -> bool {
    let fetched = matches!(
        delivery.state,
        DeliveryState::Sent | DeliveryState::Received | DeliveryState::Accepted | DeliveryState::Refused
    );
    fetched || delivery.begun > 0
}

/// The receipt that says what became of it, since it was last tried again.
fn decided<'a>(delivery: &Delivery, receipts: &'a [Receipt]) -> Option<&'a Receipt> {
    receipts.iter().rev().find(|receipt| {
        receipt.delivery == delivery.id
            && receipt.outcome.is_some()
            && delivery.requeued_at.is_none_or(|since| receipt.at >= since)
    })
}

fn decided_by(delivery: &Delivery, receipts: &[Receipt]) -> Option<Receipt> {
    decided(delivery, receipts).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{SeededChance, Timestamp};
    use crate::domain::id::{CaseId, DeliveryId};
    use crate::domain::receipt::ReceiptOutcome;

    const NOW: Timestamp = Timestamp::from_micros(1_795_397_400_000_000);

    fn delivery(number: u64, message: &str, state: DeliveryState) -> Delivery {
        Delivery {
            id: DeliveryId::mint(NOW, &SeededChance::new(number)),
            destination: "agency:hz-amr".to_owned(),
            sequence: number,
            case: CaseId::mint(NOW, &SeededChance::new(99)),
            kind: "complaint-reply".to_owned(),
            message: message.to_owned(),
            message_id: None,
            content_type: "application/xml".to_owned(),
            salt: None,
            journal_index: number,
            state,
            begun: 0,
            next_at: None,
            last_status: None,
            last_detail: None,
            created_at: NOW,
            requeued_at: None,
            settled_at: None,
            settled_by: None,
            attempts: Vec::new(),
        }
    }

    fn receipt(delivery: &Delivery, outcome: Option<&str>, body: &str) -> Receipt {
        Receipt {
            journal_index: 50,
            delivery: delivery.id.clone(),
            destination: delivery.destination.clone(),
            channel: "api".to_owned(),
            certificate: None,
            outcome: outcome.map(str::to_owned),
            number: None,
            message: None,
            problems: "[]".to_owned(),
            content_type: "application/xml".to_owned(),
            body_digest: Digest::of(body.as_bytes()),
            salt: [1; 32],
            profile: "p".to_owned(),
            profile_digest: Digest::of(b"p"),
            proof: "proof".to_owned(),
            at: NOW,
        }
    }

    fn chosen(
        deliveries: &[Delivery],
        receipts: &[Receipt],
        answered: &[&str],
        (outcome, body): (Option<ReceiptOutcome>, &str),
    ) -> Result<(u64, bool), &'static str> {
        let candidates = Candidates {
            key: "k",
            deliveries: deliveries.to_vec(),
            receipts: receipts.to_vec(),
            answered: answered.to_vec(),
        };
        let statement = Statement { outcome, ..Statement::default() };
        match candidates.choose(&statement, Digest::of(body.as_bytes())) {
            Ok(Choice::News(delivery)) => Ok((delivery.sequence, true)),
            Ok(Choice::Repeats(delivery, _)) => Ok((delivery.sequence, false)),
            Err(fault) => Err(fault.name()),
        }
    }

    const ACCEPTED: (Option<ReceiptOutcome>, &str) = (Some(ReceiptOutcome::Accepted), "a");
    const REFUSED: (Option<ReceiptOutcome>, &str) = (Some(ReceiptOutcome::Refused), "r");

    #[test]
    fn only_what_was_handed_over_can_be_answered() {
        let queued = delivery(1, "reply", DeliveryState::Queued);
        assert_eq!(chosen(std::slice::from_ref(&queued), &[], &[], ACCEPTED), Err("unknown-delivery"));
        let tried = Delivery { begun: 1, ..queued };
        assert_eq!(chosen(&[tried], &[], &[], ACCEPTED), Ok((1, true)), "the answer to our call was lost");
        let stopped = delivery(1, "reply", DeliveryState::GivenUp);
        assert_eq!(chosen(&[stopped], &[], &[], ACCEPTED), Err("unknown-delivery"));
    }

    #[test]
    fn of_several_the_profile_may_tell_which_and_nobody_guesses() {
        let acknowledged = delivery(1, "acknowledgement", DeliveryState::Received);
        let replied = delivery(2, "reply", DeliveryState::Sent);
        let both = [acknowledged.clone(), replied.clone()];
        assert_eq!(chosen(&both, &[], &["reply"], ACCEPTED), Ok((2, true)));
        assert_eq!(chosen(&both, &[], &["other"], ACCEPTED), Err("several-deliveries"));
        let answered = [receipt(&acknowledged, Some("accepted"), "x")];
        assert_eq!(chosen(&both, &answered, &[], REFUSED), Ok((2, true)), "the other one is answered");
        assert_eq!(chosen(&both, &answered, &[], (None, "x")), Ok((1, false)), "the same bytes again");
    }

    #[test]
    fn a_second_answer_repeats_or_contradicts() {
        let it = delivery(1, "reply", DeliveryState::Accepted);
        let before = [receipt(&it, Some("accepted"), "a")];
        let one = std::slice::from_ref(&it);
        assert_eq!(chosen(one, &before, &[], ACCEPTED), Ok((1, false)));
        assert_eq!(chosen(one, &before, &[], (ACCEPTED.0, "other words")), Ok((1, false)));
        assert_eq!(chosen(one, &before, &[], REFUSED), Err("answered-before"));
        // It only had it so far.
        let had = [receipt(&it, None, "h")];
        assert_eq!(chosen(one, &had, &[], REFUSED), Ok((1, true)));
        // Tried again since: the agency may think again.
        let again = Delivery { requeued_at: Some(NOW.plus_millis(1)), begun: 2, ..it };
        assert_eq!(chosen(&[again], &before, &[], REFUSED), Ok((1, true)));
    }
}
