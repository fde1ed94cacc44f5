//! What is asked of witnesses and what is kept of their answers, on both databases.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use regbridge::exchange::port::{Answered, Witness};
use regbridge::exchange::witness::{Watching, Witnesses};
use regbridge::tlog::{
    AddCheckpoint, Checkpoint, Cosignature, Cosigner, NotCosigned, Quorum, Verifier, WitnessKey, judge,
};

use crate::bed::{Bed, MINIMAL, message};
use crate::on_both;

/// A witness in this process: it judges as any does, unless it is told what to answer.
struct Near {
    cosigner: Cosigner,
    log: Verifier,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: Option<Checkpoint>,
    asked: Vec<u64>,
    told: VecDeque<Result<Answered, String>>,
}

impl Near {
    fn new(name: &str, seed: u8, log: &Verifier) -> Arc<Self> {
        let cosigner = Cosigner::from_seed(name, &[seed; 32]).unwrap();
        Arc::new(Self { cosigner, log: log.clone(), state: Mutex::default() })
    }

    fn watching(self: &Arc<Self>) -> Watching {
        let key = self.cosigner.key().clone();
        Watching { name: key.name().to_owned(), key, call: Arc::clone(self) as Arc<dyn Witness> }
    }

    /// The next answer, whatever it is asked.
    fn answers(&self, status: u16, body: &str) {
        let answered = Answered { status, body: body.as_bytes().to_vec() };
        self.state.lock().unwrap().told.push_back(Ok(answered));
    }

    fn is_away(&self) {
        self.state.lock().unwrap().told.push_back(Err("not reachable".to_owned()));
    }

    /// The old sizes that it was asked with since this was last looked at.
    fn asked(&self) -> Vec<u64> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }

    fn answer(&self, body: &str) -> Result<Answered, String> {
        let mut state = self.state.lock().unwrap();
        let asked = AddCheckpoint::parse(body).unwrap();
        state.asked.push(asked.old);
        if let Some(told) = state.told.pop_front() {
            return told;
        }
        let answered = |status, body: String| Ok(Answered { status, body: body.into_bytes() });
        match judge(&asked, std::slice::from_ref(&self.log), state.last.as_ref()) {
            Ok((checkpoint, text)) => {
                state.last = Some(checkpoint);
                answered(200, self.cosigner.cosign(&text, 7))
            }
            Err(NotCosigned::Conflict { size }) => answered(409, format!("{size}\n")),
            Err(why) => answered(422, why.to_string()),
        }
    }
}

impl Witness for Near {
    fn add_checkpoint(
        &self,
        body: String,
    ) -> Pin<Box<dyn Future<Output = Result<Answered, String>> + Send + '_>> {
        Box::pin(async move { self.answer(&body) })
    }
}

/// The checkpoint that is published as cosigned, and by whom.
async fn published(bed: &Bed, of: &[&Arc<Near>]) -> Option<(u64, Vec<String>)> {
    let bytes = bed.gateway.published("checkpoint.cosigned").await.ok()?;
    let witnesses: Vec<WitnessKey> = of.iter().map(|one| one.cosigner.key().clone()).collect();
    let quorum = Quorum { witnesses, needed: 1 };
    let note = String::from_utf8(bytes).unwrap();
    let (checkpoint, by) = quorum.open(&note, std::slice::from_ref(&bed.verifier)).unwrap();
    Some((checkpoint.size, by.into_iter().map(|Cosignature { witness, .. }| witness).collect()))
}

async fn grow(bed: &Bed, serial: u32) -> u64 {
    let number = format!("{:025}", 3_301_060_000_000_000_000_u64 + u64::from(serial));
    let mail = format!("m-{serial}");
    let changes = [("3301060020261123000000018", number.as_str()), ("hz-amr-20261123-0002", &mail)];
    bed.send("hz-amr", message(MINIMAL, &changes)).await.unwrap();
    bed.gateway.journal_size().await.unwrap()
}

async fn troubles(bed: &Bed) -> Vec<String> {
    let all = bed.gateway.troubles(9).await.unwrap();
    let mut keys: Vec<String> = all.iter().map(|one| format!("{} {}", one.topic, one.key)).collect();
    keys.sort();
    keys
}

