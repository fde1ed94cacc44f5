//! Records at random, for the laws that hold for all of them.

use aws_lc_rs::digest;

use crate::clock::{Chance, SeededChance, Timestamp};
use crate::domain::digest::Digest;
use crate::domain::id::{AgencyId, CaseId, RecordId, SubmissionId};
use crate::domain::problem::Problem;
use crate::domain::region::Region;

/// A value at random.
pub(crate) trait Any {
    fn any(from: &mut Source) -> Self;
}

/// Where the random choices come from; knows how deep it is, so that records stay small.
pub(crate) struct Source {
    chance: std::rc::Rc<SeededChance>,
    depth: u32,
}

impl Source {
    pub(crate) fn new(seed: u64) -> Self {
        Self { chance: std::rc::Rc::new(SeededChance::new(seed)), depth: 0 }
    }

    pub(crate) fn deeper(&self) -> Self {
        Self { chance: self.chance.clone(), depth: self.depth + 1 }
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        let mut bytes = [0; 8];
        self.chance.fill(&mut bytes);
        u64::from_le_bytes(bytes) % limit
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        let at = self.below(of.len() as u64);
        of[usize::try_from(at).unwrap()]
    }
}

impl<T: Any> Any for Option<T> {
    fn any(from: &mut Source) -> Self {
        (from.below(2) == 0).then(|| T::any(from))
    }
}

impl<T: Any> Any for Box<T> {
    fn any(from: &mut Source) -> Self {
        Self::new(T::any(from))
    }
}

impl<T: Any> Any for Vec<T> {
    fn any(from: &mut Source) -> Self {
        // Findings hold findings: below the fifth level nothing more grows.
        let most = match from.depth {
            0..=2 => 3,
            3..=5 => 1,
            _ => 0,
        };
        (0..from.below(most + 1)).map(|_| T::any(from)).collect()
    }
}

impl Any for String {
    fn any(from: &mut Source) -> Self {
        from.pick(&[
            "",
            "0042",
            "杭州市市场监督管理局",
            "a \"quoted\"\nline",
            "𠀀 and 🧾",
            " 两 ",
            "<x>&amp;</x>",
        ])
        .to_owned()
    }
}

impl Any for bool {
    fn any(from: &mut Source) -> Self {
        from.below(2) == 0
    }
}

impl Any for u32 {
    fn any(from: &mut Source) -> Self {
        u32::try_from(from.below(1 << 20)).unwrap()
    }
}

impl Any for u64 {
    fn any(from: &mut Source) -> Self {
        from.below(u64::MAX)
    }
}

impl Any for i64 {
    fn any(from: &mut Source) -> Self {
        from.below(u64::MAX).cast_signed()
    }
}

impl Any for Digest {
    fn any(from: &mut Source) -> Self {
        let value = digest::digest(&digest::SHA256, &from.below(u64::MAX).to_le_bytes());
        Self::from_bytes(value.as_ref().try_into().unwrap())
    }
}

impl Any for Region {
    fn any(from: &mut Source) -> Self {
        Self::parse(from.pick(&["000000", "330106", "440300"])).unwrap()
    }
}

impl Any for AgencyId {
    fn any(from: &mut Source) -> Self {
        Self::parse(from.pick(&["hz-amr", "a", "0-9"])).unwrap()
    }
}

macro_rules! minted {
    ($($id:ident),*) => {
        $(impl Any for $id {
            fn any(from: &mut Source) -> Self {
                Self::mint(Timestamp::from_micros(1_795_397_400_000_000), &*from.chance)
            }
        })*
    };
}

minted!(CaseId, RecordId, SubmissionId);

impl Any for Problem {
    fn any(from: &mut Source) -> Self {
        let problem = Self::new("check-digit", "校验位不符", "the check digit does not fit");
        if from.below(2) == 0 { problem.with_place(3, 7).with_path("a/b").with_found("x") } else { problem }
    }
}
