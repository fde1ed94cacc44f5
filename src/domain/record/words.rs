//! Texts in several languages, and the numbers and files that laboratories attach to things.
//!
//! A certificate says the same thing in the languages it is issued in, sometimes in several paragraphs of one language;
//! so a text is a list of paragraphs, each with its language, in the order of the certificate. A plain text in the
//! language of the matter stands in a member of its own (`name`), beside the list (`names`).

use crate::domain::record::attachment::Attachment;
use crate::domain::record::codes::codes;
use crate::domain::record::part::part;

part! {
    /// One paragraph in one language.
    pub struct Words {
        /// Its language, ISO 639-1, `zh`; absent where it is not said, or does not matter.
        may lang: String,
        /// The text.
        may text: String,
        /// Its id in the document.
        may id: String,
    }
}

part! {
    /// One text of several that stand for the same thing, in whatever languages.
    pub struct Passage {
        /// Its id in the document.
        may id: String,
        /// Its paragraphs.
        many words: Words,
    }
}

part! {
    /// A number that somebody gave to a thing (编号).
    pub struct Identification {
        /// Its id in the document.
        may id: String,
        /// Who gave it.
        may issuer: Issuer,
        /// The number, as text.
        must value: String,
        /// What it is called: serial number, reference number.
        many description: Words,
        /// What it means in a vocabulary of the laboratory's.
        may ref_type: String,
    }
}

part! {
    /// A file with a title and a word of what it shows.
    pub struct Document {
        /// Its id in the document.
        may id: String,
        /// Its title.
        many names: Words,
        /// What it shows.
        many description: Words,
        /// The file.
        may file: Attachment,
    }
}

codes! {
    /// Who gave a number to a thing.
    pub enum Issuer as "issuer" {
        /// Its maker.
        Manufacturer = "manufacturer" "生产者",
        /// The laboratory.
        Laboratory = "laboratory" "检验机构",
        /// Who ordered the test.
        Customer = "customer" "委托单位",
        /// Its owner.
        Owner = "owner" "所有者",
        /// Somebody else.
        Other = "other" "其他",
    }
}