on_both! {
    async fn what_enough_witnesses_cosigned_is_published_and_the_rest_is_told(bed: &Bed) {
        let (one, two) = (Near::new("w/one", 1, &bed.verifier), Near::new("w/two", 2, &bed.verifier));
        bed.gateway.replace_witnesses(Witnesses { quorum: 2, each: vec![one.watching(), two.watching()] });
        let ask = async || bed.gateway.ask_witnesses().await.unwrap();
        let first = grow(bed, 1).await;
        assert_eq!(published(bed, &[&one, &two]).await, None);
        assert_eq!(ask().await, format!("2 of 2 cosigned {first} entries"));
        let both = vec!["w/one".to_owned(), "w/two".to_owned()];
        assert_eq!(published(bed, &[&one, &two]).await, Some((first, both.clone())));
        // Nobody is asked twice about one head; the next begins where the last one ended.
        ask().await;
        assert_eq!((one.asked(), two.asked()), (vec![0], vec![0]));
        let second = grow(bed, 2).await;
        two.is_away();
        assert_eq!(ask().await, format!("1 of 2 cosigned {second} entries; w/two: not reachable"));
        assert_eq!((one.asked(), two.asked()), (vec![first], vec![first]));
        assert_eq!(published(bed, &[&one, &two]).await, Some((first, both.clone())), "the newest with a quorum");
        assert_eq!(troubles(bed).await, ["witness-missing witnesses"]);
        // That it is told is an entry: the head grew, and both are asked about it.
        let third = bed.gateway.journal_size().await.unwrap();
        assert_eq!((third, ask().await), (second + 1, format!("2 of 2 cosigned {third} entries")));
        assert_eq!((one.asked(), two.asked()), (vec![second], vec![first]));
        assert_eq!(published(bed, &[&one, &two]).await, Some((third, both)));
        assert!(troubles(bed).await.is_empty());
        // A witness that is asked no more counts no more.
        bed.gateway.replace_witnesses(Witnesses { quorum: 1, each: vec![two.watching()] });
        assert_eq!(published(bed, &[&one, &two]).await, Some((third, vec!["w/two".to_owned()])));
    }

    async fn an_answer_that_this_journal_cannot_have_been_given_is_a_fault_of_it(bed: &Bed) {
        let one = Near::new("w/one", 1, &bed.verifier);
        bed.gateway.replace_witnesses(Witnesses { quorum: 0, each: vec![one.watching()] });
        let ask = async || bed.gateway.ask_witnesses().await.unwrap();
        let mut serial = 0;
        let mut grown = async || { serial += 1; grow(bed, serial).await };
        // What is only refused, or said wrongly, is none.
        let size = grown().await;
        for (status, body, said) in [
            (403, "", "has another key of this journal"),
            (404, "", "does not know this journal"),
            (500, "", "answers 500"),
            (409, "many\n", "without saying what it cosigned last"),
            (409, "0\n", "the size that it names itself"),
            (200, "", "no cosignature by the key"),
            (200, &Cosigner::from_seed("w/one", &[9; 32]).unwrap().cosign("x\n", 1), "no cosignature by the key"),
            (200, &one.cosigner.cosign("another text\n", 1), "no cosignature by the key"),
        ] {
            one.answers(status, body);
            let line = ask().await;
            assert!(line.starts_with(&format!("0 of 1 cosigned {size} entries; w/one: ")) && line.contains(said), "{line}");
            assert!(troubles(bed).await.is_empty() && published(bed, &[&one]).await.is_none(), "{said}");
        }
        // A larger one, another of the same size, one that this does not begin with.
        for (answers, said) in [
            (vec![(409, format!("{}\n", size + 9))], "it was rolled back, or there are two"),
            (vec![(409, "SIZE".to_owned()), (409, "SIZE".to_owned())], "there are two journals of this name"),
            (vec![(422, String::new())], "they were changed"),
        ] {
            let size = bed.gateway.journal_size().await.unwrap();
            for (status, body) in answers {
                let body = if body == "SIZE" { format!("{size}\n") } else { body };
                one.answers(status, &body);
            }
            let line = ask().await;
            assert!(line.contains("FAULT w/one: ") && line.contains(said), "{line}");
            assert_eq!(troubles(bed).await, ["journal-fault witness:w/one"]);
            // It ends when the witness cosigns the head after all.
            assert!(ask().await.starts_with("1 of 1 cosigned"));
            assert!(troubles(bed).await.is_empty());
            grown().await;
            one.state.lock().unwrap().last = None;
            bed.sql("DELETE FROM cosignatures").await;
        }
    }
}
